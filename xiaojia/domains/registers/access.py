"""Who may bring registers in. Staged rows hold names and phones: only community-wide roles see them."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.registers.models import Columnmemory, Register, Registerrow, Spokenbuilding
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_registers": roles("secretary", "officer"),
    "receive_register": roles("secretary", "officer"),
    "confirm_meanings": roles("secretary", "officer"),
    "decide_rows": roles("secretary", "officer"),
    "commit_register": roles("secretary", "officer"),
    "drop_register": roles("secretary", "officer"),
}


def visible_registers(viewer: Actor) -> QuerySet[Register]:
    """Registers of the viewer's communities, the newest first; nothing for roles with a smaller place."""
    if not viewer.scope.is_wide:
        return Register.objects.none()
    communities = viewer.scope.community_ids
    return Register.objects.filter(community_id__in=communities).order_by("-received_at", "id")


def visible_rows(viewer: Actor) -> QuerySet[Registerrow]:
    """Staged rows of registers that the viewer may see, in the order of the workbook."""
    if not viewer.scope.is_wide:
        return Registerrow.objects.none()
    communities = viewer.scope.community_ids
    return Registerrow.objects.filter(community_id__in=communities).order_by("row_number", "id")


def visible_memories(viewer: Actor) -> QuerySet[Columnmemory]:
    """What headings meant in the viewer's communities."""
    return Columnmemory.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_words(viewer: Actor) -> QuerySet[Spokenbuilding]:
    """Of which buildings registers spoke, and when."""
    return Spokenbuilding.objects.filter(community_id__in=viewer.scope.community_ids)
