"""The vault: sensitive data (P03) in a schema of its own, a table for each purpose, each with its own key.

A row is one resident's answer to one purpose, sealed. Nobody reads it through a page's ordinary query: the
table shows nothing until a `Safe` opens it for its purpose inside the running transaction, and then only rows
of the scope whose resident said yes to this purpose and did not take it back. PostgreSQL checks all of that
itself, so that a forgotten check shows nothing. Each reading leaves an audit row.

A purpose gets its table in the migration of the domain that needs it (`purpose_table`), an entry with
`is_sensitive` in `kernel.consent.PURPOSES`, and a `Safe` with the domain's own verbs. None has one yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import ProgrammingError, connection, transaction
from django.db.migrations.operations import RunSQL
from django.utils.translation import gettext as _
from psycopg.errors import InsufficientPrivilege

from xiaojia.kernel import audit
from xiaojia.kernel.access import Rule, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.consent import PURPOSES, ConsentMissing
from xiaojia.kernel.secrets import keys, open_with, seal_with
from xiaojia.kernel.tenancy import personal_condition

SCHEMA: Final = "vault"
COLUMN: Final = "value_sealed"

SCHEMA_SQL: Final = """
CREATE SCHEMA vault;
REVOKE ALL ON SCHEMA vault FROM PUBLIC;
DO $$ DECLARE grantee_name text; BEGIN
  FOR grantee_name IN
    SELECT DISTINCT acl.grantee::regrole::text FROM pg_default_acl d, aclexplode(d.defaclacl) acl
    WHERE d.defaclnamespace = 'public'::regnamespace AND d.defaclobjtype = 'r'
    AND acl.grantee NOT IN (0, d.defaclrole)
  LOOP EXECUTE format('GRANT USAGE ON SCHEMA vault TO %s', grantee_name); END LOOP;
END $$;
"""
"""The schema, closed to everybody but the role that serves, who may enter and finds nothing."""
SCHEMA_REVERSE_SQL: Final = "DROP SCHEMA vault"


def purpose_table(purpose: str, *, consents: str) -> RunSQL:
    """The table of one purpose, for the migration of its domain. `consents` holds who said yes to what."""
    table = _table(purpose)
    place = personal_condition()
    yes = (
        f"EXISTS (SELECT 1 FROM {consents} c WHERE c.resident_id = {table}.resident_id"  # noqa: S608  # names of ours
        f" AND c.household_id = {table}.household_id AND c.community_id = {table}.community_id"
        f" AND c.purpose = '{purpose}' AND c.withdrawn_at IS NULL)"
    )
    opened = "(SELECT current_setting('app.vault', true))"
    used = f"{place} AND {opened} = '{purpose}' AND {yes}"
    return RunSQL(
        f"""CREATE TABLE {table} (id uuid PRIMARY KEY, community_id bigint NOT NULL,
          household_id bigint NOT NULL, resident_id uuid NOT NULL UNIQUE, {COLUMN} bytea NOT NULL,
          written_at timestamptz NOT NULL);
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY fence ON {table} USING (({used}) OR ({place} AND {opened} = 'erase {purpose}'))
          WITH CHECK ({used});
        DO $$ DECLARE grantee_name text; BEGIN
          FOR grantee_name IN
            SELECT DISTINCT acl.grantee::regrole::text FROM pg_namespace n, aclexplode(n.nspacl) acl
            WHERE n.nspname = '{SCHEMA}' AND acl.grantee NOT IN (0, n.nspowner)
          LOOP EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO %s', grantee_name);
          END LOOP;
        END $$;""",  # noqa: S608  # names of ours, see _table
        f"DROP TABLE {table}",
    )


def purposes() -> list[str]:
    """The purposes that have a table here, in order of their names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [SCHEMA])
        return [name for (name,) in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Safe:
    """The only way to one purpose's rows: with the verbs of the domain that needs them.

    `may` is the domain's table of verbs; `reading` and `writing` are two of its verbs.
    """

    purpose: str
    may: Mapping[str, Rule]
    reading: str
    writing: str

    def __post_init__(self) -> None:
        known = PURPOSES.get(self.purpose)
        if known is None or not (known.is_sensitive and known.needs_consent and known.assessment):
            # P03, P04
            raise ValueError(f"{self.purpose} is no sensitive purpose with consent and an assessment")

    @transaction.atomic
    def put(self, *, by: Actor, at: datetime, resident_id: UUID, household_id: int, plain: str) -> None:
        """Write one resident's answer in place of an earlier one; ConsentMissing without a living yes."""
        require(self.may, self.writing, by, by.community_id)
        if not plain:
            raise ValueError("nothing to keep: erase it instead")
        self._delete(resident_id)
        pk = uuid4()
        sealed = self._seal(plain, pk)
        try:
            with _opened(self.purpose), connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {_table(self.purpose)} (id, community_id, household_id, resident_id,"  # noqa: S608  # see _table
                    f" {COLUMN}, written_at) VALUES (%s, %s, %s, %s, %s, %s)",
                    [pk, by.community_id, household_id, resident_id, sealed, at],
                )
        except ProgrammingError as error:
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            raise ConsentMissing(
                _("没有记下来，因为“%(purpose)s”要本人点头；先问过本人，记下同意再来。")
                % {"purpose": PURPOSES[self.purpose].label}
            ) from error
        self._record(by, at, self.writing, [resident_id])

    @transaction.atomic
    def read(self, *, viewer: Actor, at: datetime, resident_ids: Iterable[UUID]) -> dict[UUID, str]:
        """What these residents said, without those who took the yes back. Leaves an audit row.

        The caller shows it to a person, so the caller also writes the view log.
        """
        require(self.may, self.reading, viewer, viewer.community_id)
        wanted = list(resident_ids)
        with _opened(self.purpose), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, resident_id, {COLUMN} FROM {_table(self.purpose)} WHERE resident_id = ANY(%s)",  # noqa: S608  # see _table
                [wanted],
            )
            found = {resident: self._open(sealed, pk) for pk, resident, sealed in cursor.fetchall()}
        if found:
            self._record(viewer, at, self.reading, found)
        return found

    @transaction.atomic
    def erase(self, *, by: Actor, at: datetime, resident_id: UUID) -> bool:
        """Delete what a resident said, with or without a living yes; whether there was anything."""
        require(self.may, self.writing, by, by.community_id)
        is_gone = self._delete(resident_id)
        if is_gone:
            self._record(by, at, self.writing, [resident_id])
        return is_gone

    def _delete(self, resident_id: UUID) -> bool:
        with _opened(f"erase {self.purpose}"), connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {_table(self.purpose)} WHERE resident_id = %s",  # noqa: S608  # see _table
                [resident_id],
            )
            return bool(cursor.rowcount)

    def _record(self, by: Actor, at: datetime, verb: str, resident_ids: Iterable[UUID]) -> None:
        audit.record(by=by, at=at, verb=verb, kind=f"vault {self.purpose}", ids=resident_ids)

    def _seal(self, plain: str, pk: UUID) -> bytes:
        key = keys().of_purpose(self.purpose)
        return seal_with(key, plain, table=self.purpose, column=COLUMN, pk=pk)

    def _open(self, sealed: bytes, pk: UUID) -> str:
        key = keys().of_purpose(self.purpose)
        return open_with([key], sealed, table=self.purpose, column=COLUMN, pk=pk)


@contextmanager
def _opened(what: str) -> Iterator[None]:
    """The table shows its rows for these statements only; the setting is taken back, also after an error."""
    _set(what)
    try:
        with transaction.atomic():
            yield
    finally:
        _set("")


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.vault', %s, true)", [value])


def _table(purpose: str) -> str:
    if not re.fullmatch(r"[a-z][a-z_]{2,30}", purpose):
        raise ValueError(f"{purpose} names no purpose")
    return f"{SCHEMA}.{purpose}"
