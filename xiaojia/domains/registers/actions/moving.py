"""People who stand at another door than before: did they move, or have they two flats? Somebody says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext as _

from xiaojia.domains.registers.actions.homes import Home, doubt_of
from xiaojia.domains.registers.models import Registerrow
from xiaojia.domains.registers.queries import Community, Door
from xiaojia.kernel.secrets import blind_index

V = Registerrow.Verdict


def call_out_moves(homes: Sequence[Home], community: Community) -> None:
    """A doubt for every new or changed row whose people stand at another door that no longer names them.

    The same name with the same phone is the same person. Without a phone on either side only a name that
    the community and the workbook have once, and only if the workbook speaks of the building they left.
    Whoever stands at both doors has two flats: no doubt.
    """
    people = _People(homes, community)
    for home in homes:
        if home.verdict not in (V.NEW, V.CHANGED):
            continue
        for name, phone in home.values["contacts"]:
            before = people.left(name, phone, home.door)
            if before is not None:
                words = {"name": name, "door": _spelled(before)}
                sentence = _("%(name)s原来登记在%(door)s；真是搬过来的就收。") % words
                home.doubts.append(doubt_of("moved", sentence))


class _People:
    """Where people stand, and where the workbook names them."""

    def __init__(self, homes: Sequence[Home], community: Community) -> None:
        self._named: dict[str, set[Door]] = defaultdict(set)
        self._known: dict[str, list[tuple[Door, bytes]]] = defaultdict(list)
        self._buildings = set()
        for home in homes:
            if home.verdict != V.ASIDE:
                self._buildings.add(home.door[:2])
                for name, _phone in home.values["contacts"]:
                    self._named[name].add(home.door)
        for door, present in community.by_door.items():
            for name, index in present.contacts:
                self._known[name].append((door, index))

    def left(self, name: str, phone: str, here: Door) -> Door | None:
        """The door that this person seems to have left for `here`."""
        known = self._known.get(name, []) if name else []
        named = self._named[name]
        if any(door == here for door, _index in known):
            return None
        wanted = blind_index(phone, purpose="phone") if phone else b""
        is_only = len(known) == 1 and len(named) == 1
        for door, index in known:
            is_same_phone = bool(wanted) and index == wanted
            is_only_name = is_only and door[:2] in self._buildings and not (wanted and index)
            if (is_same_phone or is_only_name) and door not in named:
                return door
        return None


def _spelled(door: Door) -> str:
    compound, building, unit, number = door
    if unit:
        words = {"compound": compound, "building": building, "unit": unit, "door": number}
        return _("%(compound)s %(building)s 栋 %(unit)s 单元 %(door)s") % words
    return _("%(compound)s %(building)s 栋 %(door)s") % {
        "compound": compound,
        "building": building,
        "door": number,
    }
