"""Small forms of the office: the duty phone, keys of other programs, the public service, a table."""

from __future__ import annotations

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.cases.models import Apikey

KEY_ROLES: Final = [
    (Apikey.Role.RESIDENT, _("只能报事，像居民一样")),
    (Apikey.Role.OFFICER, _("能看、能办，像专干一样")),
    (Apikey.Role.CLERK, _("只在积分超市换东西、捐分，像店员一样")),
]


class DutyPhoneForm(forms.Form):
    """A phone that somebody answers; empty takes it away."""

    phone = forms.CharField(
        label=_("值班电话"),
        help_text=_("写在 110、119、120 旁边，人人看得到。写单位的电话，不写个人的手机。"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


class ApikeyForm(forms.Form):
    """Which program, and what it may do at most."""

    name = forms.CharField(
        label=_("给哪个程序"),
        help_text=_("写得认得出来，比如“区里的热线平台”。"),
        max_length=40,
        error_messages={"required": _("写上给哪个程序。")},
    )
    role = forms.ChoiceField(label=_("它能做什么"), choices=KEY_ROLES, widget=forms.RadioSelect)


class ContactForm(forms.Form):
    """Whom strangers ask about the public service."""

    contact = forms.CharField(
        label=_("别人有问题找谁"),
        help_text=_("一个电话或者邮箱，人人看得到。"),
        max_length=200,
        error_messages={"required": _("写一个电话或者邮箱。")},
    )


class TableForm(forms.Form):
    """A table of cases from another system."""

    file = forms.FileField(
        label=_("一张事项表"),
        help_text=_("Excel（.xlsx、.xls）或 CSV，要有编号、内容、类别、上报时间这几列。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"required": _("选一张表。"), "empty": _("这个文件是空的；看看是不是拿错了。")},
    )
