from __future__ import annotations

from django.urls import path

from xiaojia.domains.registers import views

app_name = "registers"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:register_id>/", views.one, name="one"),
    path("<uuid:register_id>/columns/", views.columns, name="columns"),
    path("<uuid:register_id>/rows/<str:verdict>/", views.rows, name="rows"),
    path("<uuid:register_id>/read/", views.read, name="read"),
    path("<uuid:register_id>/check/", views.check, name="check"),
    path("<uuid:register_id>/decide/", views.decide, name="decide"),
    path("<uuid:register_id>/commit/", views.commit, name="commit"),
    path("<uuid:register_id>/drop/", views.drop, name="drop"),
]
