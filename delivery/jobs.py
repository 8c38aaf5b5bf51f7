"""The jobs process: finds ended meetings and sees to it that each is delivered."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError

from delivery.executors import DbosPending, Executors, StruckOff
from delivery.metrics import JobsMetrics
from delivery.minutes import MinutesWriter
from delivery.room import RoomMessages
from delivery.settings import JobsSettings, MailSettings
from delivery.workflow import MAIL_PAUSES_SEC, Delivery, Parts
from models.settings import LlmSettings
from storage.database import Database, make_folder_of
from storage.errors import explained
from storage.executors import ExecutorBook
from storage.files import ResultFiles
from storage.line import Meeting, MeetingState
from storage.record import Record, utc_now

_log = logging.getLogger(__name__)

APPLICATION_VERSION = "delivery-1"
"""Pinned: DBOS strands what an earlier version began. A new number only when the steps of a
workflow in flight no longer fit, with a way to finish those."""

_PATIENCE_SEC = 8.0
_DEAD = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_Value = TypeVar("_Value")


def serve(
    *,
    jobs: JobsSettings,
    mail: MailSettings,
    llm: LlmSettings,
    livekit_url: str,
    api_key: str,
    api_secret: str,
    database_url: str,
    results: Path,
    page_url: str,
    mail_pauses_sec: tuple[float, ...] = MAIL_PAUSES_SEC,
    metrics: JobsMetrics | None = None,
) -> None:
    """Run until SIGTERM or Ctrl-C; whatever is unfinished then goes on at the next start.

    Two processes on one database need two values of `jobs.executor_id`, which is the host's name
    unless it is set: at its start, a process takes up what its own id left unfinished. What a
    process leaves that doesn't start again, another takes up (delivery.executors).
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "alembic", "aiosmtplib", "dbos"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    async def main() -> bool:
        database = Database(database_url)
        executor = jobs.executor_id or socket.gethostname()
        executors = Executors(
            book=ExecutorBook(database),
            own=executor,
            pending=DbosPending(version=APPLICATION_VERSION),
            dead_after_sec=jobs.dead_after_sec,
        )
        parts = Parts(
            record=Record(database),
            files=ResultFiles(results),
            minutes=MinutesWriter(llm),
            room=RoomMessages(url=livekit_url, api_key=api_key, api_secret=api_secret),
            mail=mail,
            page_url=page_url,
            mail_pauses_sec=mail_pauses_sec,
            alive=executors.alive,
            metrics=metrics or JobsMetrics.make(),
        )
        return await _run(jobs, parts, executors, executor)

    if not mail.host:
        _log.warning("no GREFFIER_MAIL__HOST: minutes are written, and not e-mailed")
    idle = asyncio.run(main())
    _log.info("stopped, all work done" if idle else "stopped")


async def _run(jobs: JobsSettings, parts: Parts, executors: Executors, executor: str) -> bool:
    config: DBOSConfig = {
        "name": "greffier",
        "system_database_url": jobs.system_database_url,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "log_level": "ERROR",
        "enable_otlp": False,
    }
    with explained(jobs.system_database_url, "GREFFIER_JOBS__SYSTEM_DATABASE_URL"):
        make_folder_of(jobs.system_database_url)
        DBOS(config=config)
    delivery = Delivery(parts)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with (
        explained(jobs.system_database_url, "GREFFIER_JOBS__SYSTEM_DATABASE_URL"),
        _without_traces(),
    ):
        await executors.enter()
        DBOS.launch()
    _log.info("waiting for meetings to end")
    looking = asyncio.create_task(_look_after(executors))
    poller = Poller(delivery, parts.record, parts.metrics)
    while not stop.is_set():
        try:
            await poller.poll()
        except (SQLAlchemyError, OSError) as error:
            # The database comes back, or an administrator sees this line again and again.
            _log.warning("the record can't be read: %s", type(error).__name__)
        await _unless(stop.wait(), jobs.poll_every_sec)
    return await _leave(delivery, executors, looking)


async def _look_after(executors: Executors) -> None:
    """Beat, and take up the work of the dead, until cancelled."""
    while True:
        try:
            await executors.look()
        except StruckOff:
            # What runs here runs elsewhere by now, and can't be called back one by one.
            _log.error(
                "this process gave no sign of life, and another does its work: start it anew"
            )
            logging.shutdown()
            os._exit(1)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the record can't be reached: %s", type(error).__name__)
        except Exception:  # noqa: BLE001 - whoever stops beating counts as dead
            _log.exception("a look at the other jobs processes failed; trying on")
        await asyncio.sleep(executors.every_sec)


async def _leave(delivery: Delivery, executors: Executors, looking: asyncio.Task[None]) -> bool:
    """Let the running steps end, then go; True if nothing was left to do."""
    delivery.gate.stop()
    await _unless(delivery.gate.idle.wait(), _PATIENCE_SEC)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    try:
        await asyncio.wait_for(executors.leave(), _PATIENCE_SEC)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        _log.warning("the record can't be reached: %s", type(error).__name__)
    if delivery.running:
        # Cancelling a workflow in this process would be written down as its failure. Left as
        # it is, the next start goes on with it, as after a power cut.
        _log.info("leaving unfinished work for the next start")
        logging.shutdown()
        os._exit(0)
    DBOS.destroy()
    return True


class Poller:
    """Starts the workflow of each meeting that has ended; starting one twice starts it once."""

    def __init__(self, delivery: Delivery, record: Record, metrics: JobsMetrics) -> None:
        self._delivery = delivery
        self._record = record
        self._metrics = metrics

    async def poll(self) -> None:
        """One look at the record."""
        ended = await self._record.meetings(MeetingState.ENDED)
        self._metrics.waiting.set(len(ended))
        for meeting in ended:
            if meeting.id in self._delivery.running or not flushed(meeting, utc_now()):
                continue
            with SetWorkflowID(meeting.id):
                handle = await DBOS.start_workflow_async(self._delivery.deliver, meeting.id)
            status = await handle.get_status()
            if status.status in _DEAD:
                # The workflow could not even write down its failure; this does.
                line = "the delivery was given up; see the log of the jobs process"
                await self._record.mark_failed(meeting.id, line)


def flushed(meeting: Meeting, now: datetime) -> bool:
    """Whether the agent has written its last lines: its lease is given back, or has run out."""
    return meeting.lease_until is None or meeting.lease_until <= now


@contextmanager
def _without_traces() -> Iterator[None]:
    """DBOS logs why it can't start with a stack trace; the error says the same in a line."""
    logger = logging.getLogger("dbos")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


async def _unless(waited_for: Awaitable[_Value], timeout_sec: float) -> None:
    try:
        await asyncio.wait_for(waited_for, timeout_sec)
    except TimeoutError:
        return
