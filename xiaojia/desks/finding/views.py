from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def find(request: HttpRequest) -> HttpResponse:
    """Find a neighbour by name or phone; leaves a view-log row."""
    viewer = actor_of(request)
    text = request.GET.get("q", "").strip()
    found = list(people_queries.residents_found(text, viewer=viewer))
    people.log_view(
        viewer=viewer, at=clock.now(), reason="look_up", screen="find",
        household_ids=[r.household_id for r in found],
    )  # fmt: skip
    return render(request, "finding/find.html", {"text": text, "found": found})
