from __future__ import annotations

from django.urls import path

from xiaojia.domains.registers import views

app_name = "registers"
urlpatterns = [
    path("", views.home, name="home"),
]
