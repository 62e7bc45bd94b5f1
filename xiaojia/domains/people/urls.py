from __future__ import annotations

from django.urls import path

from xiaojia.domains.people.views import security, sign_in
from xiaojia.domains.people.views.consent import consent

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/phone/", sign_in.sign_in_phone, name="sign_in_phone"),
    path("sign-in/code/", sign_in.sign_in_code, name="sign_in_code"),
    path("sign-in/second/", sign_in.sign_in_second, name="sign_in_second"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("security/", security.security, name="security"),
    path("security/sign-ins/<int:sign_in_id>/end/", security.sign_out_one, name="sign_out_one"),
    path("security/sign-ins/end-others/", security.sign_out_others, name="sign_out_others"),
    path("security/password/", security.own_password, name="own_password"),
    path("security/phone/", security.own_phone, name="own_phone"),
    path("security/phone/code/", security.own_phone_code, name="own_phone_code"),
    path("security/second-step/", security.own_second_step, name="own_second_step"),
    path("households/<int:household_id>/consent/", consent, name="consent"),
]
