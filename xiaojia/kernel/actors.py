"""Who acts, in which role, and how far that person can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

ROLES: Final = {
    "secretary": _("书记"),
    "officer": _("专干"),
    "head": _("家长"),
    "steward": _("管家"),
    "volunteer": _("志愿者"),
    "clerk": _("店员"),
    "cook": _("食堂负责人"),
    "mediator": _("调解员"),
    "instructor": _("教员"),
    "resident": _("居民"),
    "observer": _("观察者"),
}
"""Every role of the glossary with its word on screen."""

WIDE_ROLES: Final = frozenset({"secretary", "officer"})
"""Roles whose place is the whole community; all others see only the doors of their own place."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a person can see on one day: PostgreSQL's policies read exactly this.

    `is_wide` opens every door of `community_ids`; otherwise only `household_ids` are visible, and what
    concerns `microgrid_ids`.
    """

    community_ids: tuple[int, ...] = ()
    is_wide: bool = False
    household_ids: tuple[int, ...] = ()
    microgrid_ids: tuple[int, ...] = ()


NOWHERE: Final = Scope()


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one role in one community; `by` of every action and `viewer` of every query."""

    account_id: int
    role: str
    community_id: int
    scope: Scope
    tenure_id: int | None = None

    @classmethod
    def for_job(cls, *, community_id: int, role: str, account_id: int) -> Actor:
        """The actor of a job that was started by somebody with a community-wide role."""
        if role not in WIDE_ROLES:
            raise ValueError(f"a job cannot run for the role {role}")
        scope = Scope(community_ids=(community_id,), is_wide=True)
        return cls(account_id=account_id, role=role, community_id=community_id, scope=scope)
