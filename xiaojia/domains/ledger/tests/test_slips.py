"""What a slip costs to ask, and that it stays with whom it belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.actions import Done
from xiaojia.domains.ledger.models import Account
from xiaojia.domains.ledger.queries import slips
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.kernel.refusals import NotAllowed
from xiaojia.kernel.tenancy import entered

MOST_OWN_QUERIES = 3
"""What the page itself asks: its numbers, and for oneself the scope out and back."""


def _asked(ask: Callable[[], Any]) -> int:
    """Statements, without the savepoints that only a test's own transaction makes of a page's BEGIN."""
    with CaptureQueriesContext(connection) as seen:
        ask()
    return sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries)


def _slip_page(here: Stage, name: str) -> str:
    return f"/points/members/{here.member(name)}/{cast.TODAY.year}/{cast.TODAY.month}/"


def _much(here: Stage, name: str) -> None:
    for _number in range(40):
        here.give(name, 2)


def test_slip_and_balance_of_anybody_are_one_query_for_the_office(here: Stage) -> None:
    officer, member = here.actor("officer"), here.member("住户甲")
    for times in range(2):
        with here.office():
            assert _asked(lambda: queries.slip(member, cast.TODAY, viewer=officer)) == 1
            assert _asked(lambda: queries.book_shown(member, viewer=officer)) == 1
            found = queries.slip(member, cast.TODAY, viewer=officer)
        assert found is not None
        assert len(found.lines) == 40 * times, "one query, however many lines there are"
        _much(here, "住户甲")


@pytest.mark.parametrize("role", ["officer", "volunteer"])
def test_a_page_of_points_asks_three_times_at_most_beside_who_asks(here: Stage, role: str) -> None:
    """Beside what any address asks: session, account, tenure, scope. Many lines cost no more."""
    client = Client()
    client.force_login(here.here.here.accounts[role])
    around = _asked(lambda: client.get(f"/points/members/{here.member('volunteer')}/0/13/"))
    member = here.member("volunteer")
    paths = [_slip_page(here, "volunteer"), f"/points/members/{member}/", f"/points/members/{member}/card/"]
    few = [_asked(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]  # bound early
    _much(here, "volunteer")
    many = [_asked(lambda path=path: client.get(path)) for path in paths]  # type: ignore[misc]  # bound early
    assert few == many
    own = [count - around for count in many]
    assert max(own[:2]) <= MOST_OWN_QUERIES, (own, around)


def test_a_slip_opens_to_the_office_and_to_oneself_alone(here: Stage) -> None:
    here.give("volunteer", 7)
    mine, other = here.member("volunteer"), here.member("head")
    for role, member, is_seen in (
        ("volunteer", mine, True), ("volunteer", other, False), ("head", mine, False), ("head", other, True),
        ("clerk", mine, False), ("officer", mine, True), ("steward", mine, False),
    ):  # fmt: skip
        by = here.actor(role)
        with entered(by.scope):
            if is_seen:
                assert queries.slip(member, cast.TODAY, viewer=by) is not None
            else:
                with pytest.raises(NotAllowed):
                    queries.slip(member, cast.TODAY, viewer=by)
            assert Account.objects.exists() == by.scope.is_wide, "the scope is as it was"


def test_negative_control_without_whose_it_is_the_slip_would_open(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slips, "own_wallet", lambda _viewer: Q())
    by = here.actor("head")
    with entered(by.scope):
        assert queries.slip(here.member("volunteer"), cast.TODAY, viewer=by) is not None


def test_an_hour_and_a_half_is_said_with_what_is_left_over(here: Stage) -> None:
    """Three times one and a half is four and a half: who does it by hand has to meet the half."""
    with here.office() as officer:
        done = Done(here.member("住户甲"), "cleanup", cast.TODAY, Decimal("1.5"))
        deed = actions.record_deed(by=officer, at=cast.NOW, on=cast.TODAY, done=done)
        actions.confirm_deed(by=officer, at=cast.NOW, deed_id=deed.pk)
        found = queries.slip(here.member("住户甲"), cast.TODAY, viewer=officer)
    assert found is not None
    assert [line.how for line in found.lines] == ["3 分 × 1.5 小时 = 4.5，零头不算，4 分"]


def test_a_printed_line_stays_and_a_correction_says_what_the_fund_bore(here: Stage) -> None:
    """Also one that the fund bore whole: nothing leaves the passbook, and the slip says it all the same."""
    secretary = here.actor("secretary")
    with here.office() as officer:
        member = here.member("住户甲")
        done = Done(member, "cleanup", cast.TODAY, Decimal(2))
        deed = actions.record_deed(by=officer, at=cast.NOW, on=cast.TODAY, done=done)
        actions.confirm_deed(by=officer, at=cast.NOW, deed_id=deed.pk)
        actions.donate(
            by=officer, at=cast.NOW, on=cast.TODAY, member_id=member, points=6, request_id=uuid.uuid4()
        )
        before = queries.slip(member, cast.TODAY, viewer=officer)
        award = before.lines[0].transaction_id if before else 0
        row = actions.ask_correction(by=officer, at=cast.NOW, transaction_id=award, reason="那天没有打扫")
        actions.reverse_award(by=secretary, at=cast.NOW, on=cast.TODAY, correction_id=row.pk)
        after = queries.slip(member, cast.TODAY, viewer=officer)
    assert before is not None
    assert after is not None
    assert after.lines[:-1] == before.lines
    last = after.lines[-1]
    assert (last.kind, last.amount, last.what) == ("reversal", 0, "那天没有打扫")
    assert last.how == "记错了 6 分，其中 6 分已经花了，由互助池担着"
    assert after.adds_up
    assert before.quarter_points == 6
    assert after.quarter_points == 0, "what was taken back is no merit"


def _plan(here: Stage, switched_off: str) -> str:
    """How PostgreSQL finds what a slip needs; a handful of rows it would read whole, whatever indexes say."""
    with here.office(), connection.cursor() as cursor:
        for what in switched_off.split():
            cursor.execute(f"SET LOCAL {what} = off")
        rows = slips._wallets(cast.TODAY).filter(member_id=here.member("volunteer"))
        return str(rows.explain())


def test_every_list_of_a_slip_is_found_by_an_index(here: Stage) -> None:
    """What makes it flat: beside a million entries, those of one wallet are read and no others."""
    plan = _plan(here, "enable_seqscan")
    assert "Seq Scan" not in plan
    assert "transaction_of_account" in plan


def test_negative_control_a_list_without_an_index_is_seen(here: Stage) -> None:
    assert "Seq Scan" in _plan(here, "enable_indexscan enable_bitmapscan enable_indexonlyscan")
