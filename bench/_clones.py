"""One community many times over, by SQL as the owner: neighbours in the tables, who must not slow a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql

APART: Final = 10_000_000
"""Ids of copy k are those of the first community plus k times this."""
WHERE: Final = {
    "places.Community": "id = %s",
    "people.Account": "id IN (SELECT account_id FROM teams_tenure WHERE community_id = %s)",
}
"""How rows belong to a community where no column says so."""
UNIQUE: Final = {
    "code": "left(code, 8) || lpad(k::text, 4, '0')",
    "username": "left(username, 30) || '-' || k",
}
"""Columns that no two communities share, in copy `k`."""
LOOSE: Final = {"community_id", "household_id"}
"""Ids without a foreign key."""


def clone(owner_url: str, community_id: int, *, copies: int) -> None:
    """Copy every row of a community, ids shifted, its own keys pointing at its own rows.

    Sealed values are copied as they are: nobody can open them in a copy, and no page of a bench tries to.
    """
    with psycopg.connect(owner_url) as connection:
        for label, table, columns in _tables():
            statement = sql.SQL(
                "INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, %s) AS k"
                " WHERE {belongs}"
            ).format(
                belongs=sql.SQL(WHERE.get(label, "community_id = %s")),
                table=sql.Identifier(table),
                names=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(map(sql.SQL, columns.values())),
            )
            connection.execute(statement, [copies, community_id])
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _tables() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Label and table, parents first, with the SQL value of every column in copy `k`."""
    from django.apps import apps

    ours = {m for m in apps.get_models() if m._meta.label in WHERE or _has_community(m)}
    waiting = sorted(ours, key=lambda model: model._meta.db_table)
    while waiting:
        model: Any = next(m for m in waiting if not _wanted_before(m) & set(waiting))
        waiting.remove(model)
        fields = model._meta.local_concrete_fields
        yield model._meta.label, model._meta.db_table, {f.column: _value(f, ours) for f in fields}


def _has_community(model: Any) -> bool:
    return "community_id" in {f.name for f in model._meta.local_concrete_fields}


def _wanted_before(model: Any) -> set[Any]:
    """Tables whose rows must be there first."""
    return {f.related_model for f in model._meta.local_concrete_fields if f.is_relation} - {model}


def _value(field: Any, ours: set[Any]) -> str:
    points_home = field.is_relation and field.related_model in ours
    is_own_id = field.primary_key and not field.is_relation
    if field.unique and field.column in UNIQUE:
        return UNIQUE[field.column]
    if not (points_home or is_own_id or field.column in LOOSE):
        return f'"{field.column}"'
    kind = (field.related_model._meta.pk if points_home else field).get_internal_type()
    if kind == "UUIDField":
        return f'md5("{field.column}"::text || k)::uuid'
    return f'"{field.column}" + k::bigint * {APART}'
