from __future__ import annotations

from django.urls import path

from xiaojia.domains.store.views import counter, day, shelf

app_name = "store"
urlpatterns = [
    path("", counter.home, name="home"),
    path("members/<int:member_id>/", counter.serve, name="serve"),
    path("redemptions/<int:redemption_id>/", counter.redemption, name="redemption"),
    path("shelf/", shelf.shelf, name="shelf"),
    path("shelf/<int:goods_id>/", shelf.goods, name="goods"),
    path("wanted/", shelf.wanted, name="wanted"),
    path("day/", day.day, name="day"),
    path("sheet/", day.sheet, name="sheet"),
    path("sheet/typed/", day.typed, name="typed"),
]
