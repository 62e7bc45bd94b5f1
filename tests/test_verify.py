"""`xiaojia verify` over a community that has really worked: whole, and not whole after a hand was on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection

from tests.busy import busy
from tests.running import eventually
from xiaojia.project.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)


def _verified(capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says once every row is sealed: other tests' transactions hold links back too."""
    told = [""]

    def is_sealed() -> bool:
        assert verify() == 0
        told[0] = next(
            line for line in capsys.readouterr().out.splitlines() if line.startswith("999999001077")
        )
        return " 0 unsealed" in told[0]

    eventually("every row sealed", is_sealed)
    return told[0]


def test_a_worked_in_community_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    busy()
    ours = _verified(capsys)
    assert "whole" in ours
    assert "NOT WHOLE" not in ours
    assert int(ours.split(": ")[1].split(" ")[0]) >= 5, "links"


def test_an_audit_row_altered_by_hand_is_named(
    capsys: pytest.CaptureFixture[str], as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    busy()
    _verified(capsys)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_auditentry SET account_id = account_id + 1"
            " WHERE id = (SELECT max(id) FROM kernel_auditentry WHERE verb = 'adopt_partition') RETURNING id"
        )
        [victim] = cursor.fetchone()
    assert verify() == 1
    told = capsys.readouterr().out
    assert "NOT WHOLE" in told
    assert f"entry {victim} " in told
    assert "altered" in told
