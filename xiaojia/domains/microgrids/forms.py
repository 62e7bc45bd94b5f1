from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def number_list(text: str) -> list[int]:
    """Numbers out of "3,4,5"; anything else is left out."""
    return [int(word) for word in text.split(",") if word.strip().isdigit()]


class PickForm(forms.Form):
    """What is picked on the map and where it might go; anything odd counts as nothing picked."""

    area = forms.IntegerField(required=False, min_value=0)
    pick = forms.IntegerField(required=False, min_value=0)
    parts = forms.CharField(required=False, max_length=2000)
    to = forms.IntegerField(required=False, min_value=0)

    def cleaned(self) -> dict[str, Any]:
        """The clean values; None where nothing sensible was given."""
        self.is_valid()
        values = {name: self.cleaned_data.get(name) for name in self.fields}
        values["parts"] = number_list(values["parts"] or "")
        return values


class MoveForm(PickForm):
    to = forms.IntegerField(min_value=0)
    parts = forms.CharField(max_length=2000)
    revision = forms.IntegerField(min_value=0)


class RevisionForm(forms.Form):
    revision = forms.IntegerField(required=False, min_value=0)


class ReasonForm(forms.Form):
    exception = forms.IntegerField(required=False, min_value=0)
    reason = forms.CharField(max_length=300, required=False)


class AdoptForm(forms.Form):
    revision = forms.IntegerField(required=False, min_value=0)
    from_on = forms.DateField(
        label=_("从哪一天算起"),
        help_text=_("今天，或者以后的一天。"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("写上从哪一天算起。"),
            "invalid": _("日子没看懂，写成 2026-12-01 这样。"),
        },
    )


class HistoryForm(forms.Form):
    on = forms.DateField(
        label=_("哪一天"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("日子没看懂，写成 2026-05-03 这样。")},
    )
    compound = forms.IntegerField(label=_("院子"), required=False, min_value=0)
    q = forms.CharField(label=_("楼、单元"), required=False, max_length=60)


class PegForm(forms.Form):
    """How far a building is put from where it stands, in metres; west and south are negative."""

    building = forms.IntegerField(error_messages={"required": _("选一栋楼。")})
    east = forms.FloatField(
        label=_("往东多少米"),
        help_text=_("往西写负数，不动写 0。"),
        initial=0,
        min_value=-5000,
        max_value=5000,
        error_messages={"required": _("写上往东多少米，不动写 0。")},
    )
    north = forms.FloatField(
        label=_("往北多少米"),
        help_text=_("往南写负数，不动写 0。"),
        initial=0,
        min_value=-5000,
        max_value=5000,
        error_messages={"required": _("写上往北多少米，不动写 0。")},
    )
