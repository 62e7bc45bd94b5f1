from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.recognition.rules import (
    LEVELS,
    LONGEST_THANKS,
    MOST_HOURS_OFFERED,
    OUTCOMES,
    UNKNOWN,
    Answers,
)


class BallotForm(forms.Form):
    """One question a name, five worded levels or 不了解; and perhaps one sentence of thanks.

    A name that is '' is not asked about any more and counts as 不了解.
    """

    thanks_to = forms.ChoiceField(label=gettext_lazy("想谢谢谁"), required=False)
    thanks = forms.CharField(
        label=gettext_lazy("谢他一句"),
        help_text=gettext_lazy("办公室先看过，再给本人看，不写是谁说的。"),
        max_length=LONGEST_THANKS,
        required=False,
    )

    def __init__(self, data: Any = None, *, names: tuple[str, ...]) -> None:
        super().__init__(data)
        self._names = names
        named = [(place, name) for place, name in enumerate(names) if name]
        levels = [(str(level), word) for level, word in LEVELS.items()]
        for place, name in named:
            self.fields[f"level_{place}"] = forms.ChoiceField(
                label=name,
                choices=[*levels, ("0", UNKNOWN)],
                widget=forms.RadioSelect,
                error_messages={"required": _("%(name)s还没有选；不熟就选“不了解”。") % {"name": name}},
            )
        to: Any = self.fields["thanks_to"]
        to.choices = [("", _("不写也行")), *((str(place), name) for place, name in named)]

    @property
    def questions(self) -> list[forms.BoundField]:
        """The questions in the order of the slip."""
        return [self[f"level_{place}"] for place, name in enumerate(self._names) if name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("thanks") and not cleaned.get("thanks_to"):
            self.add_error("thanks_to", _("写了谢谢的话，还没有选谢谁。"))
        return cleaned

    def answers(self) -> Answers:
        """What was ticked, once the form is valid."""
        places = range(len(self._names))
        levels = tuple(int(self.cleaned_data.get(f"level_{place}") or 0) or None for place in places)
        to, text = self.cleaned_data["thanks_to"], self.cleaned_data["thanks"].strip()
        return Answers(levels, int(to) if to and text else None, text)


class NumberForm(forms.Form):
    """The number that stands on a paper slip."""

    number = forms.IntegerField(
        label=gettext_lazy("票上的号"),
        min_value=1,
        max_value=99999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autofocus": True}),
        error_messages={"required": gettext_lazy("照着票右上角的号写。")},
    )


class YearForm(forms.Form):
    """How much there was to help with in each micro-grid, if somebody counted it: 1 40 a line."""

    hours = forms.CharField(
        label=gettext_lazy("各小家这一年有多少小时的事可以出力"),
        help_text=gettext_lazy(
            "比如食堂排班、打扫、夜校，照排出来的班数，不看谁来了。一行一个：小家号，空一格，小时数。不写就都一样算。"
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None, *, microgrids: Mapping[int, int] | None = None) -> None:
        """`microgrids`: number on the door -> id."""
        super().__init__(data)
        self._microgrids = microgrids or {}

    def clean_hours(self) -> dict[int, int]:
        """Micro-grid id -> hours; every line is read, or the first that is not is named."""
        found: dict[int, int] = {}
        for line in self.cleaned_data["hours"].splitlines():
            words = line.replace("号", " ").split()
            if not words:
                continue
            is_read = len(words) == 2 and all(word.isdecimal() for word in words)
            number, hours = (int(word) for word in words) if is_read else (0, 0)
            if number not in self._microgrids or hours > MOST_HOURS_OFFERED:
                raise forms.ValidationError(
                    _("“%(line)s”没看懂；一行一个：小家号，空一格，小时数，比如 3 120。"),
                    params={"line": line.strip()[:20]},
                )
            found[self._microgrids[number]] = hours
        return found


class ReasonForm(forms.Form):
    """Why a month is cancelled; everybody reads it."""

    reason = forms.CharField(
        label=gettext_lazy("为什么取消"),
        max_length=200,
        error_messages={"required": gettext_lazy("写一句大家看得懂的原因。")},
    )


class AppealForm(forms.Form):
    """What somebody finds wrong."""

    text = forms.CharField(
        label=gettext_lazy("您觉得哪里不对"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("写一句哪里不对。")},
    )


class AnswerForm(forms.Form):
    """What the look into it came to."""

    outcome = forms.ChoiceField(label=gettext_lazy("查下来"), choices=list(OUTCOMES.items()))
    answer = forms.CharField(
        label=gettext_lazy("给本人的话"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("写一句查到了什么。")},
    )


class StoryForm(forms.Form):
    """What neighbours tell of somebody."""

    member = forms.TypedChoiceField(label=gettext_lazy("说的是谁"), coerce=int)
    text = forms.CharField(
        label=gettext_lazy("邻居怎么说"),
        help_text=gettext_lazy("一两句，说做了什么；不写分数，不写名次。"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("写一句邻居的话。")},
    )

    def __init__(self, data: Any = None, *, members: list[tuple[int, str]]) -> None:
        super().__init__(data)
        field: Any = self.fields["member"]
        field.choices = members
