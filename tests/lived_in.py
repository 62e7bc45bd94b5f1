"""A home with people in it, for tests of backups and keys: made and looked at by processes of their own.

`python -m tests.lived_in make` fills XIAOJIA_HOME, `look` prints what its sealed fields and indexes tell. All
names and numbers are invented (模拟).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tests.running import command_environment, home_like, prepare, xiaojia

CODE: Final = "999999001001"
FIRST_LOOK: Final = "first-look.json"
PEOPLE: Final = 1200
PHONE: Final = "13855500007"
PERSON: Final = "household:7"
MESSAGE_ID: Final = UUID("6f1e3a52-0000-4000-8000-000000000001")


@contextmanager
def lived_in_home() -> Iterator[Path]:
    """A home with a community of 1,200 people: phones, consents, a message, a file, and a sealed trail."""
    with home_like("lived-in", _make_in) as home:
        yield home


def _make_in(home: Path) -> None:
    prepare(home)
    _run(home, "make")
    done = xiaojia(home, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "files").mkdir(mode=0o700, exist_ok=True)
    (home / "files" / "住户表（模拟）.xlsx").write_bytes(os.urandom(300_000))
    (home / FIRST_LOOK).write_text(json.dumps(look_in(home)), encoding="utf-8")


def first_look(home: Path) -> dict[str, Any]:
    """What the office could read there when the home was made: the same in every copy of it."""
    return dict(json.loads((home / FIRST_LOOK).read_text(encoding="utf-8")))


def look_in(home: Path) -> dict[str, Any]:
    """What the office can read there."""
    return dict(json.loads(_run(home, "look").splitlines()[-1]))


def _run(home: Path, verb: str) -> str:
    command = [sys.executable, "-m", "tests.lived_in", verb]
    done = subprocess.run(
        command, env=command_environment(home), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _make() -> None:
    from tests import cast
    from xiaojia.domains.people import actions as people
    from xiaojia.domains.people.models import Resident
    from xiaojia.domains.places import actions as places
    from xiaojia.domains.teams import actions as teams
    from xiaojia.domains.teams.queries import actor_in
    from xiaojia.kernel.models import Message
    from xiaojia.kernel.secrets import blind_index, seal
    from xiaojia.kernel.tenancy import entered

    since = date(2026, 1, 1)
    community = places.add_community(code=CODE, name="青禾社区（模拟）", on=since, is_simulated=True)
    account = people.add_account(username="qh", name="秦晓兰", password=cast.PASSWORD, is_simulated=True)
    desk = teams.open_desk(account_id=account.pk, community_id=community.pk, role="officer", on=since)
    officer = actor_in(desk, on=cast.TODAY)
    with entered(officer.scope):
        place = places.PlaceRow("刘家院子", "1", "1", floors=2, doors_per_floor=2, x_metres=0.0, y_metres=0.0)
        [unit_id] = places.lay_places(by=officer, at=cast.NOW, rows=[place])
        rows = [
            people.HouseholdRow(
                unit_id=unit_id, door=f"9-{n}", floor=9, size=2,
                contacts=((f"住户{n}（模拟）", f"138555{n:05d}"),),
            )
            for n in range(PEOPLE)
        ]  # fmt: skip
        people.settle_households(by=officer, at=cast.NOW, as_of_on=date(2026, 2, 1), rows=rows)
        for resident in Resident.objects.order_by("pk")[:20]:
            people.give_consent(by=officer, at=cast.NOW, resident_id=resident.pk, purpose="contact_card")
        cell = {"table": "kernel_message", "pk": MESSAGE_ID}
        Message.objects.create(
            id=MESSAGE_ID, community_id=officer.community_id, kind="sign_in", urgency="digest", channel="sms",
            to_sealed=seal('{"name": "", "address": "1"}', column="to_sealed", **cell),  # type: ignore[arg-type]  # one cell
            text_sealed=seal("一条消息（模拟）", column="text_sealed", **cell),  # type: ignore[arg-type]  # the same
            person_index=blind_index(PERSON, purpose="message"), posted_at=cast.NOW, due_at=cast.NOW,
        )  # fmt: skip


def _look() -> None:
    from django.db import connection

    from tests import cast
    from xiaojia.domains.people import queries as people
    from xiaojia.domains.people.models import Resident
    from xiaojia.domains.places.queries import communities
    from xiaojia.kernel.actors import Actor
    from xiaojia.kernel.models import Message
    from xiaojia.kernel.secrets import keys, open_sealed
    from xiaojia.kernel.tenancy import entered

    community = communities().get(code=CODE)
    officer = Actor(1, "officer", community.pk, cast.wide(community.pk))
    with entered(officer.scope):
        residents = list(Resident.objects.all())
        cells = {"table": "people_resident", "column": "phone_sealed"}
        phones = sorted(open_sealed(r.phone_sealed, pk=r.pk, **cells) for r in residents)
        message = Message.objects.get(pk=MESSAGE_ID)
        text = open_sealed(message.text_sealed, table="kernel_message", column="text_sealed", pk=MESSAGE_ID)
        found = people.households_found(PHONE, viewer=officer, limit=5)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege('kernel_auditentry', 'UPDATE'),"
                " has_table_privilege('people_resident', 'UPDATE'), has_schema_privilege('vault', 'USAGE')"
            )
            privileges = list(cursor.fetchone())
    new = keys().key_id
    print(
        json.dumps(
            {
                "phones": phones,
                "text": text,
                "found": found,
                "privileges": privileges,
                "newly_sealed": sum(bytes(r.phone_sealed)[1:5] == new for r in residents),
                "person_index": bytes(message.person_index).hex(),
            }
        )
    )


if __name__ == "__main__":
    from xiaojia.project.cli import prepared

    with prepared():
        {"make": _make, "look": _look}[sys.argv[1]]()
