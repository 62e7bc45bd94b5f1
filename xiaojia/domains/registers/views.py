"""Pages of the way in: drop a workbook, say what its columns mean, look at the dry run, take it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from xiaojia.domains.people.actions import log_view
from xiaojia.domains.registers import actions, queries
from xiaojia.domains.registers.access import MAY
from xiaojia.domains.registers.forms import DecisionForm, MeaningsForm, ReceiveForm
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.registers.reading import Column
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

ROWS_A_PAGE: Final = 25
EARLIER: Final = 20

V = Registerrow.Verdict
VERDICTS: Final = {
    V.NEW: (gettext_lazy("新来的"), gettext_lazy("现在没有这个门号，收下就多一户。")),
    V.CHANGED: (gettext_lazy("有变化的"), gettext_lazy("门号有了，人口、联系人或者电话和现在的不一样。")),
    V.SAME: (gettext_lazy("没变的"), gettext_lazy("和现在的一样，只记下这一天又核对过。")),
    V.DOUBTFUL: (gettext_lazy("拿不准的"), gettext_lazy("有一格读不准，或者几行写的是同一户；您说收不收。")),
    V.GONE: (
        gettext_lazy("表里没有了的"),
        gettext_lazy("这栋楼在表里，这一户不在；您说是搬走了，还是漏写了。"),
    ),
    V.OLDER: (gettext_lazy("比现有的旧的"), gettext_lazy("现在的数是更新的表里来的，旧的不盖新的。")),
    V.FOLDED: (gettext_lazy("并到一户里的"), gettext_lazy("和另一行是同一户，一起算。")),
    V.ASIDE: (gettext_lazy("不收的"), gettext_lazy("不在挑的这一片，或者没有住户。")),
}
"""Verdict -> how the list is called, and how it was counted."""

OF_BUILDINGS: Final = {
    V.NEW: gettext_lazy("现在没有这栋楼，收下就多这一栋里的户。"),
    V.CHANGED: gettext_lazy("楼有了，户数或者位置和现在的不一样。"),
    V.SAME: gettext_lazy("和现在的一样，只记下这一天又核对过。"),
    V.DOUBTFUL: gettext_lazy("有一格读不准，或者几行写的是同一栋；您说收不收。"),
}
"""The same where a row is a building."""


def _counted(register: Register, verdict: str) -> object:
    is_of_buildings = register.kind == Register.Kind.BUILDING
    return (
        OF_BUILDINGS.get(V(verdict), VERDICTS[V(verdict)][1]) if is_of_buildings else VERDICTS[V(verdict)][1]
    )


def home(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_registers", viewer, viewer.community_id)
    form, refusal = ReceiveForm(initial={"as_of_on": clock.today()}), None
    if request.method == "POST":
        form = ReceiveForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                register = _receive(viewer, form)
                return redirect("work", work_id=register.work_id)
            except Refused as refused:
                refusal = refused
    context = {
        "form": form,
        "refusal": refusal,
        "registers": queries.registers(viewer=viewer)[:EARLIER],
    }
    return render(request, "registers/home.html", context, status=refusal.status if refusal else 200)


def _receive(viewer: Actor, form: ReceiveForm) -> Register:
    file = form.cleaned_data["file"]
    return actions.receive_register(
        by=viewer,
        at=clock.now(),
        file_name=file.name,
        stream=file.chunks(),
        as_of_on=form.cleaned_data["as_of_on"],
    )


def _register(request: HttpRequest, register_id: UUID) -> tuple[Actor, Register]:
    viewer = actor_of(request)
    register = queries.register(register_id, viewer=viewer)
    if register is None:
        raise Http404
    return viewer, register


def one(request: HttpRequest, register_id: UUID) -> HttpResponse:
    """Where this register stands: its work, its columns, its dry run, or what came of it."""
    viewer, register = _register(request, register_id)
    work = queries.running_work(register)
    if work is not None:
        return redirect("work", work_id=work.pk)
    if register.state == Register.State.READ:
        return redirect("registers:columns", register_id=register.pk)
    if register.state == Register.State.CHECKED:
        return _checked(request, viewer, register)
    return render(request, "registers/ended.html", {"register": register})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have one verdict, and how many of them still wait for a yes or no."""

    verdict: str
    label: object
    counted: object
    count: int
    open_count: int


def _checked(request: HttpRequest, viewer: Actor, register: Register) -> HttpResponse:
    counts = queries.verdict_counts(register, viewer=viewer)
    waiting = queries.open_counts(register, viewer=viewer)
    tallies = [
        Tally(verdict, label, _counted(register, verdict), counts[verdict], waiting.get(verdict, 0))
        for verdict, (label, _rule) in VERDICTS.items()
        if counts.get(verdict)
    ]
    taken = sum(counts.get(verdict, 0) for verdict in (V.NEW, V.CHANGED, V.SAME))
    is_of_buildings = register.kind == Register.Kind.BUILDING
    context = {
        "register": register,
        "tallies": tallies,
        "to_decide": [tally for tally in tallies if tally.verdict in {V.DOUBTFUL, V.GONE}],
        "open_count": sum(waiting.values()),
        "taken_count": taken,
        "dwelling_count": queries.dwelling_count(register, viewer=viewer) if is_of_buildings else None,
        "unspoken": register.counts.get("unspoken", []),
        "refused": [column for column in queries.columns_of(register) if column.refused],
        "same_file": queries.same_file(register, viewer=viewer),
    }
    return render(request, "registers/checked.html", context)


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column on the page: heading, a few values, and the choice."""

    column: Column
    values: list[str]
    field: BoundField


def columns(request: HttpRequest, register_id: UUID) -> HttpResponse:
    """What each column means; a posted choice starts the dry run."""
    viewer, register = _register(request, register_id)
    if register.state not in {Register.State.READ, Register.State.CHECKED}:
        return redirect("registers:one", register_id=register.pk)
    known = queries.columns_of(register)
    places = queries.places_named(register, viewer=viewer)
    initial = {"kind": register.kind, "place": register.place}
    form, refusal = MeaningsForm(columns=known, initial=initial), None
    if request.method == "POST":
        form = MeaningsForm(request.POST, columns=known, initial=initial)
        if form.is_valid():
            try:
                work_id = actions.confirm_meanings(
                    by=viewer, at=clock.now(), register_id=register.pk, kind=form.cleaned_data["kind"],
                    meanings=form.meanings, place=form.cleaned_data["place"],
                )  # fmt: skip
                return redirect("work", work_id=work_id)
            except Refused as refused:
                refusal = refused
    samples = queries.samples(register, viewer=viewer) or [[] for _column in form.columns]
    lines = [
        ColumnLine(column, values, form[f"column-{column.index}"])
        for column, values in zip(form.columns, samples, strict=True)
    ]
    context = {
        "register": register,
        "form": form,
        "refusal": refusal,
        "lines": lines,
        "refused": [column for column in known if column.refused],
        "places": places,
        "same_file": queries.same_file(register, viewer=viewer),
    }
    return render(request, "registers/columns.html", context, status=refusal.status if refusal else 200)


def rows(request: HttpRequest, register_id: UUID, verdict: str) -> HttpResponse:
    """The rows behind one number, with the sentence that says why each is there."""
    viewer, register = _register(request, register_id)
    if verdict not in VERDICTS or register.state != Register.State.CHECKED:
        raise Http404
    found = queries.rows_with(register, verdict, viewer=viewer)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    label = VERDICTS[V(verdict)][0]
    _log(viewer, [row.household_id for row in page], clock.now())
    context = {
        "register": register,
        "verdict": verdict,
        "title": label,
        "counted": _counted(register, verdict),
        "page": page,
        "is_to_decide": verdict in {V.DOUBTFUL, V.GONE},
        "open_count": queries.open_counts(register, viewer=viewer).get(verdict, 0),
    }
    return render(request, "registers/rows.html", context)


def _log(viewer: Actor, household_ids: list[int | None], at: datetime) -> None:
    """Names of known households are on the page: that is noted (P07)."""
    known = [pk for pk in household_ids if pk is not None]
    log_view(viewer=viewer, at=at, reason="register", screen="register rows", household_ids=known)


@require_POST
def decide(request: HttpRequest, register_id: UUID) -> HttpResponse:
    viewer, register = _register(request, register_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    count = actions.decide_rows(
        by=viewer, at=clock.now(), register_id=register.pk,
        verdict=chosen["verdict"], decision=chosen["decision"], row_id=chosen["row"],
    )  # fmt: skip
    if chosen["row"] is None:
        messages.success(request, _("定好了 %(n)d 行。") % {"n": count})
    answer = redirect("registers:rows", register_id=register.pk, verdict=chosen["verdict"])
    if chosen["page"]:
        answer["Location"] += f"?page={chosen['page']}"
    return answer


def _start(request: HttpRequest, register_id: UUID, start: Callable[..., UUID]) -> HttpResponse:
    viewer, register = _register(request, register_id)
    return redirect("work", work_id=start(by=viewer, at=clock.now(), register_id=register.pk))


@require_POST
def read(request: HttpRequest, register_id: UUID) -> HttpResponse:
    """Read again what was stopped."""
    return _start(request, register_id, actions.start_reading)


@require_POST
def check(request: HttpRequest, register_id: UUID) -> HttpResponse:
    return _start(request, register_id, actions.start_check)


@require_POST
def commit(request: HttpRequest, register_id: UUID) -> HttpResponse:
    return _start(request, register_id, actions.start_commit)


@require_POST
def drop(request: HttpRequest, register_id: UUID) -> HttpResponse:
    viewer, register = _register(request, register_id)
    actions.drop_register(by=viewer, at=clock.now(), register_id=register.pk)
    messages.success(request, _("这份表放下了，读进来的行都删了。已有的数据一点没动。"))
    return redirect("registers:home")
