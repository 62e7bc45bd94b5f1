"""The cast: one named person per role, a stranger from elsewhere, a neighbour from another micro-grid.

Everything is invented. `build()` makes two small communities through the product's own actions and
returns who is who; it needs a database and leaves the scope of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from xiaojia.domains.microgrids.models import Membership, MicroGrid, Partition
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Account
from xiaojia.domains.places import actions as places
from xiaojia.domains.places.models import Community
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel.actors import ROLES, Actor, Scope
from xiaojia.kernel.tenancy import entered

NOW: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY: Final = date(2026, 3, 2)
PASSWORD: Final = "一句好记的话 2026"

NAMES: Final = {
    "secretary": "唐国梁",
    "officer": "秦晓兰",
    "head": "邓明礼",
    "steward": "罗建平",
    "volunteer": "蒲小燕",
    "clerk": "何桂芳",
    "cook": "冉秀英",
    "mediator": "谭正清",
    "instructor": "余学文",
    "resident": "向波",
    "observer": "文静",
}
"""Invented names (模拟), one per role."""


@dataclass(slots=True)
class Home:
    """One community of the cast: two compounds, three buildings, two micro-grids of four households."""

    community: Community
    unit_ids: list[int]
    household_ids: list[int]
    microgrids: list[MicroGrid]
    accounts: dict[str, Account] = field(default_factory=dict)
    tenures: dict[str, Tenure] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """The actor of this community's person in that role, with the scope of TODAY."""
        return teams_queries.actor_in(self.tenures[role], on=TODAY)


@dataclass(slots=True)
class Cast:
    """`here` and `elsewhere` are two communities; `neighbour` heads the other micro-grid of `here`."""

    here: Home
    elsewhere: Home
    neighbour: Tenure

    def actor(self, role: str) -> Actor:
        """Somebody of `here` by role; `stranger` is the secretary of `elsewhere`."""
        if role == "stranger":
            return self.elsewhere.actor("secretary")
        if role == "neighbour":
            return teams_queries.actor_in(self.neighbour, on=TODAY)
        return self.here.actor(role)


def build() -> Cast:
    """Both communities with all their people; the same every time."""
    here = _home("999999001001", "青禾社区（模拟）", "qh")
    elsewhere = _home("999999001002", "临溪社区（模拟）", "lx")
    neighbour = people.add_account(
        username="qh-neighbour", name="田永红", password=PASSWORD, is_simulated=True
    )
    secretary = here.actor("secretary")
    with entered(secretary.scope):
        tenure = teams.begin_tenure(
            by=secretary, at=NOW, account_id=neighbour.pk, role="head", from_on=date(2026, 1, 1),
            microgrid_id=here.microgrids[1].pk,
        )  # fmt: skip
    return Cast(here, elsewhere, tenure)


def _home(code: str, name: str, prefix: str) -> Home:
    community = places.add_community(code=code, name=name, on=date(2026, 1, 1), is_simulated=True)
    account = people.add_account(
        username=f"{prefix}-secretary", name=NAMES["secretary"], password=PASSWORD, is_simulated=True
    )
    tenure = teams.open_desk(
        account_id=account.pk, community_id=community.pk, role="secretary", on=date(2026, 1, 1)
    )
    secretary = teams_queries.actor_in(tenure, on=TODAY)
    with entered(secretary.scope):
        home = _settle(community, secretary)
        home.accounts["secretary"], home.tenures["secretary"] = account, tenure
        for role in ROLES:
            if role != "secretary":
                _seat(home, secretary, role, prefix)
    return home


def _seat(home: Home, secretary: Actor, role: str, prefix: str) -> None:
    account = people.add_account(
        username=f"{prefix}-{role}", name=NAMES[role], password=PASSWORD, is_simulated=True
    )
    is_local = role in {"head", "steward", "volunteer", "resident"}
    home.accounts[role] = account
    home.tenures[role] = teams.begin_tenure(
        by=secretary, at=NOW, account_id=account.pk, role=role, from_on=date(2026, 1, 1),
        microgrid_id=home.microgrids[0].pk if is_local else None,
    )  # fmt: skip


def _settle(community: Community, secretary: Actor) -> Home:
    rows = [
        places.PlaceRow("刘家院子", "1", "1", floors=2, doors_per_floor=2, x_metres=0.0, y_metres=0.0),
        places.PlaceRow("刘家院子", "2", "1", floors=2, doors_per_floor=2, x_metres=40.0, y_metres=0.0),
        places.PlaceRow("老粮站院", "1", "", floors=1, doors_per_floor=2, x_metres=90.0, y_metres=30.0),
    ]
    unit_ids = places.lay_places(by=secretary, at=NOW, rows=rows)
    doors = [(unit_ids[i], f"{f}-{d}", f) for i in (0, 1) for f in (1, 2) for d in (1, 2)]
    settled = people.settle_households(
        by=secretary, at=NOW, as_of_on=date(2026, 1, 1),
        rows=[
            people.HouseholdRow(
                unit_id=unit_id, door=door, floor=floor, size=2,
                contacts=((f"住户{number}", f"1380000{community.pk % 10}{number:03d}"),),
            )
            for number, (unit_id, door, floor) in enumerate(doors)
        ],
    )  # fmt: skip
    microgrids = [
        MicroGrid.objects.create(community_id=community.pk, number=n, since_on=date(2026, 1, 1))
        for n in (1, 2)
    ]
    partition = Partition.objects.create(
        community_id=community.pk, label="方案甲", scenario="inside", state="adopted",
        register_fingerprint="", made_at=NOW, made_by_id=secretary.account_id, adopted_on=date(2026, 1, 1),
    )  # fmt: skip
    Membership.objects.bulk_create(
        Membership(
            community_id=community.pk, household_id=pk, microgrid=microgrids[number // 4],
            partition=partition, from_on=date(2026, 1, 1),
        )
        for number, pk in enumerate(settled.household_ids)
    )  # fmt: skip
    return Home(community, unit_ids, settled.household_ids, microgrids)


def wide(community_id: int) -> Scope:
    """A community-wide scope, for tests that look behind the curtain."""
    return Scope(community_ids=(community_id,), is_wide=True)
