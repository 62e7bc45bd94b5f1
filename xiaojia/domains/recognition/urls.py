from __future__ import annotations

from django.urls import path

from xiaojia.domains.recognition.views import checking, office, own

app_name = "recognition"
urlpatterns = [
    path("", office.home, name="home"),
    path("mine/", own.mine, name="mine"),
    path("mine/sums/", own.sums, name="sums"),
    path("ballot/", own.ballot, name="ballot"),
    path("awards/", own.awards, name="awards"),
    path("stories/", checking.story, name="story"),
    path("months/open/", office.open_month, name="open_month"),
    path("months/<uuid:month_id>/", office.month, name="month"),
    path("months/<uuid:month_id>/cancel/", office.cancel_month, name="cancel_month"),
    path("months/<uuid:month_id>/close/", office.close_month, name="close_month"),
    path("months/<uuid:month_id>/slips/", office.slips, name="slips"),
    path("months/<uuid:month_id>/typing/", office.typing, name="typing"),
    path("months/<uuid:month_id>/thanks/", checking.thanks, name="thanks"),
    path("months/<uuid:month_id>/appeal/", own.appeal_month, name="appeal_month"),
    path("years/<int:appraisal_id>/appeal/", own.appeal_year, name="appeal_year"),
    path("quarters/close/", office.close_quarter, name="close_quarter"),
    path("years/close/", office.close_year, name="close_year"),
    path("appeals/", checking.appeals, name="appeals"),
    path("appeals/<uuid:appeal_id>/", checking.appeal, name="one_appeal"),
    path("appeals/<uuid:appeal_id>/unseal/", checking.unseal, name="unseal"),
]
