"""A yes is taken back as easily as it was given (P02): two clicks, no question in between, hidden at once."""

from __future__ import annotations

from tests.browser.conftest import PageAs
from tests.busy import Busy
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Resident
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

TAKE_BACK = "main >> button:has-text('本人收回同意')"
PHONE = "13800009876"


def test_a_residents_yes_to_the_contact_card(page_as: PageAs, stage: Busy) -> None:
    officer, household_id = stage.place.officer, stage.ids["household_id"]
    with entered(officer.scope):
        resident = Resident.objects.get(household_id=household_id)
        people.give_consent(by=officer, at=clock.now(), resident_id=resident.pk, purpose="contact_card")
    head, office = page_as("head"), page_as("officer")
    head.goto(f"/households/{household_id}/")
    assert "住户0" in head.inner_text("main"), "the head sees the name while the yes holds"
    office.goto("/find/?q=住户0")
    office.click("main a.row >> nth=0")
    office.click(TAKE_BACK)
    assert "收回了" in office.inner_text("body")
    head.reload()
    assert "住户0" not in head.inner_text("main")


def test_the_yes_of_somebody_who_serves_to_door_cards(page_as: PageAs, stage: Busy) -> None:
    officer, head = stage.place.officer, stage.accounts["head"]
    with entered(officer.scope):
        teams.give_listing(by=officer, at=clock.now(), account_id=head.pk, phone=PHONE)
    cards, one = f"/teams/{stage.ids['microgrid_id']}/door-cards/", f"/teams/{stage.ids['microgrid_id']}/"
    office = page_as("officer")
    office.goto(cards)
    assert "9876" in office.inner_text("main"), "printed while the yes holds"
    for role in ("officer", "head"):
        page = page_as(role)
        page.goto(one)
        assert page.locator("main >> text=看一看").count() >= 1, f"{role} reaches it"
    office.goto(one)
    office.click("main >> text=看一看 >> nth=0")
    office.click(TAKE_BACK)
    assert "收回了" in office.inner_text("body")
    office.goto(cards)
    assert "9876" not in office.inner_text("main")
