"""Designation, acting cover, moving, ending: what works, what is refused, and who wins when two are at it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.models import Household
from xiaojia.domains.teams import actions, queries
from xiaojia.domains.teams.actions import seats, tenures
from xiaojia.domains.teams.models import Designation, Tenure
from xiaojia.domains.teams.tests import stage
from xiaojia.domains.teams.tests.stage import NOW, TODAY, at_once, designate
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

COMMITS = pytest.mark.django_db(transaction=True)

AsOwner = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


def test_a_designation_leaves_a_paper_and_an_audit_row(people: cast.Cast) -> None:
    secretary, grid = people.actor("secretary"), people.here.microgrids[1].pk
    with entered(secretary.scope):
        tenure = designate(
            secretary, stage.account("何桂芳", "qh-he"), grid, "steward", document_number="青禾〔2026〕7号",
            is_party_said=True,
        )  # fmt: skip
        paper = Designation.objects.get(tenure=tenure)
        assert (paper.reason, paper.document_number) == (stage.REASON, "青禾〔2026〕7号")
        assert paper.party_said_at == NOW
        row = AuditEntry.objects.get(verb="designate")
        assert row.object_ids == [str(tenure.pk)]
        actions.keep_party_tick(by=secretary, at=NOW, tenure_id=tenure.pk, is_said=False)
        paper.refresh_from_db()
        assert paper.party_said_at is None
    with entered(people.actor("head").scope):
        assert not Designation.objects.exists(), "papers are for the office"


def test_refusals_say_what_and_what_now(people: cast.Cast) -> None:
    secretary, (first, second) = people.actor("secretary"), (g.pk for g in people.here.microgrids)
    new = stage.account("何桂芳", "qh-he")
    head = people.here.accounts["head"].pk
    with entered(secretary.scope):
        with pytest.raises(actions.SeatTaken, match="这个位子有人"):
            designate(secretary, new, first)
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=TODAY, reason="own_wish")
        with pytest.raises(actions.SeatTaken, match="另一个小家的家长"):
            designate(secretary, head, second)
        with pytest.raises(Refused, match="为什么请这位"):
            designate(secretary, new, second, reason="好")
        with pytest.raises(Refused, match="不能从那天算起"):
            designate(secretary, new, second, from_on=TODAY - timedelta(days=32))
        with pytest.raises(Refused, match="哪一种管家"):
            designate(secretary, new, second, "steward", kind="")
        with pytest.raises(Refused, match="代到哪天"):
            designate(secretary, new, second, is_acting=True)
        with pytest.raises(Refused, match="代到哪天"):
            designate(secretary, new, second, is_acting=True, until_on=date(2026, 6, 3))
        with pytest.raises(Refused, match="没有这个小家"):
            designate(secretary, new, people.elsewhere.microgrids[0].pk)
    for role in ("officer", "head", "steward", "volunteer"):
        with pytest.raises(NotAllowed):
            designate(people.actor(role), new, second)


def test_acting_cover_ends_when_somebody_is_designated_for_good(people: cast.Cast) -> None:
    secretary, grid = people.actor("secretary"), people.here.microgrids[1].pk
    later = TODAY + timedelta(days=20)
    with entered(secretary.scope):
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=TODAY, reason="illness")
        volunteer = people.here.accounts["volunteer"].pk
        acting = designate(secretary, volunteer, grid, is_acting=True, until_on=date(2026, 6, 2))
        designate(secretary, stage.account("何桂芳", "qh-he"), grid, from_on=later)
        acting.refresh_from_db()
        assert acting.until_on == later
        heads = [queries.team_of(grid, viewer=secretary, on=d).head.name for d in (TODAY, later)]  # type: ignore[union-attr]  # both are held
    assert heads == ["蒲小燕", "何桂芳"]


def test_postgresql_refuses_cover_of_more_than_three_months(people: cast.Cast) -> None:
    row = Tenure(
        community_id=people.here.community.pk, account_id=people.here.accounts["volunteer"].pk, role="head",
        microgrid_id=people.here.microgrids[1].pk, is_acting=True, from_on=date(2027, 1, 1),
        until_on=date(2027, 4, 2),
    )  # fmt: skip
    Tenure.objects.filter(pk=people.neighbour.pk).update(until_on=date(2026, 12, 31))
    with pytest.raises(IntegrityError, match="acting_ends_within_three_months"), transaction.atomic():
        row.save()
    row.until_on = date(2027, 4, 1)
    row.save()


def _race_for_a_seat(people: cast.Cast) -> list[object]:
    """Two secretaries at two desks, one empty seat, no lock before: only PostgreSQL stands between."""
    secretary, grid = people.actor("secretary"), people.here.microgrids[1].pk
    Tenure.objects.filter(pk=people.neighbour.pk).update(until_on=TODAY)
    accounts = [stage.account("何桂芳", "qh-he"), stage.account("罗成", "qh-luo")]

    def take(account_id: int) -> object:
        with entered(secretary.scope):
            return actions.begin_tenure(
                by=secretary, at=NOW, account_id=account_id, role="head", from_on=TODAY, microgrid_id=grid
            )

    return at_once(*(lambda pk=pk: take(pk) for pk in accounts))


@COMMITS
def test_of_two_designations_for_one_seat_at_once_one_is_refused(people: cast.Cast) -> None:
    found = _race_for_a_seat(people)
    assert sorted(type(f).__name__ for f in found) == ["SeatTaken", "Tenure"]


@COMMITS
def test_negative_control_without_the_constraint_the_seat_has_two_heads(
    people: cast.Cast, as_owner: AsOwner
) -> None:
    constraint = "one_head_per_microgrid"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE teams_tenure DROP CONSTRAINT {constraint}")
    try:
        found = _race_for_a_seat(people)
        assert [type(f).__name__ for f in found] == ["Tenure", "Tenure"]
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM teams_tenure WHERE role = 'head'")
            cursor.execute(f"ALTER TABLE teams_tenure ADD CONSTRAINT {constraint} {definition}")


def _grids(people: cast.Cast, count: int) -> list[int]:
    """More micro-grids in 刘家院子: one door each, taken from the second micro-grid's doors."""
    from xiaojia.domains.microgrids.models import Membership, MicroGrid

    found = []
    for number, home in enumerate(people.here.household_ids[4 : 4 + count]):
        grid = MicroGrid.objects.create(
            community_id=people.here.community.pk, number=10 + number, since_on=date(2026, 1, 1)
        )
        Membership.objects.filter(household_id=home).update(microgrid=grid)
        found.append(grid.pk)
    return found


def test_a_steward_covers_three_micro_grids_and_not_a_fourth(people: cast.Cast) -> None:
    secretary, luo = people.actor("secretary"), stage.account("罗成", "qh-luo")
    with entered(secretary.scope):
        grids = _grids(people, 4)
        for grid in grids[:3]:
            tenure = designate(secretary, luo, grid, "steward")
        with pytest.raises(actions.TooMuchForOne, match="已经管着 3 个小家"):
            designate(secretary, luo, grids[3], "steward")
        seen = queries.actor_in(tenure, on=TODAY).scope.household_ids
    assert seen == tuple(people.here.household_ids[4:7]), "the doors of all three"


def _race_for_a_steward(people: cast.Cast) -> list[object]:
    secretary, luo = people.actor("secretary"), stage.account("罗成", "qh-luo")
    with entered(secretary.scope):
        grids = _grids(people, 4)
        for grid in grids[:2]:
            designate(secretary, luo, grid, "steward")

    def take(grid: int) -> object:
        with entered(secretary.scope):
            return designate(secretary, luo, grid, "steward")

    return at_once(lambda: take(grids[2]), lambda: take(grids[3]))


@COMMITS
def test_of_a_third_and_a_fourth_at_once_one_is_refused(people: cast.Cast) -> None:
    found = _race_for_a_steward(people)
    assert sorted(type(f).__name__ for f in found) == ["Tenure", "TooMuchForOne"]


@COMMITS
def test_negative_control_without_the_lock_a_steward_gets_four(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenures, "lock_seats", lambda _community_id: None)
    meeting = __import__("threading").Barrier(2)
    begun = tenures._begun
    is_race = False

    def together(tenure: Tenure) -> Tenure:
        if is_race:
            meeting.wait(timeout=30)
        return begun(tenure)

    monkeypatch.setattr(tenures, "_begun", together)
    count = tenures._check_place

    def check(terms: actions.Terms, **more: object) -> None:
        nonlocal is_race
        is_race = terms.microgrid_id in race
        count(terms, **more)  # type: ignore[arg-type]  # passed on

    race: set[int] = set()
    grids_of = _grids

    def grids(who: cast.Cast, number: int) -> list[int]:
        found = grids_of(who, number)
        race.update(found[2:])
        return found

    monkeypatch.setitem(globals(), "_grids", grids)
    found = _race_for_a_steward(people)
    assert [type(f).__name__ for f in found] == ["Tenure", "Tenure"]


def test_a_steward_stays_in_one_compound(people: cast.Cast) -> None:
    from xiaojia.domains.microgrids.models import Membership, MicroGrid

    secretary, luo = people.actor("secretary"), stage.account("罗成", "qh-luo")
    far_home = Household(
        community_id=people.here.community.pk, unit_id=people.here.unit_ids[2], door="1-1",
        as_of_on=TODAY, since_on=TODAY,
    )  # fmt: skip
    with entered(secretary.scope):
        far_home.save()
        far = MicroGrid.objects.create(community_id=secretary.community_id, number=20, since_on=TODAY)
        like = Membership.objects.filter(community_id=secretary.community_id)[0]
        Membership.objects.create(
            community_id=secretary.community_id, household_id=far_home.pk, microgrid=far,
            partition_id=like.partition_id, from_on=TODAY,
        )  # fmt: skip
        designate(secretary, luo, people.here.microgrids[1].pk, "steward")
        with pytest.raises(actions.TooMuchForOne, match="在别的院子"):
            designate(secretary, luo, far.pk, "steward")


def test_a_head_who_moves_at_midnight_sees_exactly_the_new_doors(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    secretary, (old, new) = people.actor("secretary"), people.here.microgrids
    tomorrow = TODAY + timedelta(days=1)
    with entered(secretary.scope):
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=tomorrow, reason="moved")
        designate(secretary, people.here.accounts["head"].pk, new.pk, from_on=tomorrow, moves=True)
    client = Client()
    client.force_login(people.here.accounts["head"])
    moments = {
        datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC): (old.pk, people.here.household_ids[:4]),
        datetime(2026, 3, 2, 16, 0, 0, tzinfo=UTC): (new.pk, people.here.household_ids[4:]),
    }
    for moment, (grid, doors) in moments.items():
        monkeypatch.setattr("xiaojia.kernel.clock.now", lambda moment=moment: moment)
        on = clock.today()
        actor = queries.actor_of(people.here.accounts["head"].pk, None, on=on)
        assert actor is not None
        assert actor.scope.household_ids == tuple(doors)
        with entered(actor.scope):
            assert sorted(Household.objects.values_list("pk", flat=True)) == sorted(doors)
        for home in people.here.household_ids:
            assert (client.get(f"/households/{home}/").status_code == 200) == (home in doors)
        assert client.get("/microgrids/").headers["Location"] == f"/microgrids/{grid}/"


def test_negative_control_a_scope_of_yesterday_would_show_the_old_doors(people: cast.Cast) -> None:
    secretary, new = people.actor("secretary"), people.here.microgrids[1]
    tomorrow = TODAY + timedelta(days=1)
    with entered(secretary.scope):
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=tomorrow, reason="moved")
        designate(secretary, people.here.accounts["head"].pk, new.pk, from_on=tomorrow, moves=True)
    stale = queries.actor_in(people.here.tenures["head"], on=TODAY)
    with entered(stale.scope):
        assert sorted(Household.objects.values_list("pk", flat=True)) == people.here.household_ids[:4]


def test_an_end_opens_a_vacancy_and_keeps_its_reason_in_the_office(people: cast.Cast) -> None:
    secretary, grid = people.actor("secretary"), people.here.microgrids[0].pk
    with entered(secretary.scope):
        tenure = designate(secretary, stage.account("何桂芳", "qh-he"), grid, "volunteer")
        actions.end_tenure(
            by=secretary, at=NOW, tenure_id=tenure.pk, on=TODAY + timedelta(days=3), reason="illness",
            note="先养好身体",
        )  # fmt: skip
        paper = Designation.objects.get(tenure=tenure)
        assert (paper.end_reason, paper.end_note) == ("illness", "先养好身体")
        with pytest.raises(Refused, match="这一天不行"):
            actions.end_tenure(
                by=secretary, at=NOW, tenure_id=tenure.pk, on=TODAY - timedelta(days=1), reason="moved"
            )
        past = _past(secretary, grid)
        assert [(p.member.name, p.end_reason) for p in past] == [("何桂芳", "身体或家里有事")]
    head = people.actor("head")
    with entered(head.scope):
        seen = _past(head, grid)
        assert [(p.member.name, p.end_reason, p.reason) for p in seen] == [("何桂芳", "", "")]


def test_a_list_of_volunteers_is_taken_in_whole_or_not_at_all(people: cast.Cast) -> None:
    officer, (first, second) = people.actor("officer"), (g.pk for g in people.here.microgrids)
    with entered(officer.scope):
        names = [(first, "邻居甲（模拟）"), (second, "邻居乙（模拟）")]
        assert actions.enlist_volunteers(by=officer, at=NOW, from_on=TODAY, names=names) == 2
        team = queries.team_of(second, viewer=officer, on=TODAY)
        assert team is not None
        assert [m.name for m in team.volunteers] == ["邻居乙（模拟）"]
        foreign = people.elsewhere.microgrids[0].pk
        with pytest.raises(Refused, match="名单没有收"):
            actions.enlist_volunteers(
                by=officer, at=NOW, from_on=TODAY, names=[(first, "邻居丙"), (foreign, "邻居丁")]
            )
        assert Tenure.objects.filter(role="volunteer", account__name__startswith="邻居").count() == 2


def _past(viewer: Actor, grid: int) -> list[queries.Past]:
    story = queries.story_of(grid, viewer=viewer, on=TODAY + timedelta(days=5))
    assert story is not None
    return story[1]


def test_clockwork_is_account_zero() -> None:
    assert seats.clockwork(7).account_id == 0
