from __future__ import annotations

from django.urls import path

from xiaojia.domains.teams.views import papers, seats, tenures

app_name = "teams"
urlpatterns = [
    path("", seats.home, name="home"),
    path("who/", seats.who, name="who"),
    path("roster/", seats.roster, name="roster"),
    path("settle/", seats.settle, name="settle"),
    path("wall/", papers.wall, name="wall"),
    path("door-cards/", papers.door_cards, name="door_cards"),
    path("pages/", papers.pages, name="pages"),
    path("pages/<int:building_id>/", papers.page_preview, name="page_preview"),
    path("tenures/<int:tenure_id>/", tenures.tenure, name="tenure"),
    path("tenures/<int:tenure_id>/end/", tenures.end, name="end"),
    path("tenures/<int:tenure_id>/listing/", tenures.listing, name="listing"),
    path("tenures/<int:tenure_id>/party/", tenures.party, name="party"),
    path("<int:microgrid_id>/", seats.one, name="one"),
    path("<int:microgrid_id>/designate/<str:role>/", tenures.designate, name="designate"),
    path("<int:microgrid_id>/handover/", papers.handover, name="handover"),
    path("<int:microgrid_id>/door-cards/", papers.door_cards, name="microgrid_door_cards"),
]
