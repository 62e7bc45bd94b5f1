from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.teams.rules import END_REASONS, KINDS

_DATE = {"invalid": _("日子没看懂，写成 2026-12-01 这样。")}


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DesignateForm(forms.Form):
    """Who, from when, why; for somebody new a name, perhaps a sign-in; perhaps a phone for the door."""

    who = forms.CharField(max_length=60, error_messages={"required": _("选一位，或者写一位新的。")})
    name = forms.CharField(label=_("姓名"), max_length=40, required=False)
    from_on = forms.DateField(
        label=_("从哪天起"),
        widget=_date_input(),
        error_messages=_DATE | {"required": _("写上从哪天起。")},
    )
    until_on = forms.DateField(
        label=_("到哪天"),
        help_text=_("代管必须写，最多三个月；正式的可以不写。"),
        widget=_date_input(),
        required=False,
        error_messages=_DATE,
    )
    is_acting = forms.BooleanField(label=_("先代管一阵"), required=False)
    moves = forms.BooleanField(label=_("如果他现在是别的小家的家长，从那边换过来"), required=False)
    kind = forms.ChoiceField(label=_("哪一种管家"), choices=list(KINDS.items()), required=False)
    reason = forms.CharField(
        label=_("为什么请这位"),
        help_text=_("一句邻居听得懂的话。"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("写一句为什么请这位。")},
    )
    document_number = forms.CharField(
        label=_("文号"), help_text=_("会议记录或者文件的号。"), max_length=60, required=False
    )
    is_party_said = forms.BooleanField(label=_("本人说自己是党员，同意记下"), required=False)
    phone = forms.CharField(
        label=_("上门牌的电话"),
        help_text=_("本人同意把姓名和这个电话印在门牌卡、墙上和楼栋页，才写。"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    username = forms.CharField(
        label=_("登录名"), help_text=_("要用电脑的才写，字母和数字。"), max_length=40, required=False
    )
    password = forms.CharField(
        label=_("头一个密码"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *given: Any, role: str, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["reason"].required = role != "volunteer"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("who") == "new" and not values.get("name"):
            self.add_error("name", _("写上这位的姓名。"))
        return values


class EndForm(forms.Form):
    on = forms.DateField(
        label=_("从哪天起不再任职"),
        widget=_date_input(),
        error_messages=_DATE | {"required": _("写上从哪天起。")},
    )
    reason = forms.ChoiceField(
        label=_("为什么"),
        help_text=_("只有社区办公室看得到；邻居看到的是一句谢谢。"),
        choices=[(k, v) for k, v in END_REASONS.items() if k != "microgrid_ended"],
        error_messages={"required": _("选一个原因。")},
    )
    note = forms.CharField(label=_("还想记一句"), max_length=300, required=False)


class ListingForm(forms.Form):
    says = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    phone = forms.CharField(
        label=_("印在门牌上的电话"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


class PartyForm(forms.Form):
    says = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


class RosterForm(forms.Form):
    on = forms.DateField(label=_("哪一天"), required=False, widget=_date_input(), error_messages=_DATE)


class WhoForm(forms.Form):
    q = forms.CharField(label=_("地址"), required=False, max_length=60)
