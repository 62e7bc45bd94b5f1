"""The child that opens strangers' photos: limited in memory, time and files, it knows no database.

Standard input is the photo, standard output one line of JSON and then a JPEG that was painted anew: pixels
only, so nothing that a camera or a person hid in the file comes along. A refusal is one line with its code.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from xiaojia.kernel.strangers import limit_myself

MOST_BYTES: Final = 25 * 2**20
MOST_PIXELS: Final = 64_000_000
LONGEST_SIDE: Final = 1920
"""Pixels: a crack in a wall is still seen, and a page with nine photos still loads."""
QUALITY: Final = 80
MEMORY_BYTES: Final = 1536 * 2**20
CPU_SECONDS: Final = 20
OPEN_FILES: Final = 32

_HEIC: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_TAIL_BYTES: Final = 22 + 2**16
_PAGES: Final = (b"<?php", b"<script", b"<html", b"<svg ", b"<!doctype")
_ARCHIVES: Final = (b"7z\xbc\xaf\x27\x1c", b"rar!\x1a\x07")


class Bad(Exception):
    """Why a photo is not taken; `code` names the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def main() -> int:
    """One photo in, one out."""
    _limit()
    out = sys.stdout.buffer
    try:
        photo, (width, height) = develop(sys.stdin.buffer.read(MOST_BYTES + 1))
    except Bad as bad:
        out.write(json.dumps({"no": bad.code}).encode() + b"\n")
        return 0
    out.write(json.dumps({"width": width, "height": height, "bytes": len(photo)}).encode() + b"\n" + photo)
    return 0


def develop(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """The JPEG, upright and at most LONGEST_SIDE long, and its size in pixels; raises Bad."""
    if not data:
        raise Bad("empty")
    if len(data) > MOST_BYTES:
        raise Bad("big")
    kind = kind_of(data)
    if is_two_things(data):
        raise Bad("strange")
    if kind == "HEIF":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Bad("bomb")
            return _painted(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise Bad("bomb") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, IndexError, KeyError, EOFError):
        raise Bad("broken") from None


def kind_of(data: bytes) -> str:
    """What the first bytes say, whatever the file is called; raises Bad."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return "HEIF"
    raise Bad("type")


def is_two_things(data: bytes) -> bool:
    """Whether another program would read a page, a script, an archive or a PDF in the same bytes.

    Phones hang films and second pictures behind a photo: those are left out, not refused.
    """
    if b"%PDF-" in data[:1024]:
        return True
    start = data.rfind(b"PK\x05\x06", max(0, len(data) - _TAIL_BYTES))
    if start >= 0 and len(data) - start >= 22:
        return True
    lower = data.lower()
    return any(words in lower for words in _PAGES + _ARCHIVES)


def _painted(image: Image.Image) -> tuple[bytes, tuple[int, int]]:
    profile = image.info.get("icc_profile")
    if image.format == "JPEG":
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        seen = turned.convert("RGBA")
        turned = Image.new("RGB", seen.size, "white")
        turned.paste(seen, mask=seen.getchannel("A"))
    plain = _in_usual_colours(turned, profile).convert("RGB")
    fresh = Image.new("RGB", plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), fresh.size


def _in_usual_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Phones photograph in wider colours than screens show; a profile that nobody understands is left out."""
    if not profile or image.mode != "RGB":
        return image
    try:
        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, known, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return turned or image


def _limit() -> None:
    limit_myself(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, open_files=OPEN_FILES)


if __name__ == "__main__":
    sys.exit(main())
