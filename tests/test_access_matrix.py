"""Who may do what: every verb of every domain for every role, as a committed table (P06)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import xiaojia.domains
from tests.committed import assert_committed
from xiaojia.kernel import outbox
from xiaojia.kernel.access import Rule, may
from xiaojia.kernel.actors import ROLES, WIDE_ROLES, Actor, Scope

DOMAINS = sorted(p.parent.name for p in Path(xiaojia.domains.__path__[0]).glob("*/access.py"))


def _tables() -> Iterator[tuple[str, dict[str, Rule]]]:
    for name in DOMAINS:
        yield name, importlib.import_module(f"xiaojia.domains.{name}.access").MAY
    yield "messages", outbox.MAY


def _actor(role: str, community_id: int) -> Actor:
    scope = Scope((community_id,), is_wide=role in WIDE_ROLES, household_ids=(1,))
    return Actor(account_id=1, role=role, community_id=community_id, scope=scope)


def test_the_matrix_is_the_committed_one() -> None:
    lines = ["verb".ljust(34) + " ".join(role.ljust(10) for role in ROLES).rstrip()]
    for domain, table in _tables():
        for verb in sorted(table):
            marks = ("yes" if may(table, verb, _actor(role, 1), 1) else "." for role in ROLES)
            lines.append(f"{domain}.{verb}".ljust(34) + " ".join(m.ljust(10) for m in marks).rstrip())
    assert_committed("access_matrix.txt", "\n".join(lines) + "\n")


def test_no_role_may_anything_in_a_community_that_is_not_theirs() -> None:
    for domain, table in _tables():
        for verb in table:
            for role in ROLES:
                assert not may(table, verb, _actor(role, 1), 2), f"{role} may {domain}.{verb} elsewhere"
                assert not may(table, verb, _actor(role, 2), 1)
