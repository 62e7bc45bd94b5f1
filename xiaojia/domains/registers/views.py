"""Pages of the way in: drop a workbook, say what its columns mean, look at the dry run, take it over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.registers.access import MAY, visible_registers
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_registers", viewer, viewer.community_id)
    return render(request, "registers/home.html", {"registers": visible_registers(viewer)[:20]})
