"""The audit trail: chained, and any hand on it is found (P08)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests.cast import NOW
from tests.running import eventually
from xiaojia.kernel import audit
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.models import AuditDetail, AuditEntry, AuditSeal
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

BY = Actor(account_id=1, role="officer", community_id=7, scope=Scope((7,), is_wide=True))


def _write(count: int) -> None:
    for number in range(count):
        with entered(BY.scope):
            audit.record(
                by=BY, at=NOW, verb="move_part", kind="part", ids=[number], detail={"from": 1, "to": number}
            )


def _seal() -> int:
    with entered(BY.scope):
        return audit.seal(community_id=7, at=NOW)


def _sealed(count: int) -> int:
    """Seal until `count` links are made: a transaction of another test's database holds links back too."""
    made = [_seal()]

    def is_enough() -> bool:
        made.append(_seal())
        return sum(made) >= count

    eventually(f"{count} links", is_enough)
    return sum(made)


def _findings() -> list[str]:
    with entered(BY.scope):
        return [finding.what for finding in audit.verify_chain(7).findings]


def test_a_whole_trail_verifies() -> None:
    _write(5)
    assert _sealed(5) == 5
    assert _seal() == 0
    _write(2)
    with entered(BY.scope):
        verdict = audit.verify_chain(7)
    assert (verdict.sealed_count, verdict.unsealed_count, verdict.findings) == (5, 2, ())
    assert verdict.oldest_unsealed_at == NOW


def test_rows_of_a_running_transaction_wait_for_the_next_seal() -> None:
    with entered(BY.scope):
        audit.record(by=BY, at=NOW, verb="move_part", kind="part", ids=[1])
        assert audit.seal(community_id=7, at=NOW) == 0
    assert _sealed(1) == 1


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE kernel_auditentry SET role = 'secretary' WHERE id = %s", "altered after it was sealed"),
        ("UPDATE kernel_auditentry SET at = at + interval '1 second' WHERE id = %s", "altered after"),
        ("UPDATE kernel_auditdetail SET detail = '{\"to\": 99}' WHERE entry_id = %s", "detail was altered"),
        ("DELETE FROM kernel_auditseal WHERE entry_id = %s", "links are missing"),
    ],
)
def test_a_hand_on_the_trail_is_found(
    statement: str, what: str, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    _write(5)
    _sealed(5)
    assert _findings() == []
    with entered(BY.scope):
        victim = AuditEntry.objects.order_by("id")[2].pk
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement, [victim])
        assert cursor.rowcount == 1
    assert any(what in finding for finding in _findings())


def test_an_erased_detail_leaves_the_chain_whole() -> None:
    _write(3)
    _sealed(3)
    with entered(BY.scope):
        AuditDetail.objects.order_by("entry_id")[1].delete()
    assert _findings() == []


@pytest.mark.parametrize("table", ["kernel_auditentry", "kernel_auditseal"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET community_id = 8", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_serving_role_cannot_touch_what_was_written(table: str, verb: str) -> None:
    _write(1)
    _sealed(1)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        entered(BY.scope),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))
    with entered(BY.scope):
        assert AuditEntry.objects.count() == AuditSeal.objects.count() == 1


def test_another_community_sees_nothing_of_it() -> None:
    _write(1)
    with entered(Scope((8,), is_wide=True)):
        assert AuditEntry.objects.count() == 0
    with transaction.atomic():
        assert AuditEntry.objects.count() == 0
