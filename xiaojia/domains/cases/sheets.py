"""What is printed of a case: the slip with its receipt, and the square code on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import segno
from django.core.signing import BadSignature, Signer
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xiaojia.domains.cases.models import Case
from xiaojia.domains.receipts.rules import read_code, spell
from xiaojia.domains.teams.queries import team_of
from xiaojia.kernel.actors import Actor

_SALT: Final = "xiaojia.cases.receipt"


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt on paper: whom to ask, as far as they said yes to being printed."""

    code: str
    people: tuple[str, ...]
    square: SafeString


def slip_of(case: Case, *, viewer: Actor, on: date, place: str, public_url: str) -> Slip:
    """The slip of one case (three queries for the first of its micro-grids)."""
    team = team_of(case.microgrid_ids[0], viewer=viewer, on=on) if case.microgrid_ids else None
    listed = [m for m in ((team.head, team.steward) if team else ()) if m is not None and m.is_listed]
    people = tuple(f"{m.role_word} {m.name} {m.phone_words}" for m in listed)
    if public_url:
        text = f"{public_url}/r/link/{link_token(case.receipt_code)}/"
    else:
        text = "\n".join([place, _("回执号 %(code)s") % {"code": spell(case.receipt_code)}, *people])
    made = segno.make(text, error="m", micro=False)
    square = SafeString(made.svg_inline(border=1, omitsize=True, svgclass="qr", lineclass=None))
    return Slip(spell(case.receipt_code), people, square)


def link_token(code: str) -> str:
    """What stands in the signed link of a receipt. It holds as long as the installation's key."""
    return Signer(salt=_SALT, sep=".").sign(code)


def code_of_token(token: str) -> str:
    """The receipt code of a link that we signed; '' of any other."""
    try:
        return read_code(Signer(salt=_SALT, sep=".").unsign(token))
    except BadSignature:
        return ""
