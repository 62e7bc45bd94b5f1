"""Whoever serves a micro-grid that goes to another community goes on serving it there, from that day."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from xiaojia.domains.places.rules import Crossing
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.actions.listings import forget_listings
from xiaojia.domains.teams.actions.publishing import refresh_pages
from xiaojia.domains.teams.actions.seats import lock_seats, settle
from xiaojia.domains.teams.models import BuildingPage, Designation, Listing, Tenure
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.secrets import open_sealed, seal
from xiaojia.kernel.tenancy import entered


@transaction.atomic
def cross_teams(
    *,
    by: Actor,
    at: datetime,
    crossing: Crossing,
    microgrids: Mapping[int, int],
    buildings: Mapping[int, int],
) -> int:
    """Tenures, their papers, yeses to be named and pages of buildings follow; returns how many tenures.

    Tenures of micro-grids that ended without going anywhere end with them. Vacancies and pages of both sides
    are brought up to date. Leaves no audit row: the caller's action does.
    """
    both = (crossing.from_community_id, crossing.to_community_id)
    for community_id in sorted(both):
        require(MAY, "cross_teams", by, community_id)
        lock_seats(community_id)
    accounts = _cross_tenures(crossing, at, microgrids)
    _cross_listings(crossing, at, accounts)
    _cross_pages(crossing, buildings)
    for community_id in both:
        one = replace(by, community_id=community_id, scope=Scope((community_id,), is_wide=True))
        with entered(one.scope):
            settle(by=one, at=at)
            forget_listings(by=one, at=at)
            refresh_pages(by=one, at=at)
    return len(accounts)


def _cross_tenures(crossing: Crossing, at: datetime, microgrids: Mapping[int, int]) -> list[int]:
    """Ended first, begun second: nobody heads two micro-grids on one day. Account ids, one a tenure."""
    on = crossing.on
    living = Tenure.objects.filter(community_id=crossing.from_community_id, microgrid_id__in=list(microgrids))
    living = living.filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
    old = list(living.select_for_update(of=("self",)).order_by("from_on", "pk"))
    papers = Designation.objects.in_bulk([t.pk for t in old])
    until = {t.pk: t.until_on for t in old}
    for tenure in old:
        tenure.until_on = max(on, tenure.from_on)
        tenure.save(update_fields=["until_on"])
        Designation.objects.filter(tenure=tenure).update(end_reason="elsewhere", ended_at=at)
    for tenure in old:
        new = Tenure.objects.create(
            community_id=crossing.to_community_id, account_id=tenure.account_id, role=tenure.role,
            microgrid_id=microgrids[tenure.microgrid_id or 0], kind=tenure.kind, is_acting=tenure.is_acting,
            from_on=max(on, tenure.from_on), until_on=until[tenure.pk],
        )  # fmt: skip
        paper = papers.get(tenure.pk)
        if paper is not None:
            Designation.objects.create(
                tenure=new, community_id=crossing.to_community_id, reason=paper.reason,
                document_number=paper.document_number, party_said_at=paper.party_said_at,
                made_at=paper.made_at, made_by_id=paper.made_by_id,
            )  # fmt: skip
    return [t.account_id for t in old]


def _cross_listings(crossing: Crossing, at: datetime, accounts: Collection[int]) -> None:
    """A yes names a person beside a phone that is sealed for its row: opened and sealed anew."""
    cell = {"table": "teams_listing", "column": "phone_sealed"}
    rows = Listing.objects.filter(account_id__in=accounts, withdrawn_at__isnull=True)
    known = set(rows.filter(community_id=crossing.to_community_id).values_list("account_id", flat=True))
    for old in rows.filter(community_id=crossing.from_community_id).exclude(account_id__in=known):
        pk = uuid.uuid4()
        phone = open_sealed(old.phone_sealed, pk=old.pk, **cell)
        Listing.objects.create(
            id=pk, community_id=crossing.to_community_id, account_id=old.account_id,
            phone_sealed=seal(phone, pk=pk, **cell), given_at=old.given_at, recorded_by_id=old.recorded_by_id,
        )  # fmt: skip


def _cross_pages(crossing: Crossing, buildings: Mapping[int, int]) -> None:
    """The code that hangs on the door of a building stays the same."""
    for page in BuildingPage.objects.filter(
        community_id=crossing.from_community_id, building_id__in=list(buildings)
    ):
        page.community_id, page.building_id = crossing.to_community_id, buildings[page.building_id]
        page.save(update_fields=["community_id", "building"])
