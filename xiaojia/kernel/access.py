"""Who may do what, as tables: every domain's `access.py` holds `MAY`, verb -> `Rule`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.kernel.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class Rule:
    """Roles that may use a verb inside their own community."""

    roles: frozenset[str]

    def allows(self, by: Actor, community_id: int) -> bool:
        """True when the role fits and the thing belongs to a community of this person's scope."""
        return by.role in self.roles and community_id in by.scope.community_ids


def roles(*names: str) -> Rule:
    """A rule for the named roles; an unknown name is a programming error."""
    unknown = set(names) - set(ROLES)
    if unknown:
        raise ValueError(f"unknown roles: {sorted(unknown)}")
    return Rule(frozenset(names))


def may(table: Mapping[str, Rule], verb: str, by: Actor, community_id: int) -> bool:
    """Whether `by` may use `verb` on something of this community."""
    return table[verb].allows(by, community_id)


def require(table: Mapping[str, Rule], verb: str, by: Actor, community_id: int) -> None:
    """Raise NotAllowed with a sentence unless `by` may use `verb` on this community's things."""
    if not may(table, verb, by, community_id):
        who = "、".join(str(ROLES[r]) for r in ROLES if r in table[verb].roles)
        raise NotAllowed(
            _("这一步您现在做不了，因为它由本社区的%(who)s来做；请找他们，或者先换到那张桌子。")
            % {"who": who}
        )
