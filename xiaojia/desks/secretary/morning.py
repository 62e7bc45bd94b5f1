"""The morning sheet as plain values: what there is, what to decide, which places to mind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.microgrids.queries import MicroGridOnDay, WaitingPlan
from xiaojia.domains.registers import queries as registers
from xiaojia.domains.teams import queries as teams
from xiaojia.kernel.actors import Actor

MOST_DECISIONS: Final = 5
MOST_PLACES: Final = 3
SCENARIOS: Final = {
    "inside": gettext_lazy("只在院子里划"),
    "cross": gettext_lazy("挨着的院子可以合"),
    "whole": gettext_lazy("整栋不拆"),
    "fewest": gettext_lazy("换小家的户最少"),
    "no_join": gettext_lazy("不新添跨院子的"),
}
ROOM_LEFT: Final = 2
"""A micro-grid with room for fewer households than this is worth minding."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sheet is made of, read once."""

    day: Sequence[MicroGridOnDay]
    outside_count: int
    drafts: Sequence[WaitingPlan]
    waiting: Sequence[registers.WaitingRegister]
    headless: Sequence[MicroGridOnDay]
    late: Sequence[teams.VacancyView] = ()

    @property
    def home_count(self) -> int:
        """Households that live here."""
        return sum(m.household_count for m in self.day) + self.outside_count

    @property
    def doubt_count(self) -> int:
        """Rows of workbooks that wait for a yes or no."""
        return sum(r.open_count for r in self.waiting)

    @property
    def best_draft(self) -> WaitingPlan | None:
        """The draft with the largest share of fitting micro-grids, then the fewest open exceptions."""
        return max(self.drafts, key=_merit, default=None)


def _merit(draft: WaitingPlan) -> tuple[float, int, int]:
    return (draft.fitting_count / max(1, draft.microgrid_count), -draft.open_count, -draft.partition_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """A question with its suggestion; `why` says what happens otherwise, `because` shows the figures."""

    key: str
    question: str
    why: str
    suggestion: str
    because: str
    act: str
    act_url: str
    more: str = ""
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place to mind, never a person."""

    kind: str
    word: str
    title: str
    text: str
    url: str


def facts(*, viewer: Actor, on: date) -> Facts:
    """Everything the sheet needs (four queries)."""
    day, outside_count = microgrids.day_and_outside(viewer=viewer, on=on)
    seats = teams.seat_news(viewer=viewer, on=on)
    return Facts(
        day=day,
        outside_count=outside_count,
        drafts=microgrids.waiting_plans(viewer=viewer),
        waiting=registers.waiting_registers(viewer=viewer),
        headless=[m for m in day if m.microgrid_id not in seats.led],
        late=seats.late,
    )


def number(key: str, value: int, opened: str) -> SafeString:
    """A number of this sheet that opens its records."""
    context = {
        "value": value,
        "url": f"{reverse('home')}?open={key}#records",
        "key": key,
        "is_open": key == opened,
    }
    return SafeString(render_to_string("ui/number.html", context))


def linked(value: int, url: str) -> SafeString:
    """A number whose records have a page of their own."""
    return SafeString(render_to_string("ui/number.html", {"value": value, "url": url}))


def lead(known: Facts, opened: str) -> list[str]:
    """The lead sentence in clauses that do not break; only what there is."""
    clauses = [*_stock(known, opened)]
    rest: tuple[tuple[str, int, str], ...] = (
        ("exceptions", sum(d.open_count for d in known.drafts), _("{n} 处例外等一句理由")),
        ("doubts", known.doubt_count, _("住户表有 {n} 行等一句话")),
        ("outside", known.outside_count if known.day else 0, _("{n} 户还没有小家")),
        ("seats", len(known.headless), _("{n} 个小家还没有家长")),
    )
    clauses += [format_html(text, n=number(key, n, opened)) for key, n, text in rest if n]
    return clauses


def _stock(known: Facts, opened: str) -> Iterable[str]:
    if not known.home_count:
        yield _("社区里还没有住户表")
        return
    homes = number("homes", known.home_count, opened)
    yield format_html(_("社区里住着 {n} 户"), n=homes)
    if not known.day:
        yield _("还没有分成小家")
        return
    fitting = sum(m.size.is_fitting for m in known.day)
    yield format_html(_("分在 {n} 个小家里"), n=number("microgrids", len(known.day), opened))
    yield format_html(_("{n} 个在 50–80 户之间"), n=number("fitting", fitting, opened))


def decisions(known: Facts) -> list[Decision]:
    """At most five questions, the most urgent first."""
    found = [_first_register(known), *_registers(known), _first_plan(known), _plan(known)]
    found += [_newcomers(known), _late_seats(known)]
    return [d for d in found if d is not None][:MOST_DECISIONS]


def _first_register(known: Facts) -> Decision | None:
    if known.home_count or known.waiting:
        return None
    return Decision(
        key="register",
        question=_("还没有住户表，先收一份？"),
        why=_("没有住户表，小家划不了。"),
        suggestion=_("拿一份 Excel 来，乱一点也不要紧。"),
        because=_("只要地址、姓名、电话和几口人；身份证号和别的栏目不会存下来。"),
        act=_("去收住户表"),
        act_url=reverse("registers:home"),
    )


def _registers(known: Facts) -> Iterable[Decision]:
    for register in known.waiting:
        if not register.is_checked:
            continue
        because: str = _("没有拿不准的行。")
        if register.open_count:
            count = linked(register.open_count, f"{reverse('home')}?open=doubts#records")
            because = format_html(_("有 {n} 行拿不准，要先定下来。"), n=count)
        yield Decision(
            key=f"register-{register.register_id}",
            question=_("《%(name)s》核对过了，收不收？") % {"name": register.file_name},
            why=_("收了才算数；不收，住户表一点不动。"),
            suggestion=_("看一遍有变动的行，再收。"),
            because=because,
            act=_("去看核对结果"),
            act_url=reverse("registers:one", args=[register.register_id]),
        )


def _first_plan(known: Facts) -> Decision | None:
    if known.day or known.drafts or not known.home_count:
        return None
    return Decision(
        key="first-plan",
        question=_("%(n)s 户还没有分成小家，划一份看看？") % {"n": f"{known.home_count:,}"},
        why=_("划出来的只是方案，您点头之前什么都不变。"),
        suggestion=_("划两份放在一起比：只在院子里划，或者挨着的院子可以合。"),
        because=_("每个小家 50 到 80 户；划不进去的，一处一处说清楚。"),
        act=_("去划两份"),
        act_url=reverse("microgrids:plans"),
    )


def _plan(known: Facts) -> Decision | None:
    draft = known.best_draft
    if draft is None:
        return None
    count = len(known.drafts)
    figures = [
        format_html(_("{all} 个小家里有 {n} 个在 50–80 户"), all=draft.microgrid_count, n=draft.fitting_count)
    ]
    listed = reverse("microgrids:exceptions", args=[draft.partition_id])
    if draft.open_count:
        figures.append(format_html(_("还有 {n} 处例外没写理由"), n=linked(draft.open_count, listed)))
        act, address = _("看这几处例外"), listed
    else:
        figures.append(format_html(_("{n} 处例外都写了理由"), n=linked(draft.exception_count, listed)))
        act = _("去定%(plan)s") % {"plan": draft.label}
        address = reverse("microgrids:adopt", args=[draft.partition_id])
    return Decision(
        key="plan",
        question=_("%(n)s 份小家方案等着定，定哪一份？") % {"n": count}
        if count > 1
        else _("小家方案等着定，定不定？"),
        why=_("定下来要说从哪一天起；没定之前，一切照旧。"),
        suggestion=_("用%(plan)s，%(how)s。") % {"plan": draft.label, "how": SCENARIOS[draft.scenario]},
        because=format_html("{}{}", _joined(figures), _("。")),
        act=act,
        act_url=address,
        more=_("放在一起比"),
        more_url=reverse("microgrids:plans"),
    )


def _newcomers(known: Facts) -> Decision | None:
    if not known.day or not known.outside_count or known.drafts:
        return None
    return Decision(
        key="newcomers",
        question=_("有 %(n)s 户还没有小家，归到哪里？") % {"n": known.outside_count},
        why=_("多半是划好以后，住户表又添了人家。"),
        suggestion=_("只改有变化的几处，换小家的户最少；别处还是原来的小家。"),
        because=format_html(
            _("数一数是哪 {n} 户。"), n=linked(known.outside_count, f"{reverse('home')}?open=outside#records")
        ),
        act=_("看怎么改"),
        act_url=reverse("microgrids:change"),
    )


def _late_seats(known: Facts) -> Decision | None:
    """Vacancies past their 15 days come up here (R03); a tenure takes them off the sheet."""
    if not known.late:
        return None
    first = known.late[0]
    count = linked(len(known.late), f"{reverse('teams:home')}#empty")
    words = {"n": first.number, "role": first.role_word, "days": first.days}
    return Decision(
        key="late-seats",
        question=_("%(n)s 个位子空了 15 天以上，请谁？") % {"n": len(known.late)},
        why=_("没有人，邻居有事不知道找谁；一时请不到，可以先请一位代管。"),
        suggestion=_("先请 %(n)s 号小家的%(role)s，那里空了 %(days)s 天。") % words,
        because=format_html(_("数一数是哪 {n} 个位子；空缺从空的那天数起。"), n=count),
        act=_("去请人"),
        act_url=reverse("teams:designate", args=[first.microgrid_id, first.role]),
        more=_("看全部空着的位子"),
        more_url=f"{reverse('teams:home')}#empty",
    )


def _joined(clauses: Sequence[SafeString]) -> SafeString:
    comma = _("，")
    return SafeString(comma.join(clauses))


def places(known: Facts) -> list[Place]:
    """Up to three places: too large first, then too small, then those that are nearly full."""
    ranked = sorted(known.day, key=lambda m: (m.household_count <= microgrids.MOST, _distance(m)))
    return [_place(m) for m in ranked if not m.size.is_fitting or _is_nearly_full(m)][:MOST_PLACES]


def _distance(microgrid: MicroGridOnDay) -> int:
    """Ascending: far from fitting first, nearly full last."""
    count = microgrid.household_count
    if microgrid.size.is_fitting:
        return microgrids.MOST - count
    return -max(count - microgrids.MOST, microgrids.LEAST - count) - microgrids.MOST


def _is_nearly_full(microgrid: MicroGridOnDay) -> bool:
    return 0 <= microgrids.MOST - microgrid.household_count < ROOM_LEFT


def _place(microgrid: MicroGridOnDay) -> Place:
    count = microgrid.household_count
    where = "、".join(microgrid.compounds[:2])
    title = _("%(n)s 号小家，%(where)s") % {"n": microgrid.number, "where": where}
    url = reverse("microgrids:one", args=[microgrid.microgrid_id])
    if microgrid.size.is_fitting:
        room = microgrids.MOST - count
        text = _("%(n)s 户，再添 %(room)s 户就超过 80 户。") % {"n": count, "room": room + 1}
        return Place("info", _("先记着"), title, text, url)
    words = {"n": count, "size": microgrid.size.word}
    return Place(microgrid.size.kind, microgrid.size.word, title, _("%(n)s 户，%(size)s。") % words, url)
