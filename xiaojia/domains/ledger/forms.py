from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.ledger.models import Member, Ruleversion
from xiaojia.domains.ledger.rules import CATEGORIES, PER, PROOFS, RuleText

_DATE = {"invalid": _("日子没看懂，写成 2026-12-01 这样。"), "required": _("写上是哪一天。")}


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DeedForm(forms.Form):
    """Who did what, when, and for how long."""

    member = forms.ChoiceField(label=_("谁做的"), error_messages={"required": _("选一位。")})
    rule = forms.ChoiceField(label=_("做了什么"), error_messages={"required": _("选一样。")})
    done_on = forms.DateField(label=_("哪一天"), widget=_date_input(), error_messages=_DATE)
    hours = forms.DecimalField(
        label=_("几小时"),
        help_text=_("按小时算的才写，比如 1.5。"),
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal("0.1"),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": _("写数字，比如 1.5。")},
    )
    note = forms.CharField(label=_("补一句"), max_length=120, required=False)

    def __init__(
        self, data: Any = None, *, members: Iterable[Member], rules: Iterable[Ruleversion], **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.fields["member"].choices = [(m.pk, m.name) for m in members]  # type: ignore[attr-defined]  # a choice
        self.fields["rule"].choices = [(r.rule.code, rule_words(r)) for r in rules]  # type: ignore[attr-defined]  # a choice


class ConfirmForm(forms.Form):
    """Whose name stands on the slip; nobody: whoever confirms saw it."""

    witness = forms.ChoiceField(label=_("谁见证的"), help_text=_("不选就是您自己看见的。"), required=False)

    def __init__(self, data: Any = None, *, members: Iterable[Member]) -> None:
        super().__init__(data)
        empty = ("", _("我自己看见的"))
        self.fields["witness"].choices = [empty, *((m.pk, m.name) for m in members)]  # type: ignore[attr-defined]  # a choice


class ReasonForm(forms.Form):
    """One sentence that the person will read."""

    reason = forms.CharField(
        label=_("为什么"),
        help_text=_("写一句，本人会看到。"),
        max_length=120,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("写一句为什么。")},
    )


class JoinForm(forms.Form):
    """Somebody who said yes: name, what they are, where they live; or a member who moved to this door."""

    moved = forms.TypedChoiceField(
        label=_("是不是老成员搬来了"), help_text=_("这几位原来的家，住户表里没有了。选了谁，姓名就不用写。"),
        coerce=int, empty_value=None, required=False,
    )  # fmt: skip
    name = forms.CharField(label=_("姓名"), max_length=40, required=False)
    category = forms.ChoiceField(label=_("哪一类"), choices=list(CATEGORIES.items()))
    household = forms.IntegerField(widget=forms.HiddenInput(), required=False)

    kin = forms.CharField(
        label=_("家里人和亲戚里，还有谁加入了"), help_text=_("一行写一位，写全名；没有就空着。"),
        max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, gone: Iterable[Member] = (), **more: Any) -> None:
        """`gone`: members whom the register lost."""
        super().__init__(data, **more)
        self.fields["moved"].choices = [("", _("不是，新加入的")), *((m.pk, m.name) for m in gone)]  # type: ignore[attr-defined]  # a choice

    @property
    def has_gone(self) -> bool:
        """Whether there is anybody who might have moved here."""
        return len(self.fields["moved"].choices) > 1  # type: ignore[attr-defined]  # a choice

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("moved") and not cleaned.get("name"):
            self.add_error("name", _("写上姓名。"))
        return cleaned

    def clean_kin(self) -> list[str]:
        """Names, one a line."""
        return [name for line in self.cleaned_data["kin"].splitlines() if (name := line.strip()[:40])][:10]


class KinForm(forms.Form):
    """One who is kin, by full name or number of passbook."""

    named = forms.CharField(
        label=_("还有谁"), help_text=_("写全名；有同名的，写他的存折号。"), max_length=40,
        error_messages={"required": _("写上是谁。")},
    )  # fmt: skip


class DonateForm(forms.Form):
    """How many points; the request stands in the form, so that a second press gives nothing more."""

    points = forms.IntegerField(
        label=_("捐几分给互助池"), min_value=1, error_messages={"required": _("写上几分。")}
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput())


class RuleForm(forms.Form):
    """A rule as it shall hold from a day."""

    text = forms.CharField(
        label=_("做什么好事"), max_length=60, error_messages={"required": _("写清做什么。")}
    )
    points = forms.IntegerField(
        label=_("记几分"),
        min_value=1,
        max_value=20,
        error_messages={"required": _("写上几分。"), "min_value": _("积分只加不减，最少 1 分。")},
    )
    per = forms.ChoiceField(label=_("怎么算"), choices=list(PER.items()))
    cap_month = forms.IntegerField(
        label=_("每月最多几分"),
        min_value=1,
        max_value=80,
        required=False,
        help_text=_("不写就只受总上限管。"),
    )
    proof = forms.ChoiceField(label=_("凭什么认"), choices=list(PROOFS.items()))
    valid_from_on = forms.DateField(label=_("从哪天起"), widget=_date_input(), error_messages=_DATE)

    def rule(self, code: str) -> RuleText:
        """The line as the action takes it."""
        v = self.cleaned_data
        return RuleText(
            code, v["text"], v["points"], per=v["per"], cap_month=v["cap_month"], proof=v["proof"]
        )


class BudgetForm(forms.Form):
    """What was approved for points."""

    budget_yuan = forms.IntegerField(
        label=_("批给积分的钱（元）"), min_value=0, error_messages={"required": _("写上多少元。")}
    )


def rule_words(version: Ruleversion) -> str:
    """约好了上门看望，2 分."""
    per = str(_("每小时 ")) if version.per == "hour" else ""
    return f"{version.text}，{per}{version.points} 分"
