"""Which program is this? Read before there is a scope, by the hash of the key alone."""

from __future__ import annotations

import hashlib

from django.db.models import QuerySet

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.models import Apikey
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope


def digest_of(plain: str) -> bytes:
    """SHA-256 of a key; the keys are 256 bits by chance, so that no slow hash is needed."""
    return hashlib.sha256(plain.encode()).digest()


def living_key(plain: str) -> Apikey | None:
    """The key with this text, while it opens anything (one query). That of a till opens nothing here."""
    if not plain:
        return None
    keys = Apikey.objects.filter(digest=digest_of(plain), ended_at__isnull=True)
    return keys.exclude(role=Apikey.Role.CLERK).first()


def actor_of_key(plain: str) -> Actor | None:
    """The actor behind a key (one query)."""
    key = living_key(plain)
    return actor_with(key) if key is not None else None


def actor_with(key: Apikey) -> Actor:
    """A whole community, in the role of the key, account `-id`."""
    return Actor(-key.pk, key.role, key.community_id, Scope((key.community_id,), is_wide=True))


def apikeys(*, viewer: Actor) -> QuerySet[Apikey]:
    """The living keys of the viewer's community."""
    require(MAY, "change_apikey", viewer, viewer.community_id)
    keys = Apikey.objects.filter(community_id__in=viewer.scope.community_ids, ended_at__isnull=True)
    return keys.order_by("name")
