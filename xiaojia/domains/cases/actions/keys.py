"""Keys for other programs: shown once, kept as a hash, ended at once."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.models import Apikey
from xiaojia.domains.cases.queries.keys import digest_of
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

PREFIX: Final = "xj_"


@transaction.atomic
def add_apikey(*, by: Actor, at: datetime, name: str, role: str = "resident") -> tuple[Apikey, str]:
    """A new key and its plain text, which nobody can see again. `role`: resident (says) or officer (does)."""
    require(MAY, "change_apikey", by, by.community_id)
    name = name.strip()[:40]
    if not name or role not in Apikey.Role.values:
        raise Refused(_("钥匙没有做，因为没有写给哪个程序用，或者角色不对；写上名字，再来。"))
    living = Apikey.objects.filter(community_id=by.community_id, name=name, ended_at__isnull=True)
    if living.exists():
        raise Refused(_("钥匙没有做，因为“%(name)s”已经有一把；先停掉旧的，再做新的。") % {"name": name})
    plain = PREFIX + secrets.token_urlsafe(32)
    key = Apikey.objects.create(
        community_id=by.community_id, name=name, role=role, digest=digest_of(plain), made_at=at,
        made_by_id=by.account_id,
    )  # fmt: skip
    audit.record(
        by=by, at=at, verb="add_apikey", kind="apikey", ids=[key.pk], detail={"name": name, "role": role}
    )
    return key, plain


@transaction.atomic
def end_apikey(*, by: Actor, at: datetime, name: str) -> None:
    """From now on the key opens nothing."""
    require(MAY, "change_apikey", by, by.community_id)
    living = Apikey.objects.filter(community_id=by.community_id, name=name, ended_at__isnull=True)
    key = living.select_for_update().first()
    if key is None:
        raise Refused(_("没有停，因为没有“%(name)s”这把钥匙；看一看名字，再来。") % {"name": name})
    key.ended_at = at
    key.save(update_fields=["ended_at"])
    audit.record(by=by, at=at, verb="end_apikey", kind="apikey", ids=[key.pk])
