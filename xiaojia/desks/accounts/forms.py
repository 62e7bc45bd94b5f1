from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.people.accounts.rules import digits_of, is_mobile

_TEL = {"type": "tel", "inputmode": "numeric", "autocomplete": "off"}


class TwiceForm(forms.Form):
    """A number is written twice: a wrong digit would let a stranger's phone in."""

    phone = forms.CharField(label=_("手机号"), max_length=20, widget=forms.TextInput(attrs=_TEL))
    again = forms.CharField(label=_("再写一遍"), max_length=20, widget=forms.TextInput(attrs=_TEL))

    def clean_phone(self) -> str:
        """Eleven digits."""
        phone = digits_of(self.cleaned_data["phone"])
        if not is_mobile(phone):
            raise ValidationError(_now("手机号要 11 位、以 1 开头；数一数有没有少一位。"))
        return phone

    def clean_again(self) -> str:
        """The same number."""
        again = digits_of(self.cleaned_data["again"])
        if "phone" in self.cleaned_data and again != self.cleaned_data["phone"]:
            raise ValidationError(_now("两遍不一样；对着本人的手机再写一遍。"))
        return again
