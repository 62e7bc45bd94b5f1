"""Once a day, before the digest: who begins, who stops, which seats are empty, whose doors changed.

Every letter has a key, so that a job that runs twice, is killed or comes an hour late tells each thing once.
The pages say the same; nobody has to have a phone written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.microgrids.queries import adopted_between, doors_changed_on
from xiaojia.domains.people.accounts.office import phones_for_work
from xiaojia.domains.teams.access import MAY, visible_tenures
from xiaojia.domains.teams.models import Tenure
from xiaojia.domains.teams.queries import VacancyView, holding_on, vacancies
from xiaojia.domains.teams.rules import MOST_VACANT_DAYS, exit_words
from xiaojia.kernel import audit, clock, outbox
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, WIDE_ROLES, Actor
from xiaojia.kernel.outbox import Letter, Recipient

TENURE: Final[str] = outbox.kind("tenure", gettext_lazy("开始任职、不再任职"))
VACANT: Final[str] = outbox.kind("vacancy", gettext_lazy("空着的位子"))
ADOPTED: Final[str] = outbox.kind("adopted", gettext_lazy("小家重新划了"))

NEAR_DAYS: Final = 3
"""So many days before the 15 are over, the office hears of it."""
MOST_NAMED: Final = 5
LATE_PAPER: Final = timedelta(hours=26)
"""A paper that came in since yesterday's round may name an earlier day."""


@transaction.atomic
def tell_day(*, by: Actor, at: datetime) -> int:
    """Post the letters of this morning; returns how many. None go where no way out is open."""
    require(MAY, "settle_seats", by, by.community_id)
    if not outbox.is_open("sms"):
        return 0
    on = clock.today(at)
    count = _tell_tenures(by, at, on) + _tell_vacancies(by, at, on) + _tell_adopted(by, at, on)
    if count:
        audit.record(
            by=by, at=at, verb="tell_day", kind="message", ids=[by.community_id], detail={"n": count}
        )
    return count


def _send(kind: str, letters: Iterable[tuple[int, str, str]], *, by: Actor, at: datetime) -> int:
    """`letters`: account id, key, text. Whoever wrote down no phone gets none; once a key."""
    found = list(letters)
    phones = phones_for_work([account_id for account_id, _key, _text in found], viewer=by)
    sent = 0
    for account_id, key, text in found:
        if account_id in phones:
            to = Recipient("sms", phones[account_id], person=f"account:{account_id}")
            outbox.post(Letter(kind, text, key=key), to=to, community_id=by.community_id, at=at)
            sent += 1
    return sent


def _tell_tenures(by: Actor, at: datetime, on: date) -> int:
    """The person, on the day it begins and on the day it is over; a tenure that never began says nothing."""
    fresh = Q(designation__made_at__gt=at - LATE_PAPER, from_on__lt=on)
    rows = visible_tenures(by).filter(microgrid__isnull=False).exclude(until_on=F("from_on"))
    rows = rows.select_related("microgrid").order_by("pk")
    begun = rows.filter(Q(from_on=on) | fresh).exclude(until_on__lte=on)
    ended = rows.filter(Q(until_on=on) | Q(designation__ended_at__gt=at - LATE_PAPER, until_on__lt=on))
    letters = [(t.account_id, f"begins:{t.pk}", _begin_words(t)) for t in begun]
    letters += [(t.account_id, f"ends:{t.pk}", _end_words(t)) for t in ended]
    return _send(TENURE, letters, by=by, at=at)


def _words(tenure: Tenure) -> Mapping[str, object]:
    number = tenure.microgrid.number if tenure.microgrid else 0
    return {"n": number, "role": ROLES[tenure.role], "day": f"{tenure.from_on:%m-%d}"}


def _begin_words(tenure: Tenure) -> str:
    return _("从 %(day)s 起，您是 %(n)s 号小家的%(role)s；登录进来，第一页就是您的小家。") % _words(tenure)


def _end_words(tenure: Tenure) -> str:
    number = tenure.microgrid.number if tenure.microgrid else 0
    return _("您在 %(n)s 号小家的%(role)s到今天为止。") % _words(tenure) + exit_words(number) + _("。")


def _tell_vacancies(by: Actor, at: datetime, on: date) -> int:
    """The office: seats that became empty yesterday, and those whose 15 days are over in three."""
    empty = vacancies(viewer=by, on=on)
    new = [v for v in empty if v.opened_on == on - timedelta(days=1)]
    near = [v for v in empty if v.due_on == on + timedelta(days=NEAR_DAYS)]
    held = holding_on(visible_tenures(by).filter(role__in=sorted(WIDE_ROLES)), on)
    office = sorted(set(held.values_list("account_id", flat=True)))
    letters = []
    for name, rows in (("new", new), ("near", near)):
        if rows:
            text = _vacant_words(name, rows)
            letters += [(account_id, f"vacant:{name}:{on}:{account_id}", text) for account_id in office]
    return _send(VACANT, letters, by=by, at=at)


def _vacant_words(name: str, rows: list[VacancyView]) -> str:
    listed = "、".join(
        _("%(n)s 号%(role)s") % {"n": v.number, "role": v.role_word} for v in rows[:MOST_NAMED]
    )
    words = {
        "n": len(rows), "listed": listed + (_("等") if len(rows) > MOST_NAMED else ""), "days": NEAR_DAYS,
        "most": MOST_VACANT_DAYS,
    }  # fmt: skip
    if name == "new":
        return _("昨天空出 %(n)s 个位子（%(listed)s），%(most)s 天里要请到人。") % words
    return _("%(n)s 个位子（%(listed)s）再过 %(days)s 天就空满 %(most)s 天；请到人，或者先请人代管。") % words


def _tell_adopted(by: Actor, at: datetime, on: date) -> int:
    """Heads whose doors changed by a division that began to hold since yesterday."""
    letters = []
    for partition_id, day in adopted_between(viewer=by, after=on - timedelta(days=2), until=on):
        changed = doors_changed_on(viewer=by, on=day)
        heads = holding_on(visible_tenures(by).filter(role="head", microgrid_id__in=list(changed)), on)
        for head in heads.select_related("microgrid").order_by("pk"):
            came, left = changed[head.microgrid_id or 0]
            words = {**_words(head), "day": f"{day:%m-%d}", "came": came, "left": left}
            text = _("小家重新划了：从 %(day)s 起，%(n)s 号小家来了 %(came)s 户，走了 %(left)s 户。") % words
            letters.append((head.account_id, f"adopted:{partition_id}:{head.pk}", text))
    return _send(ADOPTED, letters, by=by, at=at)
