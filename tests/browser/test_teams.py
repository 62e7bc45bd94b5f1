"""Teams in a real browser: every page at every width, cards and packs on paper, the public page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import PageAs
from tests.browser.looking import WIDTHS, Told, audit, axe_findings, set_look, shot, words
from tests.busy import Busy

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS = [(width, "standard") for width in WIDTHS] + [(390, "xlarge"), (1280, "large"), (1280, "xlarge")]
PICTURES = {(1280, "standard"), (390, "standard")}


def _findings(page: Page, axe: str, name: str) -> list[str]:
    found = [*axe_findings(page, axe), *(f"says {word}" for word in words(page))]
    for width, text_size in LOOKS:
        set_look(page, width=width, text_size=text_size)
        found += [f"{width} {text_size}: {line}" for line in audit(page, text_size=text_size)]
        if (width, text_size) in PICTURES:
            shot(page, f"teams-{name}-{width}")
    set_look(page, width=1280, text_size="standard")
    return [f"{name}: {line}" for line in [*found, *Told.by(page)]]


def _paths(stage: Busy) -> dict[str, str]:
    ids = stage.ids
    grid, tenure = ids["microgrid_id"], ids["tenure_id"]
    return {
        "home": "/teams/", "one": f"/teams/{grid}/", "roster": "/teams/roster/", "wall": "/teams/wall/",
        "who": "/teams/who/?q=刘家院子1栋", "cards": "/teams/door-cards/", "pages": "/teams/pages/",
        "designate": f"/teams/{grid}/designate/head/?q=邻居", "tenure": f"/teams/tenures/{tenure}/",
        "end": f"/teams/tenures/{tenure}/end/", "handover": f"/teams/{grid}/handover/",
        "preview": f"/teams/pages/{ids['building_id']}/", "my-cards": f"/teams/{grid}/door-cards/",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["secretary", "head", "steward"])
def test_every_page_of_teams_measures_well(role: str, page_as: PageAs, stage: Busy, axe: str) -> None:
    page, found, seen = page_as(role), [], 0
    for name, path in _paths(stage).items():
        if page.request.get(path, max_redirects=0).status == 200:
            seen += 1
            page.goto(path)
            found += _findings(page, axe, f"{name}-{role}")
    assert seen >= 4
    assert not found, "\n".join(found)
