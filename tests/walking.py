"""Every page and export as every role, with points that only one person has; for what no page may tell.

Everything is invented (模拟). `prepared()` needs a database and commits.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.test import Client

from tests.addresses import addresses
from tests.busy import SINCE, Busy, busy
from tests.kept import made_once
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.models import Account as Wallet
from xiaojia.domains.people import actions as people
from xiaojia.domains.recognition import actions as recognition
from xiaojia.domains.recognition.models import Appraisal, Ballot, Month, Monthvalue, Yearvalue
from xiaojia.domains.recognition.rules import Answers
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel import clock
from xiaojia.kernel.actors import ROLES
from xiaojia.kernel.models import AuditEntry, Message
from xiaojia.kernel.tenancy import entered

OTHERWISE: Final = {"sign_in", "sign_out", "demo_as", "demo_personas", "healthz", "readyz"}
"""Addresses that change who one is, or say only that the house stands."""
SEARCHES: Final = (
    "/find/?q=住户1",
    "/?q=住户",
    "/points/members/?q=住户",
    "/store/?q=住户1",
    "/store/?q=住户",
)
FIRST: Final = ("officer", "head")
OWN: Final = {"/", "/desks/"}
"""Pages that are another one for each role."""
DOMAINS: Final = ("ledger", "recognition", "store")
FEWEST: Final = 5
"""So many names on one page stand in some order; fewer stand in any by chance."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody got: its text (a workbook's cells too), and which of the domains of points were asked."""

    text: str
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class People:
    """`points`: name -> what stands in the wallet; `figures`: name -> figures that nobody else has."""

    stage: Busy
    points: Mapping[str, int]
    figures: Mapping[str, frozenset[str]]


def prepared(as_owner: Callable[[], Any]) -> People:
    """The busy community with somebody in each role, and a last year that was appraised."""
    stage = made_once(busy)
    _seat(stage)
    place = stage.place
    with entered(place.officer.scope):
        wallets = Wallet.objects.filter(community_id=place.community.pk, balance__isnull=False)
        members = {w.member_id: w.member.name for w in wallets.select_related("member").order_by("pk")}  # type: ignore[union-attr]  # wallets have a member
        for number, wallet in enumerate(wallets.order_by("pk")):
            # In no order that anything else of a member has.
            points = 10_007 + 1_013 * (number * 7 % len(members))
            posting = ledger.Posting("award", wallet.pk, points, "walk", str(wallet.pk), clock.today())
            ledger.pay_recognition(by=place.officer, at=clock.now(), posting=posting)
        points_of = {m: int(w.balance or 0) for w in wallets.all() if (m := w.member_id)}
        figures = {m: {str(n), f"{n:,}"} for m, n in points_of.items()}
        appraisal = Appraisal.objects.create(
            community_id=place.community.pk, year=2025, bars={}, state="closed", closed_at=clock.now(),
            closed_by_id=1,
        )  # fmt: skip
        for number, (member, n) in enumerate(points_of.items()):
            total = 801 + n // 1_013 % len(members)
            Yearvalue.objects.create(
                community_id=place.community.pk, appraisal=appraisal, member_id=member, category="volunteer",
                best_points=n, chance_percent=100, effort=n, effort_80=n, mean=None, active_months=9,
                deed_part=number, steady_part=1, total=total, is_awarded=True, story="天天扫楼道（模拟）",
            )  # fmt: skip
            figures[member].add(f"{total // 10}.{total % 10}")
        values = Monthvalue.objects.filter(community_id=place.community.pk).order_by("pk")
        of = {row.pk: row.member_id for row in values}
    with as_owner(), connection.cursor() as cursor:
        for number, (pk, member) in enumerate(of.items()):
            # Above five, so that no step of anybody's reckoning is the same by chance.
            value = 611 + number * 7
            cursor.execute("UPDATE recognition_monthvalue SET value = %s WHERE id = %s", [value, pk])
            figures[member].add(f"{value // 100}.{value % 100:02d}")
    return People(
        stage, {members[m]: n for m, n in points_of.items()},
        {members[m]: frozenset(f) for m, f in figures.items()},
    )  # fmt: skip


def _seat(stage: Busy) -> None:
    """Somebody in every role that the busy community has nobody for."""
    secretary = stage.place.secretary
    for role in ROLES:
        if role in stage.accounts:
            continue
        account = people.add_account(
            username=f"walk-{role}", name=f"走走{role}", password="", is_simulated=True
        )
        local = {"microgrid_id": stage.ids["microgrid_id"]} if role in {"volunteer", "resident"} else {}
        with entered(secretary.scope):
            teams.begin_tenure(
                by=secretary, at=clock.now(), account_id=account.pk, role=role, from_on=SINCE, **local
            )
        stage.accounts[role] = account


@contextmanager
def filled(stage: Busy, level: int) -> Iterator[None]:
    """Inside it all slips of the open month say the same; taken back at the end."""
    with transaction.atomic():
        officer = stage.place.officer
        with entered(officer.scope):
            month = Month.objects.get(pk=stage.ids["month_id"])
            for ballot in Ballot.objects.filter(month=month).order_by("number"):
                answers = Answers((level,) * len(ballot.asked_ids))
                for _typing in range(2):
                    recognition.type_slip(
                        by=officer, at=month.opened_at, ballot_id=ballot.pk, answers=answers
                    )
        yield
        transaction.set_rollback(True)


def walk(stage: Busy) -> dict[str, Answer]:
    """ "role path" -> what was answered with 200.

    Officer and head go to every address, everybody else to those that asked about points for one of them.
    """
    paths = [a.path(stage.ids) for a in addresses() if a.name not in OTHERWISE]
    found = again(stage, [f"{role} {path}" for role in FIRST for path in (*paths, *SEARCHES)])
    touched = OWN | {key.split(maxsplit=1)[1] for key, answer in found.items() if answer.asked}
    others = [role for role in stage.accounts if role not in FIRST]
    return found | again(stage, [f"{role} {path}" for role in others for path in sorted(touched)])


def again(stage: Busy, keys: Iterable[str]) -> dict[str, Answer]:
    """The same for these alone."""
    clients = {role: Client() for role in stage.accounts}
    for role, client in clients.items():
        client.force_login(stage.accounts[role])
    found = {}
    for key in keys:
        role, path = key.split(maxsplit=1)
        answer = _asked(clients[role], path)
        if answer is not None:
            found[key] = answer
    return found


def _asked(client: Client, path: str) -> Answer | None:
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        answer = client.get(path)
        if answer.status_code != 200:
            return None
        body: bytes = answer.getvalue()
    words = " ".join(seen)
    return Answer(_text(body), frozenset(name for name in DOMAINS if f"{name}_" in words))


def _text(body: bytes) -> str:
    """What a reader finds, without what is new at each asking: tokens, nonces, ids of requests."""
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as workbook:
            parts = [workbook.read(name).decode() for name in workbook.namelist() if "docProps" not in name]
        return "".join(parts)
    text = body.decode(errors="replace")
    return re.sub(r'nonce="[^"]*"|csrf[^>]*>|[0-9a-f]{8}-[0-9a-f-]{27}|ticket[^>]*>', "", text)


def named_with_figures(text: str, figures: Mapping[str, frozenset[str]]) -> list[str]:
    """Whose figures stand in it; two are one too many."""
    numbers = set(re.findall(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?(?![\d])", text))
    return sorted(name for name, own in figures.items() if own & numbers)


def is_ranked(text: str, points: Mapping[str, int]) -> bool:
    """Whether enough people stand in it in the order of their points, up or down."""
    places = {name: text.find(name) for name in points}
    there = sorted((name for name, place in places.items() if place >= 0), key=lambda name: places[name])
    order = [points[name] for name in there]
    return len(order) >= FEWEST and order in (sorted(order), sorted(order, reverse=True))


def left_behind(stage: Busy) -> list[tuple[str, ...]]:
    """What audit and messages say to the secretary, without moments and ids of rows."""
    with entered(stage.place.secretary.scope):
        return list(_left_behind())


def _left_behind() -> Iterator[tuple[str, ...]]:
    audits = AuditEntry.objects.order_by("pk").values_list("verb", "kind", "object_count", "detail__detail")
    messages = Message.objects.order_by("kind", "channel").values_list("kind", "channel", "urgency", "state")
    for row in (*audits, *messages):
        yield tuple(map(str, row))
