"""The table of transitions, exhaustively: every state x action x role is allowed or refused with words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from tests.committed import assert_committed
from xiaojia.domains.cases.rules import (
    AT_WORK,
    BY_ACTION,
    OPEN,
    OVER,
    PAUSED,
    STAGE_OF,
    STATE_WORDS,
    TRANSITIONS,
    Asked,
    Facts,
    State,
    allowed,
    diagram,
    refusal,
)
from xiaojia.kernel.actors import ROLES

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=8)
HANDLER, OTHER, CHECKER = 1, 2, 3
PLAIN = Facts(State.REPORTED, due_at=NOW + timedelta(days=3), closed_at=NOW - timedelta(days=1),
              handler_id=HANDLER, finished_by_id=HANDLER, handler="王管家")  # fmt: skip


def _product() -> Iterator[tuple[State, str, str]]:
    yield from product(State, BY_ACTION, ROLES)


def test_every_pair_is_allowed_or_refused_with_a_sentence_of_what_why_and_what_now() -> None:
    for state, action, role in _product():
        said = refusal(action, replace(PLAIN, state=state), Asked(OTHER, role, NOW))
        assert said is None or (str(said).endswith("。") and "；" in str(said)), (state, action, role)


def test_the_whole_table_is_committed() -> None:
    """Who may do what in which state, as text: a changed permission shows in the diff."""
    roles = [role for role in ROLES if any(role in t.roles for t in TRANSITIONS)]
    lines = []
    for state, transition in product(State, TRANSITIONS):
        facts = replace(
            PLAIN, state=state, reopen_count=int(transition.action == "ask_reopen"), is_merged=True
        )
        may = [
            r
            for r in roles
            if refusal(transition.action, facts, Asked(CHECKER if r != "steward" else HANDLER, r, NOW))
            is None
        ]
        if may:
            target = transition.target if transition.target is not None else "-"
            lines.append(f"{state:d} {transition.action:13} -> {target!s:>4}  {' '.join(may)}")
    assert_committed("case_table.txt", "\n".join(lines) + "\n")


def _may(action: str, facts: Facts, role: str) -> bool:
    """As the one it was given to, or as another one."""
    return any(refusal(action, facts, Asked(who, role, NOW)) is None for who in (HANDLER, CHECKER))


def test_every_state_is_reached_and_every_open_one_can_end() -> None:
    reached = {State.REPORTED} | {t.target for t in TRANSITIONS if t.target is not None}
    assert reached == set(State)
    ends = {state: {state} for state in State}
    for _round in State:
        for transition in TRANSITIONS:
            for source in transition.sources:
                if transition.target is not None:
                    ends[source] |= ends[transition.target]
    assert all(ends[state] & OVER for state in OPEN)
    assert set(STAGE_OF) == OPEN
    assert set(STATE_WORDS) == set(State)
    assert AT_WORK | PAUSED <= OPEN


def _said(action: str, role: str = "officer", account_id: int = OTHER, **facts: object) -> str:
    changed = replace(PLAIN, **facts)  # type: ignore[arg-type]  # by name
    return str(refusal(action, changed, Asked(account_id, role, NOW)) or "")


@pytest.mark.parametrize(
    ("action", "guarded", "free"),
    [
        ("verify", {"account_id": HANDLER, "state": State.VERIFYING}, {"account_id": CHECKER}),
        ("verify", {"state": State.VERIFYING, "verifier_ids": (OTHER,)}, {"verifier_ids": (CHECKER,)}),
        ("verify", {"state": State.VERIFYING, "open_child_count": 1}, {"open_child_count": 0}),
        ("finish", {"state": State.HANDLING, "role": "steward"}, {"account_id": HANDLER}),
        ("wait", {"state": State.HANDLING, "pause_count": 2}, {"pause_count": 1}),
        ("extend", {"state": State.HANDLING, "is_extended": True}, {"is_extended": False}),
        ("extend", {"state": State.HANDLING, "due_at": NOW - timedelta(seconds=1)}, {"due_at": NOW}),
        ("assign", {"state": State.ACCEPTED, "bounce_count": 2}, {"role": "secretary"}),
        ("bounce", {"state": State.DISPATCHED, "bounced_handlers": ("王管家",)}, {"bounced_handlers": ()}),
        ("reopen", {"state": State.CLOSED, "closed_at": LONG_AGO}, {"closed_at": NOW - timedelta(days=7)}),
        ("reopen", {"state": State.CLOSED, "reopen_count": 1}, {"reopen_count": 0}),
        ("ask_reopen", {"state": State.CLOSED}, {"reopen_count": 1}),
        ("transfer", {"state": State.HANDLING, "open_child_count": 1}, {"open_child_count": 0}),
        ("unmerge", {"state": State.WITHDRAWN}, {"is_merged": True}),
    ],
)  # fmt: skip
def test_each_guard_holds_and_lets_go(
    action: str, guarded: dict[str, object], free: dict[str, object]
) -> None:
    assert _said(action, **guarded), "guarded"  # type: ignore[arg-type]  # by name
    assert not _said(action, **(guarded | free)), "the same without the obstacle"  # type: ignore[arg-type]  # by name


def test_buttons_are_what_is_allowed() -> None:
    for state in State:
        facts = replace(PLAIN, state=state)
        asked = Asked(CHECKER, "officer", NOW)
        assert [t.action for t in allowed(facts, asked)] == [
            t.action for t in TRANSITIONS if refusal(t.action, facts, asked) is None
        ]


def test_the_diagram_in_the_docs_is_generated() -> None:
    page = (Path(__file__).parents[4] / "docs" / "cases.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}```" in page


def test_negative_control_a_transition_more_changes_the_diagram(monkeypatch: pytest.MonkeyPatch) -> None:
    before = diagram()
    extra = replace(BY_ACTION["verify"], action="wave_through", sources=frozenset({State.REPORTED}))
    monkeypatch.setattr("xiaojia.domains.cases.rules.TRANSITIONS", (*TRANSITIONS, extra))
    assert diagram() != before
