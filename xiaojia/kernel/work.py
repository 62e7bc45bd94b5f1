"""Long work: import, planning. Started by a person, done by the worker, with progress and 停下."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

logger = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 3
SECONDS_BETWEEN_WORDS: Final = 0.25


class Cancelled(Exception):
    """Somebody pressed 停下; the work's transaction is rolled back."""


class StillRunning(Exception):
    """Another worker holds this work; the queue tries again later in case that one dies."""


class Progress:
    """Tells how far the work is, on a connection of its own so that others see it before the commit."""

    def __init__(self, work_id: UUID) -> None:
        parameters = connection.get_connection_params()
        for name in ("pool", "cursor_factory", "context", "prepare_threshold", "server_side_binding"):
            parameters.pop(name, None)
        self._work_id = work_id
        self._connection = psycopg.connect(**parameters, autocommit=True)
        self._last_said = 0.0

    def say(self, step: str, done: int, total: int) -> None:
        """Report `done` of `total`; raises Cancelled when 停下 was pressed. At most 4 writes a second."""
        moment = time.monotonic()
        if done not in {0, total} and moment - self._last_said < SECONDS_BETWEEN_WORDS:
            return
        self._last_said = moment
        row = self._connection.execute(
            "UPDATE kernel_work SET step = %s, done_count = %s, total_count = %s WHERE id = %s"
            " RETURNING is_stop_asked",
            [step[:120], done, total, self._work_id],
        ).fetchone()
        if row is None or row[0]:
            raise Cancelled

    def begin(self) -> bool:
        """Mark the work as running and count the attempt; False when it is already over."""
        row = self._connection.execute(
            "UPDATE kernel_work SET state = 'running', attempts = attempts + 1, running_since_at = %s"
            " WHERE id = %s AND state IN ('queued', 'running') AND attempts < %s RETURNING 1",
            [clock.now(), self._work_id, MOST_ATTEMPTS],
        ).fetchone()
        return row is not None

    def end(self, state: str, sentence: str, where_url: str = "") -> None:
        """Close the work without a result; only for endings whose transaction was rolled back."""
        self._connection.execute(
            "UPDATE kernel_work SET state = %s, sentence = %s, where_url = %s, ended_at = %s"
            " WHERE id = %s AND state IN ('queued', 'running')",
            [state, sentence, where_url, clock.now(), self._work_id],
        )

    def close(self) -> None:
        self._connection.close()


class SilentProgress(Progress):
    """Progress for callers that wait themselves (demo, tests): says nothing, never cancels."""

    def __init__(self) -> None:
        """No connection."""

    def say(self, step: str, done: int, total: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


Result = Mapping[str, Any]
WorkFunction = Callable[[Actor, Mapping[str, Any], Progress], Result]
FUNCTIONS: dict[str, WorkFunction] = {}
PageOf = Callable[[Mapping[str, Any]], str]
PAGES: dict[str, PageOf] = {}
"""Kind -> the address of the page that the work is about, from its payload."""


def work(kind: str, *, page: PageOf | None = None) -> Callable[[WorkFunction], WorkFunction]:
    """Register the function that does one kind of work: `f(actor, payload, progress) -> result`.

    It runs inside one transaction with the actor's scope entered; the result (ids, counts, perhaps
    `sentence` and `where_url`) is stored in that same transaction. Endings without a result (stopped,
    refused, failed) lead back to `page(payload)`.
    """

    def register(function: WorkFunction) -> WorkFunction:
        if kind in FUNCTIONS:
            raise ValueError(f"two functions for the work {kind}")
        FUNCTIONS[kind] = function
        if page is not None:
            PAGES[kind] = page
        return function

    return register


def page_of(row: Work) -> str:
    """Where the work came from; empty when its kind names no page."""
    return PAGES[row.kind](row.payload) if row.kind in PAGES else ""


def running_works(viewer: Actor) -> list[Work]:
    """Work of the viewer's communities that is not over, oldest first; only for wide roles (one query)."""
    if not viewer.scope.is_wide:
        return []
    rows = Work.objects.filter(community_id__in=viewer.scope.community_ids)
    return list(rows.filter(state__in=[Work.State.QUEUED, Work.State.RUNNING]).order_by("started_at"))


def perform(work_id: UUID) -> None:
    """Do one piece of work to its end; called by the worker, safe to call again after a crash."""
    progress = Progress(work_id)
    try:
        if progress.begin():
            _perform(Work.objects.get(pk=work_id), progress)
        else:
            progress.end(
                Work.State.FAILED, _("这件事试了三次都没做成，先停在这里；请把编号告诉管理员，再做一次。")
            )
    finally:
        progress.close()


def _perform(row: Work, progress: Progress) -> None:
    actor = Actor.for_job(community_id=row.community_id, role=row.role, account_id=row.account_id)
    try:
        with entered(actor.scope):
            if not _locked(row.pk):
                raise StillRunning(row.pk)
            result = dict(FUNCTIONS[row.kind](actor, row.payload, progress))
            _finish(row.pk, result)
    except Cancelled:
        progress.end(Work.State.CANCELLED, _("停下了。已有的数据一点没动。"), page_of(row))
    except StillRunning:
        raise
    except Refused as refusal:
        progress.end(Work.State.REFUSED, refusal.sentence, refusal.where_url or page_of(row))
    except Exception:
        logger.exception("work failed", extra={"work_id": str(row.pk), "work_kind": row.kind})
        number = str(row.pk)[:8]
        progress.end(
            Work.State.FAILED,
            _("这一步没做成，是小家的毛病，不是您的。已经记下，编号 %(number)s。") % {"number": number},
            page_of(row),
        )


def _locked(work_id: UUID) -> bool:
    """One runner at a time, for as long as this transaction lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"work {work_id}"])
        return bool(cursor.fetchone()[0])


def _finish(work_id: UUID, result: dict[str, Any]) -> None:
    """Store the result in the work's own transaction: both happen, or neither."""
    Work.objects.filter(pk=work_id, state__in=["queued", "running"]).update(
        state=Work.State.DONE,
        sentence=result.pop("sentence", ""),
        where_url=result.pop("where_url", ""),
        result=result,
        ended_at=clock.now(),
    )


@transaction.atomic
def ask_to_stop(work_id: UUID) -> None:
    """Ask the worker to stop; work that nobody began yet is cancelled at once."""
    Work.objects.filter(pk=work_id, state__in=["queued", "running"]).update(is_stop_asked=True)
