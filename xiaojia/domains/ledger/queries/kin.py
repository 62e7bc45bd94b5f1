"""Who declared that they are kin: for whoever draws pairs of members."""

from __future__ import annotations

from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.models import Kinship
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


def kin_pairs(*, viewer: Actor) -> set[tuple[int, int]]:
    """Pairs of member ids in the viewer's communities, the smaller first (one query)."""
    require(MAY, "see_members", viewer, viewer.community_id)
    rows = Kinship.objects.filter(community_id__in=viewer.scope.community_ids)
    return set(rows.values_list("one_id", "other_id"))
