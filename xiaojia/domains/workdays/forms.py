from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.workdays.rules import Unreadable, read_days, read_hours, tell_days, tell_hours
from xiaojia.engines.clocks import YearTable


class WorkyearForm(forms.Form):
    """A year as typed; one line a stretch of days."""

    days_off = forms.CharField(
        label=gettext_lazy("放假的日子（周一到周五里头的）"),
        help_text=gettext_lazy("一行写一段，比如 2月16日-2月20日。"),
        widget=forms.Textarea(attrs={"rows": 9}),
        required=False,
    )
    make_up_days = forms.CharField(
        label=gettext_lazy("调休上班的周末"),
        help_text=gettext_lazy("一行写一天，比如 2月14日。"),
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
    )
    hours = forms.CharField(
        label=gettext_lazy("上班时间"),
        help_text=gettext_lazy("比如 9:00-12:00，14:00-18:00。"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("写上几点上班、几点下班。")},
    )

    def __init__(self, data: Any = None, *, year: int, table: YearTable | None = None) -> None:
        shown = table or YearTable(year)
        first = {
            "days_off": "\n".join(tell_days(shown.days_off)),
            "make_up_days": "\n".join(tell_days(shown.make_up_days)),
            "hours": tell_hours(shown.hours),
        }
        super().__init__(data, initial=first)
        self._year = year

    def clean_days_off(self) -> Any:
        return self._read("days_off", lambda text: read_days(text, year=self._year))

    def clean_make_up_days(self) -> Any:
        return self._read("make_up_days", lambda text: read_days(text, year=self._year))

    def clean_hours(self) -> Any:
        return self._read("hours", read_hours)

    def _read(self, name: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(self.cleaned_data[name])
        except Unreadable as piece:
            raise forms.ValidationError(
                _("“%(piece)s”没看懂，或者不在 %(year)d 年；照旁边的样子写。")
                % {"piece": piece, "year": self._year}
            ) from None
