"""Who may see and change people. Rows behind the personal fence are cut again by PostgreSQL."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.people.models import Household, Resident, Viewlog
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_households": roles("secretary", "officer", "head"),
    "see_contacts": roles("secretary", "officer", "head"),
    "settle_households": roles("secretary", "officer"),
    "cross_households": roles("secretary"),
    "give_consent": roles("secretary", "officer", "head"),
    "withdraw_consent": roles("secretary", "officer", "head"),
    "see_viewlog": roles("secretary", "officer"),
    # Whoever may set where codes go can come in as that person: the secretary alone.
    "see_accounts": roles("secretary"),
    "set_account_phone": roles("secretary"),
    "end_second_step": roles("secretary"),
    "end_sign_ins": roles("secretary"),
}


def visible_households(viewer: Actor) -> QuerySet[Household]:
    """Households of the viewer's scope, living here now or before."""
    households = Household.objects.filter(community_id__in=viewer.scope.community_ids)
    if not viewer.scope.is_wide:
        households = households.filter(id__in=viewer.scope.household_ids)
    return households


def visible_residents(viewer: Actor) -> QuerySet[Resident]:
    """Residents of the viewer's scope who have not left."""
    residents = Resident.objects.filter(community_id__in=viewer.scope.community_ids, until_on__isnull=True)
    if not viewer.scope.is_wide:
        residents = residents.filter(household_id__in=viewer.scope.household_ids)
    return residents


def visible_viewlog(viewer: Actor) -> QuerySet[Viewlog]:
    """The view log of the viewer's communities, newest first."""
    return Viewlog.objects.filter(community_id__in=viewer.scope.community_ids).order_by("-id")
