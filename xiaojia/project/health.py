"""Is the process alive, and can it serve?"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)


def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


def readyz(_request: HttpRequest) -> HttpResponse:
    """The database answers and its tables are there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
    except DatabaseError:
        return JsonResponse({"ready": False}, status=503)
    return JsonResponse({"ready": True})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in plain words."""
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in plain words: a form that is too old, or a page of somebody else."""
    return render(request, "403.html", status=403)


def fault(request: HttpRequest) -> HttpResponse:
    """500 with a number that also stands in the log."""
    number = request.META.get("XIAOJIA_REQUEST_ID", "")
    logger.error("page failed", extra={"request_id": number}, exc_info=True)
    return render(request, "500.html", {"number": number}, status=500)
