from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """The eight digits on a slip."""

    code = forms.CharField(
        label=_("回执号"),
        help_text=_("纸条上的 8 位数，空格写不写都行。"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("写上回执号。")},
    )
