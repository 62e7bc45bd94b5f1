from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    username = forms.CharField(label=_("登录名"), max_length=40)
    password = forms.CharField(label=_("密码"), max_length=200, widget=forms.PasswordInput)


class ConsentForm(forms.Form):
    """Which person, and whether they say yes or take it back."""

    resident = forms.UUIDField()
    says = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
