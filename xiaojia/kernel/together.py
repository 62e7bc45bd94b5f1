"""Rows of several tables in one round trip: the hot paths write what belongs together at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models


def insert_together(*rows: models.Model) -> list[bool]:
    """Insert these rows in one statement, inside the running transaction; whether each one came in.

    A row that a unique constraint forbids is left out without an error, which would end the transaction.
    The policies of all tables judge by what was there before the statement: a row whose policy looks for
    its parent comes after it. Keys that the database gives are not read back.
    """
    parts, values = [], []
    for number, row in enumerate(rows):
        model = type(row)
        has_key = row.pk is not None
        parts.append(f"r{number} AS ({_insert(model, has_key)})")
        values += [_value(row, field) for field in _fields(model, has_key)]
    counts = ", ".join(f"(SELECT count(*) FROM r{number})" for number in range(len(rows)))  # noqa: S608  # numbers
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT {counts}", values)
        came = [count == 1 for count in cursor.fetchone()]
    for row, is_there in zip(rows, came, strict=True):
        if is_there and row.pk is not None:
            row._state.adding, row._state.db = False, connection.alias
    return came


def insert_many(rows: Sequence[models.Model], *, or_leave_out: bool = False) -> None:
    """Insert many new rows of one table in one statement with one parameter: far cheaper than a value each.

    Defaults are those of the model. A unique constraint ends it, or, if asked so, leaves that row out. Keys
    that the database gives are not read back.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = _fields(model, rows[0].pk is not None)
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    plain = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    taken = " ON CONFLICT DO NOTHING" if or_leave_out else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names})"  # noqa: S608  # names of our own tables
            f" SELECT {names} FROM json_populate_recordset(NULL::{table}, %s::json){taken}",
            [json.dumps(plain, ensure_ascii=False, default=_told)],
        )


def _told(value: object) -> str:
    """A value that JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, bytes | memoryview):
        return "\\x" + value.hex()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(row: models.Model, field: Any) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)


@lru_cache(maxsize=64)
def _fields(model: type[models.Model], has_key: bool) -> tuple[Any, ...]:
    return tuple(f for f in model._meta.local_concrete_fields if has_key or not f.primary_key)


@lru_cache(maxsize=64)
def _insert(model: type[models.Model], has_key: bool) -> str:
    columns = [field.column for field in _fields(model, has_key)]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING 1"  # noqa: S608  # names of our own tables
