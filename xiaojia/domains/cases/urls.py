from __future__ import annotations

from django.urls import path

from xiaojia.domains.cases.views import (
    box,
    drafts,
    importing,
    kinds,
    lists,
    live,
    one,
    outside,
    paper,
    photos,
    rates,
)

app_name = "cases"
urlpatterns = [
    path("", lists.home, name="home"),
    path("clocks/", lists.clocks, name="clocks"),
    path("new/", box.box, name="box"),
    path("slips/", paper.slips, name="slips"),
    path("order/", paper.order, name="order"),
    path("drafts/", drafts.page, name="drafts"),
    path("drafts/sw.js", drafts.worker, name="drafts_worker"),
    path("drafts/send/", drafts.receive, name="drafts_send"),
    path("live/", live.live, name="live"),
    path("board/", lists.board, name="board"),
    path("rates/", rates.home, name="rates"),
    path("rates/list/", rates.listed, name="rates_list"),
    path("subdistrict/", rates.subdistrict, name="subdistrict"),
    path("kinds/", kinds.home, name="kinds"),
    path("kinds/<int:casekind_id>/", kinds.one, name="kind"),
    path("import/", importing.home, name="import"),
    path("import/<uuid:file_id>/", importing.one, name="import_one"),
    path("import/<uuid:file_id>/take/", importing.take, name="import_take"),
    path("import/<uuid:file_id>/drop/", importing.drop, name="import_drop"),
    path("outside/", outside.home, name="outside"),
    path("outside/key/end/", outside.end_key, name="end_key"),
    path("outside/close/", outside.close_service, name="close_service"),
    path("<uuid:case_id>/", one.one, name="one"),
    path("<uuid:case_id>/slip/", one.slip, name="slip"),
    path("<uuid:case_id>/part/", one.part, name="part"),
    path("<uuid:case_id>/reporters/", one.reporters, name="reporters"),
    path("<uuid:case_id>/photos/", photos.home, name="photos"),
    path("photo/<str:photo_token>/", photos.file, name="photo"),
    path("photo/<uuid:photo_id>/remove/", photos.remove, name="photo_remove"),
    path("<uuid:case_id>/<slug:action>/", one.move, name="move"),
]
