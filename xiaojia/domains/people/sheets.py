"""What is drawn or printed for people."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString


def enrolment_picture(address: str) -> SafeString:
    """The QR picture of an `otpauth://` address as an SVG that stands in the page; its size is the page's."""
    picture = segno.make(address, error="m", micro=False)
    drawn = picture.svg_inline(border=4, dark="#231F1A", light="#fff", omitsize=True)
    return SafeString(drawn)  # drawn here, from our own text
