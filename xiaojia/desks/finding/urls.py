from __future__ import annotations

from django.urls import path

from xiaojia.desks.finding import views

urlpatterns = [
    path("find/", views.find, name="find"),
    path("households/<int:household_id>/", views.household, name="household"),
    path("households/<int:household_id>/views/", views.household_views, name="household_views"),
]
