"""Where the buildings stand, put right by hand while the register does not say it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids import queries
from xiaojia.domains.microgrids.drawing.ground import ground_of
from xiaojia.domains.microgrids.forms import PegForm
from xiaojia.domains.microgrids.rules import address_words
from xiaojia.domains.places import actions as places
from xiaojia.domains.places.access import MAY
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


def sketch(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "move_building", viewer, viewer.community_id)
    units = queries.unit_rows(viewer=viewer)
    form = PegForm(request.POST or None)
    here = next((u for u in units if str(u.building_id) == request.GET.get("building")), None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["building"]
        unit = next((u for u in units if u.building_id == wanted), None)
        if unit is not None:
            places.move_building(
                by=viewer, at=clock.now(), building_id=unit.building_id,
                x_metres=unit.x_metres + form.cleaned_data["east"],
                y_metres=unit.y_metres + form.cleaned_data["north"],
            )  # fmt: skip
            words = {"what": address_words(unit.compound, unit.building)}
            messages.success(request, _("%(what)s挪好了。重新划一划，小家才照新的位置。") % words)
            return redirect(f"{reverse('microgrids:sketch')}?building={unit.building_id}")
        form.add_error("building", _("选一栋楼。"))
    context = {
        "form": form,
        "ground": ground_of(units) if units else None,
        "here": here,
        "is_sketched": any(u.is_sketched for u in units),
    }
    return render(request, "microgrids/sketch.html", context, status=422 if form.errors else 200)
