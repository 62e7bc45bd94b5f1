from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.store.actions import Row
from xiaojia.domains.store.queries import Item
from xiaojia.domains.store.rules import MOST_POINTS, MOST_QUANTITY, MOST_SHEETS, WAYS

_DATE = {"invalid": _("日子没看懂，写成 2026-12-01 这样。"), "required": _("写上是哪一天。")}


def _number(
    label: Any, *, least: int, most: int, hint: Any = "", is_needed: bool = True
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, help_text=hint, required=is_needed,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": _("写数字。"),
            "required": _("写上是多少。"),
            "min_value": _("至少写 %(limit_value)s。"),
            "max_value": _("最多写 %(limit_value)s。"),
        },
    )  # fmt: skip


def _date() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class BasketForm(forms.Form):
    """What somebody takes. `request` names this piece of paper: sent twice, it counts once.

    Any of `items` may be named; those that can be had now are offered.
    """

    request = forms.UUIDField(widget=forms.HiddenInput)
    goods = forms.ChoiceField(label=_("换什么"), error_messages={"required": _("选一样东西。")})
    quantity = _number(_("几件"), least=1, most=MOST_QUANTITY)
    way = forms.ChoiceField(label=_("怎么拿"), choices=list(WAYS.items()), required=False)
    proxy_name = forms.CharField(
        label=_("来人的名字"), help_text=_("替人领的才写。"), max_length=20, required=False
    )
    note = forms.CharField(
        label=_("送到哪里，或者补一句"), help_text=_("送上门的写楼栋和门牌。"), max_length=60, required=False
    )

    def __init__(self, data: Any = None, *, items: Sequence[Item], **more: Any) -> None:
        first = {"request": uuid.uuid4(), "quantity": 1, "way": "counter"}
        super().__init__(data, initial=first, **more)
        if data is None:
            self.fields["goods"].widget.attrs["autofocus"] = True
        there = [i for i in items if i.goods.is_on_sale and i.points is not None and i.goods.stock > 0]
        self.has_goods = bool(there)
        goods = self.fields["goods"]
        goods.choices = [(i.goods.pk, "") for i in items]  # type: ignore[attr-defined]  # a choice
        goods.widget.choices = [("", _now("选一样")), *((i.goods.pk, words(i)) for i in there)]


def words(item: Item) -> str:
    """A thing on the shelf in one line: number, name, points, what is left."""
    return _now("%(number)d 号　%(name)s，%(points)d 分，还有 %(stock)d %(unit)s") % {
        "number": item.goods.number, "name": item.goods.name, "points": item.points or 0,
        "stock": item.goods.stock, "unit": item.goods.unit,
    }  # fmt: skip


class GoodsForm(forms.Form):
    """Something new on the shelf."""

    name = forms.CharField(label=_("东西"), max_length=30, error_messages={"required": _("写上是什么东西。")})
    unit = forms.CharField(
        label=_("单位"), help_text=_("比如 袋、块、个。"), max_length=8,
        error_messages={"required": _("写上论什么算。")},
    )  # fmt: skip
    points = _number(_("换一件要几分"), least=1, most=MOST_POINTS)


class PriceForm(forms.Form):
    """Another price, and from when."""

    points = _number(_("换一件要几分"), least=1, most=MOST_POINTS)
    from_on = forms.DateField(
        label=_("从哪天起"), help_text=_("涨价要提前七天。"), widget=_date(), error_messages=_DATE
    )


class ReceiveForm(forms.Form):
    """Pieces that came, or went bad."""

    request = forms.UUIDField(widget=forms.HiddenInput)
    pieces = _number(_("几件"), least=1, most=10_000)


class CountForm(forms.Form):
    """What a hand counted on the shelf."""

    counted = _number(_("货架上数出来几件"), hint=_("不算替人留着的。"), least=0, most=100_000)


class SheetForm(forms.Form):
    """A paper sheet as it was written: one line a redemption."""

    day = forms.DateField(label=_("哪一天的"), widget=_date(), error_messages=_DATE)
    sheet = _number(_("第几张"), hint=_("写在纸单右上角。"), least=1, most=99)
    lines = forms.CharField(
        label=_("照着纸单写"),
        help_text=_("一行写一笔：存折号、货号、件数，中间空一格，比如 000012 2 1。空着的行也空一行。"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        error_messages={"required": _("照着纸单写，一行一笔。")},
    )

    def clean_lines(self) -> list[Row]:
        """Rows with the number of their line; an empty line is one that was left out."""
        rows = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            cells = line.replace("，", " ").replace(",", " ").split()
            if not cells:
                continue
            if len(cells) != 3 or not all(c.isascii() and c.isdigit() and len(c) <= 8 for c in cells):
                raise forms.ValidationError(
                    _now("第 %(n)d 行没看懂，要写存折号、货号、件数三个数。") % {"n": number}
                )
            rows.append(Row(number, cells[0], int(cells[1]), int(cells[2])))
        return rows

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        return day


class SheetsForm(forms.Form):
    """How many paper sheets a day without network used."""

    day = forms.DateField(label=_("哪一天的"), widget=_date(), error_messages=_DATE)
    count = _number(_("一共用了几张"), hint=_("写错了再写一遍就是。"), least=0, most=MOST_SHEETS)


class CorrectForm(forms.Form):
    """Why a closed day looks different now."""

    reason = forms.CharField(
        label=_("为什么变了"), help_text=_("比如“补录了一张纸单”。"), max_length=60,
        error_messages={"required": _("写一句为什么。")},
    )  # fmt: skip


class WantedForm(forms.Form):
    """What somebody would like to find here."""

    text = forms.CharField(
        label=_("想要什么"), help_text=_("只写东西，不写名字。"), max_length=30,
        error_messages={"required": _("写上想要什么。")},
    )  # fmt: skip
