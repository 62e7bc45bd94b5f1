from __future__ import annotations

from django.urls import path

from xiaojia.domains.borders import views

app_name = "borders"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("waiting/", views.waiting, name="waiting"),
    path("<int:change_id>/", views.one, name="one"),
    path("<int:change_id>/agree/", views.agree, name="agree"),
    path("<int:change_id>/cancel/", views.cancel, name="cancel"),
]
