"""The vault: no row without a living consent, none in sight until its purpose is opened, each reading noted.

The purpose is made up for these tests; its table is built by the same operation as a real one's migration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from tests import cast
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Resident
from xiaojia.kernel import consent, secrets, vault
from xiaojia.kernel.access import roles
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.consent import ConsentMissing, Purpose
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import NotAllowed
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

PURPOSE = "invented_diet"
MAY = {"see_diet": roles("officer"), "write_diet": roles("officer")}
WORDS = "不吃花生（模拟）"
AsOwner = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _table(as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    purpose = Purpose(PURPOSE, "", "", needs_consent=True, is_sensitive=True, assessment="a record")
    monkeypatch.setitem(consent.PURPOSES, PURPOSE, purpose)
    operation = vault.purpose_table(PURPOSE, consents="people_consent")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS vault.{PURPOSE}")
        cursor.execute(str(operation.sql))
    yield
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(str(operation.reverse_sql))


def _safe() -> vault.Safe:
    return vault.Safe(PURPOSE, MAY, reading="see_diet", writing="write_diet")


def _somebody(officer: Actor, *, agrees: bool = True) -> Resident:
    resident = Resident.objects.order_by("pk")[0]
    if agrees:
        people.give_consent(by=officer, at=cast.NOW, resident_id=resident.pk, purpose=PURPOSE)
    return resident


def _put(officer: Actor, resident: Resident, plain: str = WORDS) -> None:
    _safe().put(
        by=officer, at=cast.NOW, resident_id=resident.pk, household_id=resident.household_id, plain=plain
    )


def _read(viewer: Actor, resident: Resident) -> dict[UUID, str]:
    return _safe().read(viewer=viewer, at=cast.NOW, resident_ids=[resident.pk])


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM vault.{PURPOSE}")
        return int(cursor.fetchone()[0])


def test_what_was_put_is_read_and_each_reading_is_noted() -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        resident = _somebody(officer)
        _put(officer, resident, "以前的话（模拟）")
        _put(officer, resident)
        before = AuditEntry.objects.filter(verb="see_diet").count()
        assert _read(officer, resident) == {resident.pk: WORDS}
        assert AuditEntry.objects.filter(verb="see_diet").count() == before + 1


def test_without_a_yes_nothing_is_written() -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        resident = _somebody(officer, agrees=False)
        with pytest.raises(ConsentMissing, match="本人点头"):
            _put(officer, resident)
        assert _read(officer, resident) == {}


def test_a_yes_taken_back_hides_it_at_once_and_it_can_still_be_erased(as_owner: AsOwner) -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        resident = _somebody(officer)
        _put(officer, resident)
        later = cast.NOW + timedelta(seconds=1)
        people.withdraw_consent(by=officer, at=later, resident_id=resident.pk, purpose=PURPOSE)
        assert _read(officer, resident) == {}
    with as_owner():
        assert _count() == 1
    with entered(officer.scope):
        assert _safe().erase(by=officer, at=later, resident_id=resident.pk)
        assert not _safe().erase(by=officer, at=later, resident_id=resident.pk)
    with as_owner():
        assert _count() == 0


def test_a_query_that_strays_into_the_table_finds_nothing(as_owner: AsOwner) -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        _put(officer, _somebody(officer))
        assert _count() == 0, "closed again behind the action"
        with vault._opened("another_purpose"):
            assert _count() == 0
        with vault._opened(PURPOSE):
            assert _count() == 1
        assert _count() == 0
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE vault.{PURPOSE} DISABLE ROW LEVEL SECURITY")
    with entered(officer.scope):
        assert _count() == 1, "negative control: without the fence the row is in sight"


def test_it_is_closed_again_after_an_error() -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        _put(officer, _somebody(officer))
        with pytest.raises(ZeroDivisionError), vault._opened(PURPOSE):
            raise ZeroDivisionError
        assert _count() == 0


def test_another_community_another_role_and_other_doors_see_nothing() -> None:
    people_of = cast.build()
    officer, elsewhere = people_of.actor("officer"), people_of.elsewhere.actor("officer")
    with entered(officer.scope):
        resident = _somebody(officer)
        _put(officer, resident)
    with entered(elsewhere.scope):
        assert _read(elsewhere, resident) == {}
    for door, count in ((0, 0), (resident.household_id, 1)):
        narrow = Scope((officer.community_id,), household_ids=(door,))
        with entered(narrow), vault._opened(PURPOSE):
            assert _count() == count
    secretary = people_of.actor("secretary")
    with entered(secretary.scope), pytest.raises(NotAllowed):
        _read(secretary, resident)


def test_a_yes_of_another_household_does_not_count(as_owner: AsOwner) -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        resident = _somebody(officer)
        with pytest.raises(ConsentMissing):
            _safe().put(
                by=officer, at=cast.NOW, resident_id=resident.pk,
                household_id=resident.household_id + 1, plain=WORDS,
            )  # fmt: skip


def test_the_purpose_has_a_key_of_its_own(as_owner: AsOwner) -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        _put(officer, _somebody(officer))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, value_sealed FROM vault.{PURPOSE}")
        pk, sealed = cursor.fetchone()
    cell = {"table": PURPOSE, "column": vault.COLUMN, "pk": pk}
    for key in (secrets.keys().data, secrets.keys().of_purpose("another_purpose")):
        with pytest.raises(secrets.WrongKey):
            secrets.open_with([key], sealed, **cell)
    assert secrets.open_with([secrets.keys().of_purpose(PURPOSE)], sealed, **cell) == WORDS


@pytest.mark.parametrize("lack", ["needs_consent", "is_sensitive", "assessment"])
def test_a_purpose_without_consent_or_assessment_has_no_safe(
    lack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"needs_consent": True, "is_sensitive": True, "assessment": "a record"}
    purpose = Purpose(PURPOSE, "", "", **(more | {lack: "" if lack == "assessment" else False}))  # type: ignore[arg-type]  # mixed on purpose
    monkeypatch.setitem(consent.PURPOSES, PURPOSE, purpose)
    with pytest.raises(ValueError, match="no sensitive purpose"):
        _safe()


def test_no_sensitive_purpose_lives_outside_and_none_has_a_table_yet(as_owner: AsOwner) -> None:
    """Whoever adds the first one takes this line away, and adds the purpose to `docs/privacy.md`."""
    assert vault.purposes() == [PURPOSE]
    assert [p.code for p in consent.PURPOSES.values() if p.is_sensitive] == [PURPOSE]


def test_the_serving_role_cannot_make_or_drop_tables_there() -> None:
    for statement in ("CREATE TABLE vault.other (n int)", f"DROP TABLE vault.{PURPOSE}"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_names_of_purposes_are_plain_words() -> None:
    for name in ("", "x; DROP TABLE", "Diet", "a.b"):
        with pytest.raises(ValueError, match="names no purpose"):
            vault.purpose_table(name, consents="people_consent")
