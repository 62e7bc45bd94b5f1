"""The only module that knows the job queue (procrastinate on the same PostgreSQL)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import DeleteJobCondition

from xiaojia.kernel import work as _work
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work


@app.task(name="xiaojia.work", queue="work", retry=RetryStrategy(max_attempts=10, wait=5))
def perform_work(work_id: str) -> None:
    """Do one piece of long work; a database that went away is tried again."""
    _work.perform(UUID(work_id))


def start_work(kind: str, *, by: Actor, at: datetime, payload: Mapping[str, Any]) -> Work:
    """Queue a piece of work in the running transaction: it starts only if that commits."""
    if kind not in _work.FUNCTIONS:
        raise ValueError(f"nobody does the work {kind}")
    with transaction.atomic():
        row = Work.objects.create(
            community_id=by.community_id,
            account_id=by.account_id,
            role=by.role,
            kind=kind,
            payload=dict(payload),
            started_at=at,
        )
        perform_work.defer(work_id=str(row.pk))
    return row


def soon(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make of a function one that queues it in the running transaction, before any long work.

    Its arguments are plain keyword values; a database that went away is tried again.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        retry = RetryStrategy(max_attempts=5, wait=5)
        task = app.task(name=name, queue="soon", priority=10, retry=retry)(function)

        def later(**arguments: Any) -> None:
            task.defer(**arguments)

        return later

    return register


def every(cron: str, *, name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Run a function without arguments on a cron schedule, never twice at once."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        @app.periodic(cron=cron)
        @app.task(name=name, queue="periodic", queueing_lock=name, pass_context=False)
        def scheduled(timestamp: int) -> None:
            function()

        return function

    return register


def run_worker(*, one_shot: bool = False) -> None:
    """Run the worker until it is told to stop; with `one_shot` until the queue is empty."""
    asyncio.run(_run_worker(one_shot))


async def _run_worker(one_shot: bool) -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]  # Django's own
    async with worker_app.open_async():
        await _revive_stalled(worker_app)
        await worker_app.run_worker_async(
            wait=not one_shot,
            listen_notify=not one_shot,
            concurrency=3,  # two pieces of long work leave a place for a sign-in code
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            shutdown_graceful_timeout=5,
        )


async def _revive_stalled(worker_app: App) -> None:
    """Queue again what a killed worker left behind; a work that still runs elsewhere holds its lock."""
    for stalled in await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=0):
        await worker_app.job_manager.retry_job(stalled)
