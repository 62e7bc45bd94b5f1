"""One step for the office: somebody new gets an account, a seat and, with a yes, a place on the door."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import lifetimes
from xiaojia.domains.people.actions import add_account, add_paper_accounts
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.actions.listings import give_listing
from xiaojia.domains.teams.actions.tenures import Terms, designate
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without an account. Without a sign-in name they serve on paper: theirs has no password."""

    name: str
    username: str = ""
    password: str = ""
    is_simulated: bool = False


@transaction.atomic
def enlist_volunteers(
    *, by: Actor, at: datetime, from_on: date, names: Sequence[tuple[int, str]], is_simulated: bool = False
) -> int:
    """Take in a whole list of new volunteers, (micro-grid id, name) each, who serve on paper; one audit row.

    Raises Refused when a micro-grid of the list does not live on that day; then nobody is taken in.
    """
    require(MAY, "enlist_volunteer", by, by.community_id)
    alive = {m.microgrid_id for m in lifetimes(viewer=by) if m.is_alive(from_on)}
    if not {pk for pk, _name in names} <= alive:
        raise Refused(_("名单没有收，因为里面有那天还没有的小家；改一改再来。"))
    accounts = add_paper_accounts([name for _pk, name in names], is_simulated=is_simulated)
    made = Tenure.objects.bulk_create(
        Tenure(
            community_id=by.community_id, account_id=account_id, role="volunteer", microgrid_id=pk,
            from_on=from_on,
        )
        for account_id, (pk, _name) in zip(accounts, names, strict=True)
    )  # fmt: skip
    audit.record(by=by, at=at, verb="enlist_volunteers", kind="tenure", ids=[t.pk for t in made])
    return len(made)


@transaction.atomic
def take_in(
    *, by: Actor, at: datetime, terms: Terms, newcomer: Newcomer | None = None, phone: str = ""
) -> Tenure:
    """Designate, with an account for a newcomer and a yes to the door card when a phone is given."""
    require(MAY, "enlist_volunteer" if terms.role == "volunteer" else "designate", by, by.community_id)
    if newcomer is not None:
        account = add_account(
            username=newcomer.username or f"paper-{secrets.token_hex(5)}",
            name=newcomer.name,
            password=newcomer.password if newcomer.username else "",
            is_simulated=newcomer.is_simulated,
        )
        terms = replace(terms, account_id=account.pk)
    tenure = designate(by=by, at=at, terms=terms)
    if phone:
        give_listing(by=by, at=at, account_id=tenure.account_id, phone=phone)
    return tenure
