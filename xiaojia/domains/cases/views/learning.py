"""Learning kinds from one's own cases: how much there is, how well it went, and the yes of a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.learning import (
    missing_sentence,
    start_learning,
    stop_using_model,
    use_model,
)
from xiaojia.domains.cases.models import Triagemodel
from xiaojia.domains.cases.queries.learning import FEWEST_RECORDS, learnable, models
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A model with its shares as words, rounded down."""

    row: Triagemodel

    @property
    def accuracy(self) -> str:
        """83 %."""
        return f"{int(self.row.accuracy * 100)} %"

    @property
    def word_accuracy(self) -> str:
        """61 %."""
        return f"{int(self.row.word_accuracy * 100)} %"

    @property
    def macro_f1(self) -> int:
        """Of a hundred."""
        return int(self.row.macro_f1 * 100)

    @property
    def is_better(self) -> bool:
        """Whether it was right more often than the word rules, on the same messages."""
        return self.row.accuracy > self.row.word_accuracy


def home(request: HttpRequest) -> HttpResponse:
    """What there is to learn from, what was learnt, what proposes now."""
    viewer = actor_of(request)
    require(MAY, "learn_kinds", viewer, viewer.community_id)
    if request.method == "POST":
        return redirect("work", work_id=start_learning(by=viewer, at=clock.now()).pk)
    ground = learnable(viewer=viewer)
    by_state = {row.state: Shown(row) for row in models(viewer=viewer)}
    context = {
        "ground": ground,
        "fewest": FEWEST_RECORDS,
        "missing": missing_sentence(ground),
        "candidate": by_state.get(Triagemodel.State.CANDIDATE),
        "used": by_state.get(Triagemodel.State.USED),
        "previous": by_state.get(Triagemodel.State.PREVIOUS),
    }
    return render(request, "cases/learning.html", context)


@require_POST
def use(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """The yes: from now on it proposes."""
    use_model(by=actor_of(request), at=clock.now(), model_id=model_id)
    messages.success(request, _("换好了。收一件的时候就照它提，定还是您定。"))
    return redirect("cases:learning")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Back to the word rules."""
    stop_using_model(by=actor_of(request), at=clock.now())
    messages.success(request, _("不用了，照词猜。"))
    return redirect("cases:learning")
