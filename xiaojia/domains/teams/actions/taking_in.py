"""One step for the office: somebody new gets an account, a seat and, with a yes, a place on the door."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from xiaojia.domains.people.actions import add_account
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.actions.listings import give_listing
from xiaojia.domains.teams.actions.tenures import Terms, designate
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without an account. Without a sign-in name they serve on paper: theirs has no password."""

    name: str
    username: str = ""
    password: str = ""
    is_simulated: bool = False


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
