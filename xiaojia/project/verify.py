"""`xiaojia verify`: the audit chain of every community, and each domain's own checks."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from xiaojia.domains.places.queries import communities
from xiaojia.kernel import audit, clock
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.tenancy import entered

DOMAINS: Final = (
    "places", "people", "registers", "microgrids", "teams", "cases", "ledger", "recognition", "store",
)  # fmt: skip


def verify() -> int:
    """Print one line a community and one a finding; exit code 1 when anything is wrong."""
    finding_count = 0
    for community in communities():
        with entered(Scope((community.pk,), is_wide=True)):
            audit.seal(community_id=community.pk, at=clock.now())
            verdict = audit.verify_chain(community.pk)
            wrong = [f"entry {f.entry_id} (link {f.sequence}): {f.what}" for f in verdict.findings]
            for name in DOMAINS:
                wrong += _own_checks(name, community.pk)
        oldest = verdict.oldest_unsealed_at
        age = "" if oldest is None else f", oldest unsealed {oldest:%F %T}"
        print(
            f"{community.code}: {verdict.sealed_count} links, {verdict.unsealed_count} unsealed{age},"
            f" head {verdict.head}, {'whole' if not wrong else 'NOT WHOLE'}"
        )
        for line in wrong:
            print(f"  {line}")
        finding_count += len(wrong)
    return 1 if finding_count else 0


def _own_checks(name: str, community_id: int) -> list[str]:
    """What the domain's `checks.py` finds, if it has one."""
    module = f"xiaojia.domains.{name}.checks"
    if find_spec(module) is None:
        return []
    return [f"{name}: {finding}" for finding in import_module(module).findings(community_id)]
