"""Keys for other programs: shown once, kept as a hash, ended at once. And the phone beside 110."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.models import Apikey, DutyPhone
from xiaojia.domains.cases.queries.keys import actor_with, digest_of, living_key
from xiaojia.domains.cases.rules import read_duty_phone
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


def use_key(plain: str, *, on: date) -> Actor | None:
    """The actor behind a key that comes in. That it is used is noted once a day, not at every request."""
    key = living_key(plain)
    if key is None:
        return None
    if key.last_used_on != on:
        Apikey.objects.filter(pk=key.pk).update(last_used_on=on)
    return actor_with(key)


@transaction.atomic
def change_duty_phone(*, by: Actor, at: datetime, phone: str) -> str:
    """The phone that stands beside 110, 119 and 120, as everybody may read it; empty takes it away."""
    require(MAY, "change_duty_phone", by, by.community_id)
    plain = read_duty_phone(phone)
    if plain is None:
        raise Refused(_("值班电话没有改，因为看不懂这个号码；写数字就好，比如 023-12345678。"))
    if plain:
        DutyPhone.objects.update_or_create(
            community_id=by.community_id, defaults={"phone": plain, "changed_at": at}
        )
    else:
        DutyPhone.objects.filter(community_id=by.community_id).delete()
    audit.record(
        by=by, at=at, verb="change_duty_phone", kind="duty_phone", ids=[by.community_id],
        detail={"phone": plain},
    )  # fmt: skip
    return plain
