"""What the page frame shows: community, desk, tabs, person. One small table says which tabs a desk has.

A tab comes with its first real page; the full list per role stands in docs/design-system.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.places import queries as places
from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.project.demo_codes import is_of_blocks
from xiaojia.project.look import text_size

TABS: Final = {
    "secretary": [
        (_("今天"), "home", "/"),
        (_("小家"), "microgrids:home", "/microgrids/"),
        (_("谁管哪里"), "teams:home", "/teams/"),
        (_("住户表"), "registers:home", "/registers/"),
        (_("办事"), "cases:home", "/cases/"),
    ],
    "officer": [
        (_("今天"), "home", "/"),
        (_("收一件"), "cases:box", "/cases/new/"),
        (_("办事"), "cases:home", "/cases/"),
        (_("住户表"), "registers:home", "/registers/"),
        (_("小家"), "microgrids:home", "/microgrids/"),
        (_("谁管哪里"), "teams:home", "/teams/"),
    ],
    "head": [
        (_("今天"), "home", "/"),
        (_("邻居"), "neighbours", "/neighbours/"),
        (_("办事"), "cases:home", "/cases/"),
        (_("好事"), "ledger:home", "/points/"),
        (_("搭档"), "teams:home", "/teams/"),
    ],
    "steward": [
        (_("今天"), "home", "/"),
        (_("报修"), "cases:home", "/cases/"),
        (_("搭档"), "teams:home", "/teams/"),
    ],
    "clerk": [
        (_("今天"), "home", "/"),
        (_("柜台"), "store:home", "/store/"),
        (_("货架"), "store:shelf", "/store/shelf/"),
        (_("想要的"), "store:wanted", "/store/wanted/"),
        (_("日结"), "store:day", "/store/day/"),
    ],
}
"""Role -> (word, URL name, path prefix that lights the tab)."""

NEW: Final = dict.fromkeys(("officer", "secretary", "head", "steward"), "cases:box")
"""Role -> URL name of the page where something new comes in: what `g n` opens."""

MENU: Final = {
    "secretary": [
        (_("好事和积分"), "ledger:home"),
        (_("互评"), "recognition:home"),
        (_("积分超市"), "store:home"),
        (_("消息"), "messages:home"),
        (_("谁能登录"), "accounts:home"),
        (_("社区调整"), "borders:home"),
    ],
    "officer": [
        (_("好事和积分"), "ledger:home"),
        (_("互评"), "recognition:home"),
        (_("积分超市"), "store:home"),
        (_("消息"), "messages:home"),
    ],
    "head": [(_("邻居的认可"), "recognition:mine")],
    "steward": [(_("我的存折"), "ledger:mine"), (_("邻居的认可"), "recognition:mine")],
    "volunteer": [(_("我的存折"), "ledger:mine"), (_("邻居的认可"), "recognition:mine")],
    "clerk": [(_("我的存折"), "ledger:mine")],
}
"""Role -> what stands under the own name besides everybody's: (word, URL name)."""


@dataclass(frozen=True, slots=True)
class Tab:
    label: object
    url: str
    key: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    community_name: str = ""
    desk_name: object = ""
    person_name: str = ""
    is_simulated: bool = False
    has_real_blocks: bool = False
    is_demo: bool = False
    text_size: str = "standard"
    tabs: tuple[Tab, ...] = ()
    menu: tuple[tuple[object, str], ...] = ()
    new_url: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, built only if the template asks for it."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    actor: Actor | None = getattr(request, "actor", None)
    size = text_size(request)
    if actor is None:
        return Frame(text_size=size, is_demo=settings.XIAOJIA_DEMO)
    community = places.community(actor.community_id)
    return Frame(
        community_name=community.name,
        desk_name=_("%(role)s的桌子") % {"role": ROLES[actor.role]},
        person_name=getattr(request.user, "name", ""),
        is_simulated=community.is_simulated,
        has_real_blocks=is_of_blocks(community.code),
        is_demo=settings.XIAOJIA_DEMO,
        text_size=size,
        tabs=_tabs(request.path, actor.role),
        menu=tuple((word, reverse(name)) for word, name in MENU.get(actor.role, ())),
        new_url=reverse(NEW[actor.role]) if actor.role in NEW else "",
    )


def _tabs(path: str, role: str) -> tuple[Tab, ...]:
    rows = TABS.get(role, TABS["head"][:1])
    # The longest prefix wins: 收一件 stands inside the addresses of 办事.
    fitting = [p for _l, _n, p in rows if (path == "/" if p == "/" else path.startswith(p))]
    current = max(fitting, key=len, default="")
    return tuple(
        Tab(label, reverse(name), key, prefix == current)
        for key, (label, name, prefix) in enumerate(rows, start=1)
    )
