"""Who is not asked about whom: one household, declared kin, and whatever other domains registered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from uuid import UUID

from django.db.models.functions import Coalesce

from xiaojia.domains.ledger.queries.kin import kin_pairs
from xiaojia.domains.ledger.queries.wallets import members
from xiaojia.domains.ledger.rules import CONFLICTS, Party
from xiaojia.kernel.actors import Actor

Pair = tuple[int, int]
"""Two member ids, the smaller first."""


def conflicts(*, viewer: Actor, on: date) -> dict[Pair, str]:
    """Pairs of living members who are not asked about each other, with the code of one reason.

    'household', 'kin', else the code of a registered source (two queries and what the sources ask). A party
    that is a household stands for everybody in it.
    """
    who = _Who(viewer)
    found = dict.fromkeys(kin_pairs(viewer=viewer), "kin")
    for code, source in CONFLICTS.items():
        for one, other in source(viewer, on):
            found |= dict.fromkeys(_pairs(who.members_of(one), who.members_of(other)), code)
    for together in who.by_home.values():
        found |= dict.fromkeys(combinations(sorted(together), 2), "household")
    return found


class _Who:
    """Living members by what other domains know people by."""

    def __init__(self, viewer: Actor) -> None:
        self.by_home: dict[int, set[int]] = defaultdict(set)
        self._by_account: dict[int, set[int]] = defaultdict(set)
        self._by_resident: dict[UUID, set[int]] = defaultdict(set)
        rows = members(viewer=viewer).annotate(home_id=Coalesce("household_id", "resident__household_id"))
        for pk, home, account, resident in rows.values_list("pk", "home_id", "account_id", "resident_id"):
            if home is not None:
                self.by_home[home].add(pk)
            if account is not None:
                self._by_account[account].add(pk)
            if resident is not None:
                self._by_resident[resident].add(pk)

    def members_of(self, party: Party) -> set[int]:
        """Members behind one side; nobody for whoever did not join."""
        found: set[int] = set()
        if party.account_id is not None:
            found |= self._by_account.get(party.account_id, set())
        if party.resident_id is not None:
            found |= self._by_resident.get(party.resident_id, set())
        if party.household_id is not None:
            found |= self.by_home.get(party.household_id, set())
        return found


def _pairs(ones: Iterable[int], others: Iterable[int]) -> Iterator[Pair]:
    theirs = list(others)
    return ((min(a, b), max(a, b)) for a in ones for b in theirs if a != b)
