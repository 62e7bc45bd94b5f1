"""Whoever loses a wrong award hears of it once, with no amount; a page tells whoever has no phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils.translation import override

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Done, corrections
from xiaojia.domains.ledger.models import Transaction
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.domains.people.accounts.office import set_account_phone
from xiaojia.kernel import outbox
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_delivery import opened
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def phone(here: Stage, tmp_path: Path) -> Iterator[Stage]:
    """The volunteer wrote down a phone, and short messages are connected."""
    secretary = here.actor("secretary")
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path)):
        with entered(secretary.scope):
            account = here.here.here.accounts["volunteer"]
            set_account_phone(by=secretary, account=account, phone="13900000007", at=cast.NOW)
        yield here


def _asked(here: Stage, name: str) -> int:
    """A correction of an award of that member, asked for by the officer."""
    with here.office() as officer:
        deed = actions.record_deed(
            by=officer, at=cast.NOW, on=cast.TODAY, done=Done(here.member(name), "visit", cast.TODAY)
        )
        actions.confirm_deed(by=officer, at=cast.NOW, deed_id=deed.pk)
        award = Transaction.objects.get(source_type="deed", source_id=str(deed.pk))
        row = actions.ask_correction(by=officer, at=cast.NOW, transaction_id=award.pk, reason="那天没有去")
    return row.pk


def _settle(here: Stage, correction_id: int, *, is_agreed: bool = True) -> list[tuple[str, str]]:
    """What was posted so far, as (phone, text)."""
    secretary = here.actor("secretary")
    with entered(secretary.scope):
        actions.reverse_award(
            by=secretary, at=cast.NOW, on=cast.TODAY, correction_id=correction_id, is_agreed=is_agreed
        )
        rows = map(opened, Message.objects.filter(kind="points_corrected"))
        return [(address, text) for _name, address, text in rows]


def test_a_correction_is_told_once_without_an_amount(phone: Stage) -> None:
    correction = _asked(phone, "volunteer")
    with override("en"):  # what the office reads is not what the neighbour reads
        [(address, text)] = _settle(phone, correction)
    assert address == "13900000007"
    assert "看看这个月的对账单" in text
    assert not any(letter.isdigit() for letter in text)
    assert "没有去" not in text, "the reason stands on the slip"
    with pytest.raises(Refused):
        _settle(phone, correction)
    with entered(phone.actor("secretary").scope):
        assert Message.objects.filter(kind="points_corrected").count() == 1


def test_nothing_is_said_of_what_was_only_asked_or_turned_down(phone: Stage) -> None:
    assert _settle(phone, _asked(phone, "volunteer"), is_agreed=False) == []


def test_no_phone_or_no_way_out_stops_no_correction(phone: Stage) -> None:
    assert _settle(phone, _asked(phone, "住户甲")) == []
    with override_settings(XIAOJIA_SMS_FOLDER="", XIAOJIA_DEMO=False):
        assert _settle(phone, _asked(phone, "volunteer")) == []
    assert phone.balance("volunteer") == phone.balance("住户甲") == 0


def test_a_message_goes_only_with_its_correction(phone: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: what is rolled back is not told. Posted elsewhere, it would be."""
    correction = _asked(phone, "volunteer")

    def fails(**_more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("xiaojia.domains.ledger.actions.corrections.audit.record", fails)
    with pytest.raises(RuntimeError, match="disk"):
        _settle(phone, correction)
    with entered(phone.actor("secretary").scope):
        assert not Message.objects.filter(kind="points_corrected").exists()
    assert phone.balance("volunteer") == 2


def test_negative_control_without_the_letter_nobody_hears(
    phone: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "tell_corrected", lambda *_ids, **_more: False)
    assert _settle(phone, _asked(phone, "volunteer")) == []
    assert "points_corrected" in outbox.KINDS
