"""Consent, the mechanism: purposes with a legal basis, and the check before a sensitive one is used.

The rows (who said yes to what, when, and when they took it back) belong to `people`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.kernel.refusals import Refused


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a personal field is kept (P01). `retention_days` None: as long as the household lives here.

    A sensitive purpose (P03) lives in the vault only, and names the record of its impact assessment (P04).
    """

    code: str
    label: object
    legal_basis: object
    needs_consent: bool
    retention_days: int | None = None
    is_sensitive: bool = False
    assessment: str = ""


PURPOSES: Final = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            "register",
            gettext_lazy("知道这里住着哪一户、怎么联系"),
            gettext_lazy("居民委员会依法协助公共事务（最小台账）"),
            needs_consent=False,
        ),
        Purpose(
            "contact_card",
            gettext_lazy("把姓名和电话给自己小家的家长看"),
            gettext_lazy("本人同意"),
            needs_consent=True,
        ),
        Purpose(
            "door_card",
            gettext_lazy("把任职人的姓名和电话印上门牌卡、墙上名单和楼栋页"),
            gettext_lazy("本人同意"),
            needs_consent=True,
        ),
        Purpose(
            "party_tick",
            gettext_lazy("任职时记一笔：本人说自己是党员"),
            gettext_lazy("本人同意"),
            needs_consent=True,
        ),
        Purpose(
            "case",
            gettext_lazy("把说的一件事办好，把结果告诉说的人"),
            gettext_lazy("本人报事时要的答复；居民委员会依法办理居民事务"),
            needs_consent=False,
            retention_days=3 * 366,
        ),
        Purpose(
            "points",
            gettext_lazy("记下做的好事和积分，发给本人看"),
            gettext_lazy("本人自愿加入；退出不影响任何服务"),
            needs_consent=False,
        ),
        Purpose(
            "recognition",
            gettext_lazy("邻居之间互评，把结果只给本人看"),
            gettext_lazy("本人自愿加入；不参加不影响任何服务"),
            needs_consent=False,
            retention_days=427,
        ),
        Purpose(
            "message",
            gettext_lazy("把一条消息送到本人手上"),
            gettext_lazy("本人要的回信，或居民委员会依法协助公共事务（通知）"),
            needs_consent=False,
            retention_days=90,
        ),
        Purpose(
            "sign_in",
            gettext_lazy("认出登录的是本人"),
            gettext_lazy("本人自己登记；网络安全法要求的身份鉴别"),
            needs_consent=False,
        ),
        Purpose(
            "accountability",
            gettext_lazy("记下谁看过、谁改过，居民可以来查"),
            gettext_lazy("个人信息保护法规定的记录义务"),
            needs_consent=False,
            retention_days=3 * 366,
        ),
    )
}
"""Every purpose by its code. A personal field names one of them; a schema test walks all models."""


class ConsentMissing(Refused):
    """Something needs a yes of the person, and there is none that still holds."""


@dataclass(frozen=True, slots=True)
class Given:
    """A yes to one purpose and, perhaps, the moment it was taken back."""

    purpose: str
    given_at: datetime
    withdrawn_at: datetime | None = None


def has_consent(given: Iterable[Given], purpose: str, *, at: datetime) -> bool:
    """Whether a yes to `purpose` holds at `at`; a purpose on another legal basis needs none."""
    if not PURPOSES[purpose].needs_consent:
        return True
    return any(
        g.purpose == purpose and g.given_at <= at and (g.withdrawn_at is None or at < g.withdrawn_at)
        for g in given
    )


def require_consent(given: Iterable[Given], purpose: str, *, at: datetime) -> None:
    """Raise ConsentMissing unless a yes to `purpose` holds at `at`."""
    if not has_consent(given, purpose, at=at):
        raise ConsentMissing(
            _("这一步现在做不了，因为“%(purpose)s”要本人点头；先问过本人，记下同意再来。")
            % {"purpose": PURPOSES[purpose].label}
        )
