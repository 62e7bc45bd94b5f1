from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any, Final, cast
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.cases.handlers import Handler
from xiaojia.domains.cases.models import Casekind
from xiaojia.domains.cases.rules import MOST_TEXT, PAUSE_REASONS, RESULT_WORDS, Result, State
from xiaojia.domains.receipts.rules import read_code
from xiaojia.engines.clocks import Limit, Unit

NO_TEXT: Final = {"required": gettext_lazy("写一句出了什么事。")}
UNIT_WORDS: Final = {
    Unit.WORKING_DAY: gettext_lazy("个工作日"),
    Unit.WORKING_HOUR: gettext_lazy("个工作小时"),
    Unit.DAY: gettext_lazy("天"),
    Unit.HOUR: gettext_lazy("小时"),
    Unit.MINUTE: gettext_lazy("分钟"),
}
"""How a limit is said after its number."""


def limit_words(limit: Limit) -> str:
    """3 个工作日."""
    return f"{limit.amount} {UNIT_WORDS[limit.unit]}"


def kind_choices(kinds: Iterable[Casekind], *, empty: str = "") -> list[Any]:
    """Our local range first, the national list below it."""
    local: list[tuple[str, str]] = []
    national: list[tuple[str, str]] = []
    for kind in kinds:
        (local if kind.kind == Casekind.Kind.LOCAL else national).append((str(kind.pk), kind.name))
    choices: list[Any] = [("", empty)] if empty else []
    choices.append((_("常说的"), local))
    if national:
        choices.append((_("国家目录（未核对）"), national))
    return choices


class BoxForm(forms.Form):
    """The officer's box and its check list; only the text and the kind are needed."""

    text = forms.CharField(
        label=gettext_lazy("听到什么，就写什么"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "one"}),
        error_messages=NO_TEXT,
    )
    casekind = forms.ChoiceField(label=gettext_lazy("是什么"), required=False)
    place_text = forms.CharField(label=gettext_lazy("在哪里"), max_length=120, required=False)
    building = forms.IntegerField(required=False)
    reporter_name = forms.CharField(label=gettext_lazy("谁说的"), max_length=40, required=False)
    reporter_phone = forms.CharField(
        label=gettext_lazy("电话"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    join = forms.CharField(required=False)
    client_id = forms.UUIDField(required=False)

    def __init__(self, data: Any = None, *, kinds: Sequence[Casekind], is_kept: bool = False) -> None:
        super().__init__(data)
        cast(forms.ChoiceField, self.fields["casekind"]).choices = kind_choices(kinds, empty=_("选一类"))
        self._is_kept = is_kept

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self._is_kept and not values.get("casekind") and not values.get("join"):
            self.add_error("casekind", _("选一类；拿不准就选“其他”。"))
        return values

    @property
    def joined(self) -> UUID | None:
        """The case that this one only joins."""
        try:
            return UUID(self.cleaned_data.get("join") or "")
        except ValueError:
            return None


class ThreeFieldsForm(forms.Form):
    """What a head or steward says on the phone."""

    text = forms.CharField(
        label=gettext_lazy("出了什么事"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=NO_TEXT,
    )
    building = forms.ChoiceField(
        label=gettext_lazy("在哪一栋"), error_messages={"required": gettext_lazy("选一栋。")}
    )
    place_text = forms.CharField(
        label=gettext_lazy("具体在哪里"),
        help_text=gettext_lazy("比如“2 单元三楼过道”。"),
        max_length=80,
        required=False,
    )
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, buildings: Iterable[tuple[int, str]]) -> None:
        super().__init__(data, initial={"client_id": uuid4()})
        cast(forms.ChoiceField, self.fields["building"]).choices = [
            (str(pk), label) for pk, label in buildings
        ]


class NeighbourForm(forms.Form):
    """What anybody says on the page of a building: three fields, one of them needed."""

    text = forms.CharField(
        label=gettext_lazy("出了什么事"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages=NO_TEXT,
    )
    place_text = forms.CharField(
        label=gettext_lazy("具体在哪里"),
        help_text=gettext_lazy("比如“2 单元三楼过道”。"),
        max_length=80,
        required=False,
    )
    phone = forms.CharField(
        label=gettext_lazy("您的电话"),
        help_text=gettext_lazy("只给办这件事的人看，用来问清楚、回个话。"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


class UnsolvedForm(forms.Form):
    """What the holder of a receipt says of an answer, or why it need not be done."""

    text = forms.CharField(
        label=gettext_lazy("怎么回事，说一句"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("写一句怎么回事。")},
    )


_TEXT_WORDS: Final = {
    "check_first": gettext_lazy("要去看什么"),
    "answer": gettext_lazy("怎么答复的"),
    "decline": gettext_lazy("为什么不归这里办"),
    "bounce": gettext_lazy("为什么办不了，该谁办"),
    "finish": gettext_lazy("做了什么"),
    "verify": gettext_lazy("去看到了什么"),
    "send_back": gettext_lazy("哪里没办好"),
    "withdraw": gettext_lazy("为什么不用办了"),
    "note": gettext_lazy("记什么"),
    "merge": gettext_lazy("为什么是同一件"),
}
_OPTIONAL: Final = frozenset(
    {"accept", "assign", "start", "resume", "verify", "merge", "unmerge", "change_kind"}
)
PLAIN: Final = frozenset({"accept", "start", "resume", "unmerge"})
"""Steps that need nothing but a button."""


class MoveForm(forms.Form):
    """One step of a case: what it needs by the table of transitions, and nothing else."""

    def __init__(
        self,
        data: Any = None,
        *,
        action: str,
        handlers: Sequence[Handler] = (),
        kinds: Sequence[Casekind] = (),
    ) -> None:
        super().__init__(data)
        self._action, self._handlers = action, {h.key: h for h in handlers}
        make = getattr(self, f"_for_{action}", None)
        if make is not None:
            make(kinds)
        if action not in PLAIN:
            self.fields["text"] = forms.CharField(
                label=_TEXT_WORDS.get(action, gettext_lazy("为什么，写一句")),
                max_length=MOST_TEXT,
                widget=forms.Textarea(attrs={"rows": 3}),
                required=action not in _OPTIONAL,
                error_messages={"required": _("写一句：为什么，或者做了什么。")},
            )

    def _for_assign(self, _kinds: object) -> None:
        choices = [(h.key, h.word) for h in self._handlers.values()]
        self.fields["who"] = forms.ChoiceField(
            label=_("谁来办"), choices=[("", _("选一位")), *choices], required=False
        )
        self.fields["other"] = forms.CharField(
            label=_("别的单位"), help_text=_("不在上面的，写单位名字。"), max_length=60, required=False
        )

    def _for_shelve(self, _kinds: object) -> None:
        reasons = [(k, word) for k, (state, word) in PAUSE_REASONS.items() if state is State.SHELVED]
        self.fields["reason"] = forms.ChoiceField(label=_("等什么"), choices=reasons)
        self._for_wait(_kinds)
        self.fields["resume_on"].required = True

    def _for_wait(self, _kinds: object) -> None:
        self.fields["resume_on"] = forms.DateField(
            label=_("到哪天接着办"),
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            required=False,
            error_messages={
                "required": _("写一个往后的日子。"),
                "invalid": _("日子没看懂，写成 2026-12-01 这样。"),
            },
        )

    def _for_extend(self, _kinds: object) -> None:
        self.fields["amount"] = forms.IntegerField(
            label=_("延多少"),
            help_text=_("单位跟原来的时限一样，最多延原来那么久，只能延一回。"),
            min_value=1,
            max_value=1000,
            error_messages={"required": _("写延多少。"), "invalid": _("写一个数。")},
        )

    def _for_verify(self, _kinds: object) -> None:
        self.fields["result"] = forms.ChoiceField(
            label=_("结果怎么样"),
            choices=[("", _("选一样")), *((int(r), RESULT_WORDS[r]) for r in Result)],
            error_messages={"required": _("选一样，再办结。")},
        )

    def _for_answer(self, _kinds: object) -> None:
        self._for_verify(_kinds)

    def _for_decline(self, _kinds: object) -> None:
        self.fields["unit"] = forms.CharField(
            label=_("转给哪里"),
            help_text=_("写上单位的名字，居民好去问。"),
            max_length=60,
            error_messages={"required": _("写上转给哪里。")},
        )

    def _for_transfer(self, _kinds: object) -> None:
        self._for_decline(_kinds)

    def _for_merge(self, _kinds: object) -> None:
        self.fields["code"] = forms.CharField(
            label=_("并到哪一件"),
            help_text=_("写那一件的回执号，8 位数。两边的回执都还能查。"),
            max_length=12,
            error_messages={"required": _("写上回执号。")},
        )

    def _for_change_kind(self, kinds: Any) -> None:
        self.fields["casekind"] = forms.ChoiceField(label=_("换成哪一类"), choices=kind_choices(kinds))

    def clean_code(self) -> str:
        code = read_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("回执号是 8 位数，看看有没有抄错一位。"))
        return code

    @property
    def handler(self) -> Handler | None:
        """Whoever was chosen."""
        return self._handlers.get(self.cleaned_data.get("who", ""))

    @property
    def resume_at(self) -> datetime | None:
        """The morning of the day that was written."""
        day = self.cleaned_data.get("resume_on")
        return datetime.combine(day, time(9), tzinfo=timezone.get_current_timezone()) if day else None


class PasteForm(forms.Form):
    """Many lines, or one order of the hotline."""

    pasted = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "one"}),
        error_messages={"required": gettext_lazy("先写上，或者贴上。")},
    )


class SlipForm(forms.Form):
    """One slip of many, checked by a person."""

    text = forms.CharField(
        label=gettext_lazy("说的是什么"), max_length=MOST_TEXT, error_messages=NO_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    casekind = forms.ChoiceField(
        label=gettext_lazy("是什么"),
        error_messages={"required": gettext_lazy("选一类；拿不准就选“其他”。")},
    )
    place_text = forms.CharField(label=gettext_lazy("在哪里"), max_length=120, required=False)
    said_on = forms.DateField(
        label=gettext_lazy("哪天说的"), required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("日子没看懂，写成 2026-12-01 这样。")},
    )  # fmt: skip
    reporter_name = forms.CharField(label=gettext_lazy("谁说的"), max_length=40, required=False)
    reporter_phone = forms.CharField(label=gettext_lazy("电话"), max_length=20, required=False)
    skip = forms.BooleanField(label=gettext_lazy("这一张不收"), required=False)
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, kinds: Sequence[Casekind], **more: Any) -> None:
        super().__init__(*given, **more)
        local = [k for k in kinds if k.kind == Casekind.Kind.LOCAL]
        cast(forms.ChoiceField, self.fields["casekind"]).choices = [
            ("", _("选一类")),
            *((str(k.pk), k.name) for k in local),
        ]


class OrderForm(SlipForm):
    """One order, checked by a person; number and limit as the sender wrote them."""

    number = forms.CharField(label=gettext_lazy("来单的号"), max_length=40, required=False)
    sender_limit = forms.CharField(
        label=gettext_lazy("来单的时限"),
        help_text=gettext_lazy("比如“3 个工作日”，照来单的算；不写就照这一类的时限。"),
        max_length=60,
        required=False,
    )
    said_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)


class LimitForm(forms.Form):
    """Another limit of a kind."""

    amount = forms.IntegerField(
        label=gettext_lazy("多久"),
        min_value=1,
        max_value=1000,
        error_messages={"required": gettext_lazy("写多久。"), "invalid": gettext_lazy("写一个数。")},
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("怎么算"), choices=[(u.value, word) for u, word in UNIT_WORDS.items()]
    )

    @property
    def limit(self) -> Limit:
        """As typed."""
        return Limit(self.cleaned_data["amount"], Unit(self.cleaned_data["unit"]))
