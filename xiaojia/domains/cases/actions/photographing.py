"""Photos of a case: kept when somebody has one, taken away again, and let go with the case's retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY, visible_cases, visible_photos
from xiaojia.domains.cases.models import Casephoto
from xiaojia.domains.cases.photos.developing import Developed, NotAPhoto
from xiaojia.domains.cases.photos.storing import store, strays
from xiaojia.domains.cases.rules import OVER
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.consent import PURPOSES

MOST_PHOTOS: Final = 9
STRAY_HOURS: Final = 24
"""A file without a row may belong to a transaction that has not ended; after a day it does not."""


@transaction.atomic
def keep_photo(*, by: Actor, at: datetime, case_id: UUID, photo: Developed) -> Casephoto:
    """Keep a developed photo with a case that `by` sees. The same photo again is the one already there."""
    require(MAY, "keep_photo", by, by.community_id)
    return _kept(by, at, case_id, photo)


@transaction.atomic
def send_photo(*, by: Actor, at: datetime, case_id: UUID, photo: Developed) -> Casephoto:
    """The same for a program that reported the case, in the request that reported it."""
    require(MAY, "send_photo", by, by.community_id)
    return _kept(by, at, case_id, photo)


def _kept(by: Actor, at: datetime, case_id: UUID, photo: Developed) -> Casephoto:
    case = visible_cases(by).select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotAPhoto(_("这张照片没有收，因为那件事不在这里；从“办事”里打开那件事再来。"))
    digest = store(by.community_id, photo.data)
    there = {one.place: one for one in visible_photos(by).filter(case_id=case_id)}
    known = next((one for one in there.values() if one.digest == digest), None)
    if known is not None:
        return known
    place = next((n for n in range(1, MOST_PHOTOS + 1) if n not in there), None)
    if place is None:
        raise NotAPhoto(_("这张照片没有收，因为一件事最多 9 张；先拿掉一张再来。"))
    audit.record(by=by, at=at, verb="keep_photo", kind="case", ids=[case_id])
    return Casephoto.objects.create(
        community_id=by.community_id,
        case_id=case_id,
        place=place,
        digest=digest,
        width=photo.width,
        height=photo.height,
        at=at,
        account_id=by.account_id,
    )


@transaction.atomic
def remove_photo(*, by: Actor, at: datetime, photo_id: UUID) -> UUID:
    """Take a photo away: its keeper or a desk. Its file goes in the night. Gives the case's id."""
    require(MAY, "keep_photo", by, by.community_id)
    photo = visible_photos(by).filter(pk=photo_id).first()
    if photo is None or not (by.scope.is_wide or photo.account_id == by.account_id):
        raise NotAPhoto(_("这张照片没有拿掉，因为它不是您放的；请专干来拿。"))
    audit.record(by=by, at=at, verb="remove_photo", kind="case", ids=[photo.case_id])
    photo.delete()
    return photo.case_id


def forget_photos(*, by: Actor, at: datetime) -> int:
    """Let go of photos whose case was closed longer ago than the purpose allows, and of files without a row.

    `by` is the clockwork of one community in a wide scope; how many files went.
    """
    days = PURPOSES["case"].retention_days or 0
    with transaction.atomic():
        before, over = at - timedelta(days=days), sorted(OVER)
        is_withdrawn = Q(case__closed_at__isnull=True, case__state__in=over, case__changed_at__lt=before)
        visible_photos(by).filter(Q(case__closed_at__lt=before) | is_withdrawn).delete()
        known = set(visible_photos(by).values_list("digest", flat=True))
    gone = 0
    for path in strays(by.community_id, known, before=at - timedelta(hours=STRAY_HOURS)):
        path.unlink(missing_ok=True)
        gone += 1
    return gone
