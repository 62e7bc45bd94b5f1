"""A community in the middle of its work: micro-grids adopted, a new pair of drafts waiting, people at desks.

Everything is invented (模拟) and made through the product's own actions. `busy()` needs a database.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from PIL import Image

from tests import points, recognized, stocked
from xiaojia.domains.borders.actions import Border, plan_change
from xiaojia.domains.borders.queries import compound_choices
from xiaojia.domains.cases import actions as cases
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.actions.importing_later import do_check, receive_table
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.domains.cases.photos.developing import Developed
from xiaojia.domains.cases.queries.photos import photos
from xiaojia.domains.cases.sheets import link_token
from xiaojia.domains.microgrids import actions as microgrids
from xiaojia.domains.microgrids.models import MicroGrid, Partition
from xiaojia.domains.microgrids.queries import door_ids
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Account, Household
from xiaojia.domains.places import actions as places
from xiaojia.domains.registers import actions as registers
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams.models import BuildingPage, Tenure
from xiaojia.domains.teams.queries import actor_of
from xiaojia.kernel import clock, jobs, outbox, outbox_rules
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Message, Work
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import SilentProgress

SINCE: Final = date(2026, 1, 1)


@dataclass(slots=True)
class Busy:
    """`accounts` by role; `stranger` is the secretary of another community; `ids` fill addresses."""

    place: yards.Office
    accounts: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


def busy(*, copies: int = 1) -> Busy:
    """412 households for each copy of the yards."""
    place = yards.office()
    stage = Busy(place)
    with entered(place.secretary.scope):
        for copy in range(copies):
            yards.settle(place.secretary, _copied(copy))
        yards.adopted(place)
        # Drafts of the adopted one's own hour were passed over: these came later.
        later = yards.NOW + timedelta(hours=1)
        inside, cross = microgrids.propose_partitions(by=place.officer, at=later)
        first = MicroGrid.objects.filter(until_on__isnull=True).order_by("number")[0]
        _seat(stage, first)
        homes = _with_contacts(stage, first)
        plan = jobs.start_work("plan", by=place.officer, at=yards.NOW, payload={})
        stage.ids = {
            "partition_id": inside.pk,
            "other_partition_id": cross.pk,
            "microgrid_id": first.pk,
            "household_id": homes[0],
            **_team(stage, first),
            "message_id": _messages(place.officer),
            "account_id": stage.accounts["head"].pk,
            "sign_in_id": 1,
            "role": "secretary",
            "work_id": plan.pk,
            "adopted_partition_id": Partition.objects.get(state="adopted").pk,
            "registers:columns.register_id": _register(place.officer, is_checked=False),
            "register_id": _register(place.officer, is_checked=True),
            "verdict": "doubtful",
            "year": 2026,
        }
        stage.ids |= _cases(stage, first)
        stage.ids["change_id"] = _border(place.secretary)
        stage.ids |= points.points(stage.place.officer, first.pk, homes, stage.accounts["head"])
        head = actor_of(stage.accounts["head"].pk, None, on=clock.today())
        stage.ids |= recognized.recognized(place.officer, head)
        stage.ids |= stocked.stocked(place.officer, stage.ids["member_id"])
    return stage


def _border(by: Actor) -> int:
    """A change of borders that waits for the other side's yes."""
    other = places.add_community(code="999999001079", name="新桥社区（模拟）", on=SINCE, is_simulated=True)
    pk = next(c[0] for c in compound_choices(viewer=by))
    border = Border((pk,), other.pk, yards.TODAY + timedelta(days=30), "街道调整界线（模拟）")
    return plan_change(by=by, at=yards.NOW, border=border).pk


def _cases(stage: Busy, microgrid: MicroGrid) -> dict[str, Any]:
    """Forty cases of one building and one of each state a page may meet; ids of them."""
    officer, secretary = stage.place.officer, stage.place.secretary
    cases.open_casekinds(by=officer, at=yards.NOW, on=yards.TODAY)
    kinds = {k.code: k.pk for k in Casekind.objects.filter(community_id=officer.community_id)}
    building_id = stage.ids["building_id"]
    head = stage.accounts["head"]
    steward = stage.accounts["steward"]
    made = []
    for number in range(40):
        report = Report(
            kinds["L0201" if number % 2 else "L0302"], f"三楼过道又在漏水，说了第 {number + 1} 回了（模拟）",
            building_id=building_id, reporter_name=f"住户{number}", reporter_phone=f"1380000{number:04d}",
        )  # fmt: skip
        made.append(cases.report_case(by=officer, at=yards.NOW + timedelta(minutes=number), report=report))

    def move(case: Case, action: str, minutes: int, by: Actor = officer, **more: Any) -> None:
        at = yards.NOW + timedelta(hours=1, minutes=minutes)
        cases.move_case(by=by, at=at, case_id=case.pk, move=Move(action, **{"text": "去看过了", **more}))

    for case, account, role in ((made[0], steward, "steward"), *((c, head, "head") for c in made[1:5])):
        move(case, "accept", 1)
        to: dict[str, Any] = {"handler": account.name, "handler_id": account.pk, "handler_role": role}
        move(case, "assign", 2, microgrid_ids=(microgrid.pk,), **to)
    move(made[1], "wait", 3, reason="resident")
    for case in made[2:4]:
        move(case, "finish", 4)
    move(made[2], "verify", 5, by=secretary, result=1)
    report = Report(kinds["L0202"], "换灯要物业来（模拟）", building_id=building_id)
    at = yards.NOW + timedelta(hours=2)
    cases.split_case(by=officer, at=at, parent_id=made[0].pk, report=report)
    return {
        "case_id": made[0].pk,
        "cases:move.action": "assign",
        "casekind_id": kinds["L0201"],
        "receipt.code": made[2].receipt_code,
        "token": link_token(made[2].receipt_code),
        **_photo(officer, made[0]),
        "file_id": _table(officer),
        "model_id": UUID(int=1),
        "form": "json",
        "service_code": "L0201",
        "request_id": made[0].pk,
    }


def _photo(by: Actor, case: Case) -> dict[str, Any]:
    """A photo of a case, and its link for the officer."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "JPEG")
    photo = cases.keep_photo(by=by, at=yards.NOW, case_id=case.pk, photo=Developed(out.getvalue(), 64, 48))
    token = photos(case.pk, viewer=by, at=clock.now())[0].token
    return {"photo_id": photo.pk, "photo_token": token}


def _table(by: Actor) -> UUID:
    """A table of cases that was looked at and waits, with a doubt; returns its file's id."""
    head, good = "编号,内容,类别,上报时间,地点", "K-1,漏水（模拟）,L0201,2026-02-26,刘家院子1栋"
    text = f"{head}\n{good}\nK-2,x,没有的,2026-02-26,\n"
    received = receive_table(by=by, at=yards.NOW, file_name="导出.csv", stream=[text.encode()])
    file_id = UUID(received.payload["file_id"])
    do_check(by=by, at=yards.NOW, file_id=file_id, name="导出.csv", progress=SilentProgress())
    Work.objects.filter(pk=received.pk).update(state=Work.State.DONE)
    return file_id


def _messages(by: Actor) -> UUID:
    """One message that went, one that waits, one of which nobody knows; returns the last."""
    kind = outbox.kind("busy", "门牌卡印好了")
    for number, state in enumerate(("sent", "waiting", "unsure")):
        letter = outbox.Letter(kind, "到居委会来拿", outbox_rules.Urgency.ANSWER, key=f"busy:{number}")
        to = outbox.Recipient("sms", f"1380000{number:04d}", f"住户{number}")
        pk = outbox.post(letter, to=to, community_id=by.community_id, at=yards.NOW)
        row = Message.objects.get(pk=pk)
        row.state, row.failure = state, "no_answer" if state == "unsure" else ""
        row.text_sealed = b"" if state == "sent" else row.text_sealed
        row.ended_at = None if state == "waiting" else yards.NOW
        row.save()
    return pk


def _register(by: Actor, *, is_checked: bool) -> UUID:
    """An ugly workbook, read, and held against the community if asked."""
    head = ["小区", "楼栋", "单元", "房号", "户主", "电话", "人口", "重点人员"]
    rows: list[list[object]] = [
        [
            "刘家院子",
            "1",
            "1",
            f"{home // 3 + 1}-{home + 1}",
            f"住户{home}",
            f"1380000{home:04d}",
            home % 5 + 1,
            "",
        ]
        for home in range(21)
    ]
    rows += [["老粮站院", "9", "1", f"{floor}-1", f"住户{90 + floor}", "", 2, "否"] for floor in range(1, 40)]
    rows += [["刘家院子", "2", "1", "没写清", f"住户{60 + n}", "1380", "许多", ""] for n in range(30)]
    sheet = io.StringIO()
    csv.writer(sheet).writerows([head, *rows])
    register = registers.receive_register(
        by=by, at=yards.NOW, file_name="青年路住户表（模拟）.csv", stream=[sheet.getvalue().encode()],
        as_of_on=yards.TODAY,
    )  # fmt: skip
    more: dict[str, Any] = {"by": by, "at": yards.NOW, "register_id": register.pk}
    read = registers.read_register(**more, progress=SilentProgress())
    works = Work.objects.filter(kind__startswith="register_")
    works.update(state="done")
    if is_checked:
        registers.confirm_meanings(**more, kind=read.kind, meanings={})
        registers.check_register(**more, progress=SilentProgress())
        works.update(state="done")
    return register.pk


def _copied(copy: int) -> list[yards.Yard]:
    """The yards again, a kilometre further on."""
    return [
        yards.Yard(
            f"{y.compound}{copy or ''}", y.building, y.unit, y.homes, y.floors, (y.x or 0) + 2000 * copy, y.y
        )
        for y in yards.YARDS
    ]


def _with_contacts(stage: Busy, microgrid: MicroGrid) -> list[int]:
    """Ten households of one micro-grid, each with a size and somebody to call."""
    homes = Household.objects.filter(pk__in=door_ids(microgrid.pk, on=yards.TODAY)).order_by("pk")[:10]
    rows = [
        people.HouseholdRow(
            unit_id=home.unit_id, door=home.door, floor=home.floor, size=number % 4 + 1,
            contacts=((f"住户{number}", f"1380000{number:04d}"),),
        )
        for number, home in enumerate(homes)
    ]  # fmt: skip
    settled = people.settle_households(by=stage.place.officer, at=yards.NOW, as_of_on=yards.TODAY, rows=rows)
    return settled.household_ids


def _seat(stage: Busy, microgrid: MicroGrid) -> None:
    place = stage.place
    head = people.add_account(username="lx7-head", name="邓明礼", password=yards.PASSWORD, is_simulated=True)
    teams.begin_tenure(
        by=place.secretary,
        at=yards.NOW,
        account_id=head.pk,
        role="head",
        from_on=SINCE,
        microgrid_id=microgrid.pk,
    )
    stranger = yards.office("999999001078", "临溪社区（模拟）", "lx8").secretary
    stage.accounts = {
        "secretary": Account.objects.get(pk=place.secretary.account_id),
        "officer": Account.objects.get(pk=place.officer.account_id),
        "head": head,
        "stranger": Account.objects.get(pk=stranger.account_id),
    }


def _team(stage: Busy, microgrid: MicroGrid) -> dict[str, Any]:
    """Vacancies, a steward and volunteers, yeses to the door card, and published pages; ids of them."""
    by = stage.place.secretary
    more: dict[str, Any] = {"by": by, "at": yards.NOW}
    tenures = list(Tenure.objects.filter(role="head", microgrid=microgrid))
    for role, number in (("steward", 1), ("volunteer", 2), ("volunteer", 3)):
        kind = "resident" if role == "steward" else ""
        terms = teams.Terms(0, microgrid.pk, role, yards.TODAY, "院里的人都找他", kind=kind)
        newcomer = teams.Newcomer(f"邻居{number}", f"lx7-{role}-{number}", yards.PASSWORD, is_simulated=True)
        tenures.append(teams.take_in(**more, terms=terms, newcomer=newcomer))
    stage.accounts["steward"] = tenures[1].account
    for number, tenure in enumerate(tenures[:3]):
        teams.give_listing(**more, account_id=tenure.account_id, phone=f"0230000010{number}")
    teams.settle_seats(**more)
    teams.publish_pages(**more)
    page = BuildingPage.objects.order_by("pk")[0]
    return {
        "tenure_id": tenures[0].pk, "building_id": page.building_id, "code": page.code,
        "teams:designate.role": "head",
    }  # fmt: skip
