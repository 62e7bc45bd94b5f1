"""Who may see teams, set tenures, keep yeses, print and publish."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.teams.models import BuildingPage, Designation, Listing, Tenure, Vacancy
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_teams": roles("secretary", "officer", "head", "steward", "volunteer"),
    "see_roster": roles("secretary", "officer"),
    "see_designations": roles("secretary", "officer"),
    "begin_tenure": roles("secretary"),
    "designate": roles("secretary"),
    "end_tenure": roles("secretary"),
    "enlist_volunteer": roles("secretary", "officer"),
    "settle_seats": roles("secretary", "officer"),
    "cross_teams": roles("secretary"),
    # One's own yes; the office writes down anybody's.
    "keep_listing": roles("secretary", "officer", "head", "steward", "volunteer"),
    "keep_any_listing": roles("secretary", "officer"),
    "print_handover": roles("secretary", "officer", "head"),
    "print_cards": roles("secretary", "officer", "head", "steward"),
    "print_wall": roles("secretary", "officer"),
    "publish_pages": roles("secretary", "officer"),
}


def visible_tenures(viewer: Actor) -> QuerySet[Tenure]:
    """Tenures of the viewer's communities. The table has no policy: this filter is the only one."""
    return Tenure.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_vacancies(viewer: Actor) -> QuerySet[Vacancy]:
    """Vacancies of the viewer's communities."""
    return Vacancy.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_designations(viewer: Actor) -> QuerySet[Designation]:
    """Papers behind tenures, for community-wide roles only."""
    if not viewer.scope.is_wide:
        return Designation.objects.none()
    return Designation.objects.filter(community_id__in=viewer.scope.community_ids)


def living_listings(viewer: Actor) -> QuerySet[Listing]:
    """Yeses that hold, in the viewer's communities."""
    return Listing.objects.filter(community_id__in=viewer.scope.community_ids, withdrawn_at__isnull=True)


def visible_pages(viewer: Actor) -> QuerySet[BuildingPage]:
    """Published copies of the viewer's communities."""
    return BuildingPage.objects.filter(community_id__in=viewer.scope.community_ids)
