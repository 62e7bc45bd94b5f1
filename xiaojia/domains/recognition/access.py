"""Who may do what in recognition. No verb shows anybody's value to somebody else, and none ranks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.recognition.models import Appeal, Ballot, Month, Story, Thanks
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.tenancy import enter

OFFICE: Final = ("secretary", "officer")
MEMBERS: Final = (
    *OFFICE,
    "head",
    "steward",
    "volunteer",
    "clerk",
    "cook",
    "instructor",
    "mediator",
    "resident",
)

MAY: Final[dict[str, Rule]] = {
    "see_months": roles(*OFFICE),
    "open_month": roles(*OFFICE),
    "cancel_month": roles(*OFFICE),
    "close_month": roles(*OFFICE),
    "print_ballots": roles(*OFFICE),
    "type_slip": roles(*OFFICE),
    "screen_thanks": roles(*OFFICE),
    "close_quarter": roles(*OFFICE),
    "close_year": roles("secretary"),
    "tell_story": roles(*OFFICE, "head"),
    # One's own ballot, values and appeals, whoever one is.
    "hand_in_ballot": roles(*MEMBERS),
    "see_own": roles(*MEMBERS),
    "see_awards": roles(*MEMBERS),
    "file_appeal": roles(*MEMBERS),
    "answer_appeal": roles(*OFFICE),
    "open_envelopes": roles(*OFFICE),
}


def whole(viewer: Actor) -> Scope:
    """The whole community: the rows of recognition stand behind the wide fence, one's own too."""
    return Scope((viewer.community_id,), is_wide=True)


@contextmanager
def opened(viewer: Actor) -> Iterator[None]:
    """Inside it, reading one's own rows: two short statements, nothing new for wide viewers. Never nested."""
    if viewer.scope.is_wide:
        yield
        return
    enter(whole(viewer))
    yield
    enter(viewer.scope)


def visible_months(viewer: Actor) -> QuerySet[Month]:
    """Months of the viewer's communities, the newest first."""
    return Month.objects.filter(community_id__in=viewer.scope.community_ids).order_by("-month_on")


def visible_ballots(viewer: Actor) -> QuerySet[Ballot]:
    """Slips of the viewer's communities: who was asked and what came back, never what it says."""
    return Ballot.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_thanks(viewer: Actor) -> QuerySet[Thanks]:
    """Sentences of thanks in the viewer's communities."""
    return Thanks.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_appeals(viewer: Actor) -> QuerySet[Appeal]:
    """Appeals in the viewer's communities, the oldest first."""
    return Appeal.objects.filter(community_id__in=viewer.scope.community_ids).order_by("filed_at")


def visible_stories(viewer: Actor) -> QuerySet[Story]:
    """What was told in the viewer's communities."""
    return Story.objects.filter(community_id__in=viewer.scope.community_ids)
