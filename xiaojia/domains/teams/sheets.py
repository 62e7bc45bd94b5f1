"""What is printed about teams: the handover pack, and the code on a door card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import door_ids
from xiaojia.domains.people.queries import ContactCard, contact_cards
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.queries import DoorCard, Past, Team, story_of
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope


@dataclass(frozen=True, slots=True)
class Pack:
    """The handover pack of one micro-grid: doors with whom to ask for, people, empty seats, the past."""

    team: Team
    units: Sequence[tuple[str, Sequence[ContactCard]]]
    past: Sequence[Past]
    household_ids: Sequence[int]

    @property
    def agreed_count(self) -> int:
        """Doors whose contact may be seen by the head."""
        return sum(1 for _address, cards in self.units for c in cards if c.name and not c.is_masked)

    @property
    def silent_count(self) -> int:
        """Doors that left no name."""
        return sum(1 for _address, cards in self.units for c in cards if not c.name)


def handover_pack(microgrid_id: int, *, viewer: Actor, on: date) -> Pack | None:
    """Everything a new head may know on the first day; None outside the viewer's scope.

    Whoever prints it, it is made with a head's eyes: these doors only, and a name or phone stands there only
    with a yes (P02). The caller leaves the view-log row.
    """
    require(MAY, "print_handover", viewer, viewer.community_id)
    story = story_of(microgrid_id, viewer=viewer, on=on)
    if story is None:
        return None
    team, past = story
    doors = door_ids(microgrid_id, on=on) if viewer.scope.is_wide else viewer.scope.household_ids
    head = Actor(
        viewer.account_id, "head", viewer.community_id, Scope((viewer.community_id,), household_ids=doors)
    )
    by_unit: dict[int, list[ContactCard]] = {}
    for card in contact_cards(viewer=head):
        by_unit.setdefault(card.unit_id, []).append(card)
    units = [(r.address, by_unit.get(r.unit_id, ())) for r in team.here.rows]
    return Pack(team, units, [p for p in past if p.member.from_on <= on][:6], doors)


def code_of(card: DoorCard, public_url: str) -> SafeString:
    """The square code of a door card as SVG; '' when there is nothing to say.

    With a public address it opens the building's page; without one it says whom to call, in plain text: never
    a private address.
    """
    text = f"{public_url}/b/{card.code}/" if public_url and card.code else _spoken(card)
    if not text:
        return SafeString("")
    made = segno.make(text, error="m", micro=False)
    return SafeString(made.svg_inline(border=1, omitsize=True, svgclass="qr", lineclass=None))


def _spoken(card: DoorCard) -> str:
    people = [
        f"{m.role_word} {m.name} {m.phone}" for m in (card.team.head, card.team.steward) if m is not None
    ]
    if not people:
        return ""
    return "\n".join([_("%(n)s 号小家") % {"n": card.team.here.number}, *people])
