from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.people.accounts.rules import digits_of, is_mobile


class SignInForm(forms.Form):
    username = forms.CharField(label=_("登录名"), max_length=40)
    password = forms.CharField(label=_("密码"), max_length=200, widget=forms.PasswordInput)


class ConsentForm(forms.Form):
    """Which person, and whether they say yes or take it back."""

    resident = forms.UUIDField()
    says = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("手机号"),
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "numeric"}),
        error_messages={"required": _("写上手机号。")},
    )

    def clean_phone(self) -> str:
        """Eleven digits, however they were grouped."""
        phone = digits_of(self.cleaned_data["phone"])
        if not is_mobile(phone):
            raise ValidationError(_now("手机号要 11 位、以 1 开头；数一数有没有少一位。"))
        return phone


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("现在的密码"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        help_text=_("10 位以上，不能全是数字；一句好记的话就行。"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("短信里的六位码"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
        error_messages={"required": _("写上短信里的六位码。")},
    )


class SecondStepForm(forms.Form):
    code = forms.CharField(
        label=_("手机上的六位码"),
        max_length=16,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
        error_messages={"required": _("写上手机上的六位码。")},
    )
