"""Who may do what with cases: the roles of the transition table, and who may see which case."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.cases.models import Case, Casekind, Casephoto, Casestep, Reporter, Triagemodel
from xiaojia.domains.cases.rules import TRANSITIONS
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_cases": roles("secretary", "officer", "head", "steward"),
    "see_rates": roles("secretary", "officer"),
    "report_case": roles("secretary", "officer", "head", "steward", "volunteer", "resident"),
    "join_case": roles("secretary", "officer", "head", "steward", "volunteer", "resident"),
    "open_reporters": roles("secretary", "officer", "head", "steward"),
    "print_board": roles("secretary", "officer"),
    "keep_photo": roles("secretary", "officer", "head", "steward"),
    "send_photo": roles("officer", "resident"),
    "settle_child": roles("secretary", "officer"),
    "change_casekind": roles("secretary", "officer"),
    "change_apikey": roles("secretary"),
    "open_public_service": roles("secretary"),
    "change_duty_phone": roles("secretary", "officer"),
    "learn_kinds": roles("secretary", "officer"),
    "import_cases": roles("secretary", "officer"),
    "cross_cases": roles("secretary"),
    **{t.action: roles(*sorted(t.roles)) for t in TRANSITIONS},
}
"""A role is the outer limit; `rules.refusal` then looks at the case itself."""


def visible_cases(viewer: Actor) -> QuerySet[Case]:
    """All of the community for its desks; of one's own micro-grids, and nothing confidential, for others."""
    cases = Case.objects.filter(community_id__in=viewer.scope.community_ids)
    if viewer.scope.is_wide:
        return cases
    return cases.filter(is_confidential=False, microgrid_ids__overlap=list(viewer.scope.microgrid_ids))


def visible_steps(viewer: Actor) -> QuerySet[Casestep]:
    """Steps of the viewer's communities; PostgreSQL shows those of visible cases."""
    return Casestep.objects.filter(community_id__in=viewer.scope.community_ids).order_by("at", "id")


def visible_reporters(viewer: Actor) -> QuerySet[Reporter]:
    """Who said it: for the desks, and for those who handle the case."""
    return Reporter.objects.filter(community_id__in=viewer.scope.community_ids).order_by("said_at", "id")


def visible_photos(viewer: Actor) -> QuerySet[Casephoto]:
    """Photos of the viewer's communities, in their order; PostgreSQL shows those of visible cases."""
    return Casephoto.objects.filter(
        community_id__in=viewer.scope.community_ids, case__in=visible_cases(viewer)
    ).order_by("case_id", "place")


def living_casekinds(viewer: Actor) -> QuerySet[Casekind]:
    """The present version of each casekind of the viewer's communities."""
    kinds = Casekind.objects.filter(community_id__in=viewer.scope.community_ids, valid_until_on__isnull=True)
    return kinds.order_by("-kind", "code")


def visible_models(viewer: Actor) -> QuerySet[Triagemodel]:
    """What the viewer's communities learnt from their own cases, the newest first."""
    rows = Triagemodel.objects.filter(community_id__in=viewer.scope.community_ids)
    return rows.order_by("-made_at", "id")
