"""How far may this account see on this day? The only place that turns a tenure into a scope."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from xiaojia.domains.microgrids.queries import door_ids
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel.actors import NOWHERE, WIDE_ROLES, Actor, Scope


def holding_on(tenures: QuerySet[Tenure], on: date) -> QuerySet[Tenure]:
    """Those that hold on that day."""
    return tenures.filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gt=on))


def tenures_of(account_id: int, *, on: date) -> QuerySet[Tenure]:
    """The tenures an account holds on that day, the widest role first."""
    mine = Tenure.objects.filter(account_id=account_id)
    return holding_on(mine, on).order_by("community_id", "id")


def simulated_tenures(*, on: date) -> QuerySet[Tenure]:
    """Tenures of invented people on that day, for a demo. No viewer: nobody is signed in yet."""
    invented = Tenure.objects.filter(account__is_simulated=True, account__is_active=True)
    return holding_on(invented, on).select_related("account", "microgrid").order_by("community_id", "id")


def scope_of(tenure: Tenure, *, on: date) -> Scope:
    """What a tenure opens on that day: a whole community, or the doors of its micro-grid (one query).

    A steward sees the doors of all the micro-grids (up to three) they cover that day (two queries).
    """
    community_ids = (tenure.community_id,)
    if tenure.role in WIDE_ROLES:
        return Scope(community_ids=community_ids, is_wide=True)
    if tenure.microgrid_id is None:
        return Scope(community_ids=community_ids)
    covered: tuple[int, ...] = (tenure.microgrid_id,)
    if tenure.role == "steward":
        covered = covered_by(tenure, on=on)
    doors = door_ids(*covered, on=on)
    return Scope(community_ids=community_ids, household_ids=doors, microgrid_ids=covered)


def covered_by(tenure: Tenure, *, on: date) -> tuple[int, ...]:
    """Micro-grids that the steward of this tenure covers on that day, ascending."""
    mine = Tenure.objects.filter(
        account_id=tenure.account_id, community_id=tenure.community_id, role="steward"
    )
    ids = holding_on(mine, on).order_by("microgrid_id").values_list("microgrid_id", flat=True)
    return tuple(pk for pk in ids if pk is not None)


def served_by_account(*, viewer: Actor, on: date) -> dict[int, tuple[int, ...]]:
    """Account -> the micro-grids it serves in the viewer's community that day, ascending (one query)."""
    rows = Tenure.objects.filter(community_id=viewer.community_id, microgrid__isnull=False)
    found: dict[int, set[int]] = {}
    for account_id, microgrid_id in holding_on(rows, on).values_list("account_id", "microgrid_id"):
        found.setdefault(account_id, set()).add(microgrid_id or 0)
    return {account_id: tuple(sorted(ids)) for account_id, ids in found.items()}


def actor_of(account_id: int, tenure_id: int | None, *, on: date) -> Actor | None:
    """The actor of a request: the chosen tenure if it still holds today, else the first one, else nobody."""
    tenures = list(tenures_of(account_id, on=on))
    chosen = next((t for t in tenures if t.pk == tenure_id), tenures[0] if tenures else None)
    if chosen is None:
        return None
    return actor_in(chosen, on=on)


def actor_in(tenure: Tenure, *, on: date) -> Actor:
    """The actor of one tenure on that day."""
    scope = scope_of(tenure, on=on)
    if scope == NOWHERE:
        raise ValueError("a tenure always opens a community")
    return Actor(
        account_id=tenure.account_id,
        role=tenure.role,
        community_id=tenure.community_id,
        scope=scope,
        tenure_id=tenure.pk,
    )
