from __future__ import annotations

from django.urls import path

from xiaojia.desks.accounts import views

urlpatterns = [
    path("", views.accounts, name="home"),
    path("<int:account_id>/", views.one, name="one"),
]
