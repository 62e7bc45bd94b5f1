"""`kill -9` between outbox and sender: nothing is lost or sent twice, and what cannot be known is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.test import override_settings

from tests.running import eventually
from xiaojia.kernel import clock, outbox, outbox_delivery
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.outbox_senders import WecomGroup
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.listening import Robot, listening

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = 7
KIND = outbox.kind("crash", "试一试")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path)):
        yield tmp_path


@pytest.fixture
def robot() -> Iterator[Robot]:
    with listening(Robot()) as server, override_settings(XIAOJIA_WECOM_HOST=server.url):
        yield server


def _post(channel: str, urgency: str) -> UUID:
    with entered(Scope((PLACE,), is_wide=True)):
        return outbox.post(
            Letter(KIND, "来一趟", urgency),
            to=Recipient(channel, "13800001234"), community_id=PLACE, at=clock.now(),
        )  # fmt: skip


def _state(pk: UUID) -> str:
    with entered(Scope((PLACE,), is_wide=True)):
        return str(Message.objects.get(pk=pk).state)


def _killed_at(point: str, pk: UUID, **environment: str) -> None:
    """Let another process deliver the message, and kill it where it stands."""
    child = subprocess.Popen(
        [sys.executable, "-m", "xiaojia.kernel.tests.dying", str(pk), str(PLACE), point],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "here\n"
        assert _state(pk) == "claimed", "the claim was committed before the sender got anything"
        assert outbox_delivery.deliver(pk, community_id=PLACE, at=clock.now()) is None, "it is held"
        child.send_signal(signal.SIGKILL)
        child.wait()


def _after_the_crash(pk: UUID) -> str:
    """What the next sweep makes of it, as soon as PostgreSQL has let the dead one's lock go."""
    eventually(
        "the dead worker's lock is free",
        lambda: (
            outbox_delivery.deliver_due(community_id=PLACE, at=clock.now()) >= 0 and _state(pk) != "claimed"
        ),
    )
    return _state(pk)


@pytest.mark.parametrize("point", ["claimed", "drafted", "marked", "given"])
def test_the_folder_gets_exactly_one_file_wherever_the_worker_died(folder: Path, point: str) -> None:
    pk = _post("sms", Urgency.ANSWER)
    _killed_at(point, pk, XIAOJIA_SMS_FOLDER=str(folder))
    before = list(folder.glob("*.csv"))
    assert len(before) == (1 if point == "given" else 0), "killed where it was meant to be"
    for taken in before:
        taken.unlink()  # the portal was quick
    assert _after_the_crash(pk) == "sent"
    assert len(list(folder.glob("*.csv"))) + len(before) == 1


@pytest.mark.parametrize(("point", "arrived"), [("claimed", 0), ("given", 1)])
def test_a_group_never_gets_it_twice_and_the_office_is_told(robot: Robot, point: str, arrived: int) -> None:
    pk = _post("wecom", Urgency.ANSWER)
    _killed_at(point, pk, XIAOJIA_WECOM_HOST=robot.url)
    assert _after_the_crash(pk) == "unsure"
    assert len(robot.got) == arrived
    assert outbox_delivery.deliver_due(community_id=PLACE, at=clock.now()) == 0
    assert len(robot.got) == arrived


def test_danger_rather_goes_twice_than_not_at_all(robot: Robot) -> None:
    pk = _post("wecom", Urgency.DANGER)
    _killed_at("claimed", pk, XIAOJIA_WECOM_HOST=robot.url)
    assert _after_the_crash(pk) == "sent"
    assert len(robot.got) == 1


def test_negative_control_a_sender_that_only_claims_to_know_repetitions_would_send_twice(
    robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WecomGroup, "deduplicates", True)
    pk = _post("wecom", Urgency.ANSWER)
    _killed_at("given", pk, XIAOJIA_WECOM_HOST=robot.url)
    assert _after_the_crash(pk) == "sent"
    assert len(robot.got) == 2


def test_negative_control_a_worker_that_forgets_claims_would_lose_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = _post("sms", Urgency.ANSWER)
    _killed_at("claimed", pk, XIAOJIA_SMS_FOLDER=str(folder))
    monkeypatch.setattr(outbox_delivery, "_ON_ITS_WAY", (Message.State.WAITING,))
    for _sweep in range(3):
        assert outbox_delivery.deliver_due(community_id=PLACE, at=clock.now()) == 0
    assert (_state(pk), list(folder.glob("*.csv"))) == ("claimed", [])
