"""The parts of the kernel that need no database."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.kernel import secrets
from xiaojia.kernel.access import may, require, roles
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.consent import ConsentMissing, Given, has_consent, require_consent
from xiaojia.kernel.masking import mask_name, mask_phone, unmarked
from xiaojia.kernel.refusals import NotAllowed
from xiaojia.kernel.sheets import Sheet, neutral, workbook

AT = datetime(2026, 3, 2, tzinfo=UTC)
OFFICER = Actor(account_id=1, role="officer", community_id=7, scope=Scope((7,), is_wide=True))


def test_a_name_keeps_its_first_character_only() -> None:
    assert mask_name("邓明礼") == "邓＊＊"
    assert mask_name("") == ""


def test_the_mark_of_an_invented_name_is_no_part_of_it() -> None:
    """It is not masked, and it stands once on a page that sets it beside the name."""
    assert mask_name("何秀兰（模拟）") == "何＊＊（模拟）"
    assert mask_name("（模拟）") == "（模拟）"
    assert unmarked("何秀兰（模拟）") == "何秀兰"
    assert unmarked("何秀兰") == "何秀兰"


@given(st.text(alphabet="0123456789", min_size=3, max_size=20))
def test_a_masked_phone_never_shows_more_than_five_digits(phone: str) -> None:
    shown = mask_phone(phone)
    assert len(shown) == len(phone)
    assert sum(character.isdigit() for character in shown) <= 5


def test_a_sealed_value_opens_only_in_its_own_cell() -> None:
    pk, other = uuid4(), uuid4()
    sealed = secrets.seal("13800001234", table="t", column="c", pk=pk)
    assert secrets.open_sealed(sealed, table="t", column="c", pk=pk) == "13800001234"
    for cell in ({"table": "t", "column": "d", "pk": pk}, {"table": "t", "column": "c", "pk": other}):
        with pytest.raises(secrets.WrongKey):
            secrets.open_sealed(sealed, **cell)  # type: ignore[arg-type]  # mixed keywords on purpose


def test_many_cells_open_in_their_order_and_each_only_as_itself() -> None:
    rows = [(uuid4(), text) for text in ("常出力", "", "离不开")]
    sealed = [(pk, secrets.seal(text, table="t", column="c", pk=pk)) for pk, text in rows]
    cells = [(str(pk), value) for pk, value in sealed]
    assert list(secrets.open_all(cells, table="t", column="c")) == [text for _pk, text in rows]
    assert list(secrets.open_all(sealed, table="t", column="c")) == [text for _pk, text in rows]
    moved = [(cells[2][0], cells[0][1])]
    with pytest.raises(secrets.WrongKey, match="moved"):
        list(secrets.open_all(moved, table="t", column="c"))
    with pytest.raises(secrets.WrongKey, match="another key"):
        list(secrets.open_all([(cells[0][0], b"\x01none" + cells[0][1][5:])], table="t", column="c"))


def test_an_altered_value_does_not_open() -> None:
    pk = uuid4()
    sealed = bytearray(secrets.seal("13800001234", table="t", column="c", pk=pk))
    sealed[-1] ^= 1
    with pytest.raises(secrets.WrongKey):
        secrets.open_sealed(bytes(sealed), table="t", column="c", pk=pk)


def test_two_seals_of_one_value_differ_but_their_index_is_the_same() -> None:
    pk = uuid4()
    cell = ("13800001234", "t", "c")
    assert secrets.seal(cell[0], table="t", column="c", pk=pk) != secrets.seal(
        cell[0], table="t", column="c", pk=pk
    )
    same = secrets.blind_index("１３８００００１２３４", purpose="phone")
    assert same == secrets.blind_index("13800001234", purpose="phone")
    assert same != secrets.blind_index("13800001234", purpose="name")


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    first = secrets.load_keys(tmp_path / "keys")
    assert secrets.load_keys(tmp_path / "keys") == first
    for path in (tmp_path / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_rule_needs_the_role_and_the_place() -> None:
    table = {"adopt": roles("officer")}
    assert may(table, "adopt", OFFICER, 7)
    assert not may(table, "adopt", OFFICER, 8)
    head = Actor(account_id=2, role="head", community_id=7, scope=Scope((7,), household_ids=(1,)))
    with pytest.raises(NotAllowed, match="专干"):
        require(table, "adopt", head, 7)


def test_consent_ends_at_the_moment_it_is_withdrawn() -> None:
    given_at, gone_at = AT, AT + timedelta(days=1)
    yes = [Given("contact_card", given_at, gone_at)]
    assert not has_consent(yes, "contact_card", at=given_at - timedelta(seconds=1))
    assert has_consent(yes, "contact_card", at=given_at)
    assert not has_consent(yes, "contact_card", at=gone_at)
    assert has_consent([], "register", at=AT)
    with pytest.raises(ConsentMissing, match="点头"):
        require_consent(yes, "contact_card", at=gone_at)


@pytest.mark.parametrize("text", ["=1+1", "+86", "-3", "@x", "\t=1"])
def test_no_exported_cell_is_a_formula(text: str) -> None:
    assert neutral(text).startswith("'")
    assert neutral("3-2-5-1") == "3-2-5-1"
    book = openpyxl.load_workbook(io.BytesIO(workbook(Sheet("名单", ["甲"], [[text]]))))
    cell = book.active["A4"]
    assert cell.data_type == "s"
    assert cell.value == "'" + text
