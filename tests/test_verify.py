"""`xiaojia verify` over a community that has really worked: whole, and not whole after a hand was on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection

from tests.busy import busy
from xiaojia.project.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worked_in_community_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    busy()
    assert verify() == 0
    [ours] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("999999001077")]
    assert "whole" in ours
    assert "NOT WHOLE" not in ours
    assert int(ours.split(": ")[1].split(" ")[0]) >= 5, "links"


def test_an_audit_row_altered_by_hand_is_named(
    capsys: pytest.CaptureFixture[str], as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    busy()
    assert verify() == 0
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_auditentry SET account_id = account_id + 1"
            " WHERE id = (SELECT max(id) FROM kernel_auditentry WHERE verb = 'adopt_partition') RETURNING id"
        )
        [victim] = cursor.fetchone()
    capsys.readouterr()
    assert verify() == 1
    told = capsys.readouterr().out
    assert "NOT WHOLE" in told
    assert f"entry {victim} " in told
    assert "altered" in told
