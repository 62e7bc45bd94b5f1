from __future__ import annotations

from django.urls import path

from xiaojia.domains.people import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("households/<int:household_id>/consent/", views.consent, name="consent"),
]
