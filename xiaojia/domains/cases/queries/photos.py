"""Photos of a case, by links that end: signed for one account, good for minutes, held against the fence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.signing import BadSignature, Signer

from xiaojia.domains.cases.access import visible_photos
from xiaojia.domains.cases.models import Casephoto
from xiaojia.domains.cases.photos.storing import path_of
from xiaojia.kernel.actors import Actor

LINK_MINUTES: Final = 30
_SALT: Final = "xiaojia.case.photo"


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo on a page; `token` opens its file until the link ends."""

    photo_id: UUID
    token: str
    width: int
    height: int
    at: datetime
    may_remove: bool


def photos(case_id: UUID, *, viewer: Actor, at: datetime) -> list[Shown]:
    """The photos of a case that the viewer sees, in their order (one query)."""
    until = int((at + timedelta(minutes=LINK_MINUTES)).timestamp())
    return [
        Shown(
            photo.pk,
            _signer().sign(f"{photo.pk.hex}.{viewer.account_id}.{until}"),
            photo.width,
            photo.height,
            photo.at,
            viewer.scope.is_wide or photo.account_id == viewer.account_id,
        )
        for photo in visible_photos(viewer).filter(case_id=case_id)
    ]


def photo_file(token: str, *, viewer: Actor, at: datetime) -> Path | None:
    """The file of a link; None when it ended, is somebody else's, or the viewer no longer sees the case."""
    try:
        photo_hex, account_id, until = _signer().unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    if int(account_id) != viewer.account_id or int(until) < at.timestamp():
        return None
    photo: Casephoto | None = visible_photos(viewer).filter(pk=UUID(hex=photo_hex)).first()
    return path_of(photo.community_id, photo.digest) if photo is not None else None


def _signer() -> Signer:
    return Signer(salt=_SALT)
