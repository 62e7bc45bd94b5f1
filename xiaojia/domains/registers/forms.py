from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.registers.reading import Column
from xiaojia.domains.registers.rules import BUILDING, HOUSEHOLD, MEANINGS
from xiaojia.kernel import clock

KINDS: Final = [(HOUSEHOLD, _("一行是一户，或者一个人")), (BUILDING, _("一行是一栋楼，写着多少户"))]


class ReceiveForm(forms.Form):
    file = forms.FileField(
        label=_("住户表"),
        help_text=_("Excel（.xlsx、.xls）或 CSV。身份证号、民族、宗教这些列不会读进来。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"required": _("选一份住户表。"), "empty": _("这个文件是空的；看看是不是拿错了。")},
    )
    as_of_on = forms.DateField(
        label=_("这份表是哪一天的"),
        help_text=_("旧的表不会盖掉新的。"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("写上这份表是哪一天的。"),
            "invalid": _("日子没看懂，写成 2026-11-23 这样。"),
        },
    )

    def clean_as_of_on(self) -> Any:
        """A table of tomorrow would never give way to a real one."""
        day = self.cleaned_data["as_of_on"]
        if day > clock.today():
            raise forms.ValidationError(_("这一天还没有到；写今天，或者以前的一天。"))
        return day


class MeaningsForm(forms.Form):
    """One choice a column, named `column-<index>`, what a row is, and which place counts."""

    kind = forms.ChoiceField(label=_("一行是什么"), choices=KINDS, widget=forms.RadioSelect)
    place = forms.CharField(label=_("只收哪一片"), required=False, max_length=60)

    def __init__(self, *args: Any, columns: Sequence[Column], **more: Any) -> None:
        super().__init__(*args, **more)
        self.columns = [column for column in columns if not column.refused]
        for column in self.columns:
            self.fields[f"column-{column.index}"] = forms.ChoiceField(
                label=column.heading, choices=list(MEANINGS.items()), required=False, initial=column.meaning
            )

    @property
    def meanings(self) -> dict[int, str]:
        """Chosen meaning by the index of the column."""
        return {column.index: self.cleaned_data[f"column-{column.index}"] for column in self.columns}


class DecisionForm(forms.Form):
    verdict = forms.ChoiceField(choices=[("doubtful", ""), ("gone", "")])
    decision = forms.ChoiceField(choices=[("take", ""), ("leave", "")])
    row = forms.IntegerField(required=False, min_value=1)
    page = forms.IntegerField(required=False, min_value=1)
