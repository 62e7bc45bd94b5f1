"""What a number of the morning sheet opens: the records, how they were counted, where all of them are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.desks.secretary.morning import Facts
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.microgrids.queries import MicroGridOnDay
from xiaojia.kernel.actors import Actor

MOST_ROWS: Final = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One record behind a number."""

    title: str
    url: str
    kind: str = ""
    word: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """What a number opened: the records, how they were counted, and where all of them are."""

    title: str
    how: str
    rows: Sequence[Row]
    more_url: str

    @property
    def is_cut(self) -> bool:
        """Whether there are more than fit."""
        return len(self.rows) > MOST_ROWS

    @property
    def first_rows(self) -> Sequence[Row]:
        """As many as fit."""
        return self.rows[:MOST_ROWS]


def slip(key: str, known: Facts, *, viewer: Actor, on: date) -> Slip | None:
    """The records behind one number; None for a key that this sheet does not have."""
    make = SLIPS.get(key)
    return make(known, viewer, on) if make else None


def first_worth_showing(known: Facts) -> str:
    """What lies beside the sheet on a wide screen when nobody asked for anything; '' when nothing waits."""
    counts = {
        "exceptions": sum(d.open_count for d in known.drafts),
        "doubts": known.doubt_count,
        "outside": known.outside_count if known.day else 0,
        "microgrids": len(known.day),
        "homes": known.home_count,
    }
    return next((key for key, count in counts.items() if count), "")


def _homes(known: Facts, viewer: Actor, _on: date) -> Slip:
    counts: dict[str, int] = {}
    for unit in microgrids.unit_rows(viewer=viewer):
        counts[unit.compound] = counts.get(unit.compound, 0) + unit.household_count
    rows = [
        Row(name, f"{reverse('find')}?q={name}", note=_("%(n)s 户") % {"n": f"{n:,}"})
        for name, n in counts.items()
        if n
    ]
    return Slip(_("住户，一个院子一行"), _("住户表里现在还住着的，一门算一户。"), rows, reverse("find"))


def _microgrid_rows(found: Iterable[MicroGridOnDay]) -> list[Row]:
    return [
        Row(
            _("%(n)s 号小家") % {"n": m.number},
            reverse("microgrids:one", args=[m.microgrid_id]),
            m.size.kind,
            m.size.word,
            _("%(n)s 户，%(where)s") % {"n": m.household_count, "where": "、".join(m.compounds[:2])},
        )
        for m in found
    ]


def _microgrids(known: Facts, _viewer: Actor, _on: date) -> Slip:
    how = _("今天在用的小家，按编号排。")
    return Slip(_("小家"), how, _microgrid_rows(known.day), reverse("microgrids:home"))


def _fitting(known: Facts, _viewer: Actor, _on: date) -> Slip:
    rows = _microgrid_rows(m for m in known.day if m.size.is_fitting)
    how = _("不少于 50 户、不多于 80 户的小家。")
    return Slip(_("户数合适的小家"), how, rows, reverse("microgrids:home"))


def _seats(known: Facts, _viewer: Actor, _on: date) -> Slip:
    how = _("今天没有家长任职的小家。")
    return Slip(_("还没有家长的小家"), how, _microgrid_rows(known.headless), reverse("microgrids:home"))


def _exceptions(known: Facts, viewer: Actor, _on: date) -> Slip:
    rows, waiting = [], microgrids.open_exceptions(viewer=viewer)
    for draft in known.drafts:
        url = reverse("microgrids:exceptions", args=[draft.partition_id])
        for found in waiting.get(draft.partition_id, ()):
            kind, word = ("wait", _("等理由")) if found.may_be_approved else ("late", _("要挪动"))
            rows.append(Row(found.title, url, kind, word, draft.label))
    how = _("还没定的方案里，没有写理由的例外。")
    return Slip(_("等一句理由的例外"), how, rows, reverse("microgrids:plans"))


def _doubts(known: Facts, _viewer: Actor, _on: date) -> Slip:
    rows = [
        Row(
            register.file_name,
            reverse("registers:one", args=[register.register_id]),
            "wait",
            _("%(n)s 行") % {"n": register.open_count},
        )
        for register in known.waiting
        if register.open_count
    ]
    how = _("还没收下的住户表里，拿不准、或者表里没有了的行。")
    return Slip(_("等一句话的行"), how, rows, reverse("registers:home"))


def _outside(_known: Facts, viewer: Actor, on: date) -> Slip:
    counts: dict[int, int] = {}
    for standing in microgrids.standings(viewer=viewer, on=on):
        if standing.microgrid_id is None:
            counts[standing.unit_id] = counts.get(standing.unit_id, 0) + standing.household_count
    rows = [
        Row(u.address, f"{reverse('find')}?q={u.address}", note=_("%(n)s 户") % {"n": counts[u.unit_id]})
        for u in microgrids.unit_rows(viewer=viewer)
        if u.unit_id in counts
    ]
    how = _("住户表里有、今天不属于哪个小家的。")
    return Slip(_("还没有小家的住户"), how, rows, reverse("microgrids:home"))


SLIPS: Final[dict[str, Callable[[Facts, Actor, date], Slip]]] = {
    "homes": _homes,
    "microgrids": _microgrids,
    "fitting": _fitting,
    "seats": _seats,
    "exceptions": _exceptions,
    "doubts": _doubts,
    "outside": _outside,
}
"""What `?open=` may ask for."""
