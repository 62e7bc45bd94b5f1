"""Changing the keys: every sealed value is opened with the old key and sealed with the next, in batches.

Nothing is lost at any moment: the old secret stays until no value needs it. A value carries the id of
its key, so whoever was killed is followed by whoever goes on. Runs as the owner, alone (see
`kernel.secrets.only_user`): it is finished before anybody serves pages or sends messages.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, UUIDField

from xiaojia.kernel import secrets, vault
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import Keys, Ring

BATCH: Final = 500
"""Rows a transaction."""

_SEALED: Final = "_sealed"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One sealed column, and the blind index that is changed with it.

    `phone_sealed` takes `phone_index` along. An index of which no sealed column has the name goes with the
    first column of its table that is never empty. `purpose`: of the vault, '' outside of it.
    """

    table: str
    column: str
    index: str = ""
    purpose: str = ""

    @property
    def quoted(self) -> str:
        return f'"{vault.SCHEMA}"."{self.table}"' if self.purpose else f'"{self.table}"'


class CannotOpen(Refused):
    """A sealed value opens with no key that is here."""


def sealed_columns() -> list[SealedColumn]:
    """Every sealed column of every table, by its name; the tables of the vault included."""
    found = []
    for model in apps.get_models():
        fields = [f for f in model._meta.local_fields if isinstance(f, BinaryField)]
        names = {f.name for f in fields}
        cells = [n for _has, n in sorted((f.has_default(), f.name) for f in fields) if n.endswith(_SEALED)]
        if not cells:
            continue
        if not isinstance(model._meta.pk, UUIDField) or model._meta.pk.name != "id":
            raise TypeError(f"{model.__name__} has sealed fields but no UUID of its own")
        own = {cell: cell.removesuffix(_SEALED) + "_index" for cell in cells}
        stray = sorted(n for n in names if n.endswith("_index") and n not in own.values())
        if len(stray) > 1:
            raise TypeError(f"{model.__name__}: which sealed fields do {stray} go with?")
        for place, cell in enumerate(cells):
            index = own[cell] if own[cell] in names else (stray[0] if stray and place == 0 else "")
            found.append(SealedColumn(model._meta.db_table, cell, index))
    return found + [SealedColumn(p, vault.COLUMN, purpose=p) for p in vault.purposes()]


def is_pending(folder: Path) -> bool:
    """Whether a change of keys was begun and not finished."""
    return (folder / secrets.NEXT).exists()


def finish() -> int:
    """Seal everything with the next keys, then let the old ones go; returns how many values were changed.

    Django's connection is the owner's. Call it again after a crash: it goes on where it was.
    """
    folder = Path(settings.XIAOJIA_HOME) / "keys"
    with secrets.only_user(folder):
        ring = secrets.load_ring(folder)
        count = sum(_reseal(column, ring) for column in sealed_columns())
        secrets.retire(folder)
    return count


def _reseal(column: SealedColumn, ring: Ring) -> int:
    old, new = _keys_of(column, ring)
    count, last = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = _batch(column, secrets.key_id(new[0]), last)
            _write(column, [_changed(column, row, old, new, ring) for row in rows])
        if not rows:
            return count
        count, last = count + len(rows), rows[-1][0]


def _keys_of(column: SealedColumn, ring: Ring) -> tuple[list[bytes], list[bytes]]:
    """The keys that may open a value of this column, and (as a list of one) the one that seals it."""
    generations = [generation for generation in (ring.current, ring.retiring) if generation]
    if column.purpose:
        rooted = [generation for generation in generations if generation.root]
        keys = [generation.of_purpose(column.purpose) for generation in rooted]
    else:
        keys = [generation.data for generation in generations]
    return keys, keys[:1]


Row = tuple[UUID, bytes, bytes]
"""Primary key, sealed value, index (b"" where there is none)."""


def _batch(column: SealedColumn, new_id: bytes, last: UUID) -> list[Row]:
    index = f'"{column.index}"' if column.index else "''::bytea"
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id, "{column.column}", {index} FROM {column.quoted} WHERE id > %s'  # noqa: S608  # names of ours
            f' AND length("{column.column}") > 0 AND substring("{column.column}" FROM 2 FOR 4) <> %s'
            " ORDER BY id LIMIT %s FOR UPDATE",
            [last, new_id, BATCH],
        )
        return [(pk, bytes(sealed), bytes(index)) for pk, sealed, index in cursor.fetchall()]


def _changed(column: SealedColumn, row: Row, old: list[bytes], new: list[bytes], ring: Ring) -> Row:
    pk, sealed, index = row
    cell = {"table": column.table, "column": column.column, "pk": pk}
    try:
        plain = secrets.open_with(old, sealed, **cell)  # type: ignore[arg-type]  # mixed keywords on purpose
    except secrets.WrongKey as error:
        raise CannotOpen(
            f"钥匙没有换完，因为 {column.table} 里编号 {pk} 的一格打不开；旧钥匙还在，什么都没有丢，"
            "请把这句话告诉管理员。"
        ) from error
    fresh = secrets.seal_with(new[0], plain, **cell)  # type: ignore[arg-type]  # see above
    return pk, fresh, _index(column, plain, index, ring) if index else b""


def _index(column: SealedColumn, plain: str, index: bytes, ring: Ring) -> bytes:
    """The index of the same text with the next key; of a text that nobody has, one made of the old index."""
    before: Keys = ring.retiring or ring.current
    purpose = column.column.removesuffix(_SEALED)
    if secrets.blind_index_with(before.index, plain, purpose=purpose) == index:
        return secrets.blind_index_with(ring.current.index, plain, purpose=purpose)
    return hmac.new(ring.current.index, b"rekeyed\0" + index, hashlib.sha256).digest()[:16]


def _write(column: SealedColumn, rows: Sequence[Row]) -> None:
    if not rows:
        return
    index = f', "{column.index}" = CASE WHEN length(u.index) > 0 THEN u.index ELSE t."{column.index}" END'
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {column.quoted} t SET "{column.column}" = u.sealed{index if column.index else ""}'  # noqa: S608  # names of ours
            " FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u(id, sealed, index) WHERE t.id = u.id",
            [list(part) for part in zip(*rows, strict=True)],
        )
