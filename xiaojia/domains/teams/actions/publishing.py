"""Pages of buildings: a copy is made of what consented people let be seen, and only the copy is public."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xiaojia.domains.teams.access import MAY, visible_pages
from xiaojia.domains.teams.models import BuildingPage
from xiaojia.domains.teams.queries import page_contents
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@transaction.atomic
def publish_pages(*, by: Actor, at: datetime) -> int:
    """Make or renew the page of every building that has a micro-grid; returns how many changed."""
    require(MAY, "publish_pages", by, by.community_id)
    changed = _bring_up_to_date(by=by, at=at, makes_new=True)
    audit.record(by=by, at=at, verb="publish_pages", kind="building_page", ids=changed)
    return len(changed)


@transaction.atomic
def refresh_pages(*, by: Actor, at: datetime) -> int:
    """Bring published copies to today's teams; buildings without a page stay without. No pages: one query."""
    require(MAY, "publish_pages", by, by.community_id)
    if not visible_pages(by).exists():
        return 0
    return len(_bring_up_to_date(by=by, at=at, makes_new=False))


@transaction.atomic
def unpublish_pages(*, by: Actor, at: datetime) -> int:
    """Take every page of the community down."""
    require(MAY, "publish_pages", by, by.community_id)
    ids = list(visible_pages(by).values_list("building_id", flat=True))
    visible_pages(by).delete()
    audit.record(by=by, at=at, verb="unpublish_pages", kind="building_page", ids=ids)
    return len(ids)


def _bring_up_to_date(*, by: Actor, at: datetime, makes_new: bool) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('building pages'), %s)", [by.community_id])
    contents = page_contents(viewer=by, on=clock.today(at))
    changed: list[int] = []
    for page in visible_pages(by).select_for_update():
        content = contents.pop(page.building_id, None)
        if content is None:
            page.delete()
        elif content != page.content:
            page.content, page.published_at = content, at
            page.save(update_fields=["content", "published_at"])
        else:
            continue
        changed.append(page.building_id)
    if makes_new:
        changed += _made(contents, by=by, at=at)
    return changed


def _made(contents: dict[int, dict[str, Any]], *, by: Actor, at: datetime) -> list[int]:
    """New pages under fresh codes: six digits by lot, so that nobody reads the next building off the last."""
    codes: set[str] = set()
    while len(codes) < len(contents):
        wanted = {f"{secrets.randbelow(900_000) + 100_000}" for _n in range(len(contents) - len(codes))}
        codes |= wanted - set(BuildingPage.objects.filter(code__in=wanted).values_list("code", flat=True))
    BuildingPage.objects.bulk_create(
        BuildingPage(
            community_id=by.community_id, building_id=pk, code=code, content=content, published_at=at
        )
        for code, (pk, content) in zip(sorted(codes), contents.items(), strict=True)
    )
    return list(contents)
