"""The 企业微信 group of a community: the key of its robot, kept sealed, never shown whole again."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.kernel import audit, outbox
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Grouprobot
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import open_sealed, seal

TEST: Final[str] = outbox.kind("robot_test", gettext_lazy("试一试群机器人"))
_KEY: Final = re.compile(r"(?:.*[?&]key=)?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\s*")
_CELL: Final = {"table": "kernel_grouprobot", "column": "key_sealed"}


@transaction.atomic
def set_robot(*, by: Actor, at: datetime, text: str) -> None:
    """Keep the key, typed alone or as the whole address that 企业微信 shows; '' forgets it."""
    require(outbox.MAY, "set_robot", by, by.community_id)
    found = _KEY.fullmatch(text.strip())
    if text.strip() and found is None:
        raise Refused(_("钥匙没有记下，因为没看懂；在群机器人那里点“复制”，整段贴过来。"))
    Grouprobot.objects.filter(community_id=by.community_id).delete()
    if found is not None:
        pk = uuid4()
        Grouprobot.objects.create(
            id=pk, community_id=by.community_id, key_sealed=seal(found[1], pk=pk, **_CELL), set_at=at,
            set_by_id=by.account_id,
        )  # fmt: skip
    audit.record(
        by=by, at=at, verb="set_robot" if found else "forget_robot", kind="grouprobot", ids=[by.community_id]
    )


def robot_key(*, viewer: Actor) -> str:
    """The whole key, for sending; '' where none is kept."""
    require(outbox.MAY, "set_robot", viewer, viewer.community_id)
    row = Grouprobot.objects.filter(community_id=viewer.community_id).first()
    return open_sealed(row.key_sealed, pk=row.pk, **_CELL) if row else ""


def masked_key(*, viewer: Actor) -> str:
    """What a page shows: the last four digits."""
    key = robot_key(viewer=viewer)
    return f"＊＊＊＊{key[-4:]}" if key else ""


@transaction.atomic
def send_test(*, by: Actor, at: datetime) -> UUID:
    """One message to the group, at once, by the same way as every other."""
    key = robot_key(viewer=by)
    if not key:
        raise Refused(_("没有发，因为还没有记下群机器人的钥匙；先贴过来，再试。"))
    letter = outbox.Letter(TEST, _("这是试一试：小家的消息会发到这个群。"), Urgency.ANSWER)
    to = outbox.Recipient("wecom", key, person=f"robot:{by.community_id}")
    pk = outbox.post(letter, to=to, community_id=by.community_id, at=at)
    audit.record(by=by, at=at, verb="test_robot", kind="message", ids=[pk])
    return pk
