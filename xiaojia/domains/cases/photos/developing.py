"""The parent's side: gives the child one photo and takes a clean JPEG, or one sentence why not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy

from xiaojia.domains.cases.photos.child import MOST_BYTES
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.strangers import kill, started

_COMMAND: Final = [sys.executable, "-m", "xiaojia.domains.cases.photos.child"]
_SECONDS: Final = 40

_REFUSAL = gettext_lazy("这张照片没有收，因为%(why)s")
_WHYS: Mapping[str, Any] = {
    "empty": gettext_lazy("里面是空的；重新选一张再来。"),
    "big": gettext_lazy("它超过 25 MB；在手机里把它改小，再来一次。"),
    "bomb": gettext_lazy("它大得摊不开；在手机里截个图，用截图再来。"),
    "type": gettext_lazy("它不是 JPEG、PNG、WebP 或 HEIC 照片；重新拍一张，或者用截图再来。"),
    "strange": gettext_lazy("照片里还藏着别的文件；在手机里截个图，用截图再来。"),
    "broken": gettext_lazy("它坏了或没有传完；打开看看，重新选一张再来。"),
    "slow": gettext_lazy("读了半天还没读完；在手机里截个图，用截图再来。"),
}


class NotAPhoto(Refused):
    """A file that is not kept as a photo."""


@dataclass(frozen=True, slots=True)
class Developed:
    """A JPEG without anything but its pixels; sides in pixels."""

    data: bytes
    width: int
    height: int


def not_a_photo(code: str) -> NotAPhoto:
    """The refusal of a file, as one sentence."""
    return NotAPhoto(str(_REFUSAL) % {"why": str(_WHYS[code])})


def developed(data: bytes) -> Developed:
    """Paint the photo anew in a child with limits; NotAPhoto says in one sentence why not."""
    if len(data) > MOST_BYTES:
        raise not_a_photo("big")
    process = started(_COMMAND, stdin=subprocess.PIPE)
    try:
        said, _nothing = process.communicate(data, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise not_a_photo("slow") from None
    finally:
        kill(process)
        process.wait()
    line, _end, photo = said.partition(b"\n")
    if not line:
        raise not_a_photo("bomb")  # killed by one of its limits
    head = json.loads(line)
    if "no" in head:
        raise not_a_photo(head["no"])
    if len(photo) != head["bytes"]:
        raise not_a_photo("broken")
    return Developed(photo, head["width"], head["height"])
