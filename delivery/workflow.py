"""The durable workflow after a meeting: minutes, files, room, mail, done; each step once.

The workflow's id is the meeting's id, so that starting it again starts nothing. A step that
has finished is not run again, whatever is killed; one that was cut short is run again, and so
each can be. Steps hand over no speech: DBOS keeps what they return, and what was said may
outlive its retention nowhere. It is read from the record, and from the files, each time.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfiguredInstance
from dbos._error import DBOSMaxStepRetriesExceeded

from delivery.dossier import Dossiers, MeetingGone
from delivery.letter import AddressInvalid, Attachment, Letter, compose
from delivery.mail import MailOutcome, MailState, send
from delivery.metrics import JobsMetrics
from delivery.minutes import MinutesWriter
from delivery.room import RoomMessages, State
from delivery.settings import MailSettings
from delivery.step_gate import StepGate
from pipelines.export import json_file, markdown, vtt
from pipelines.minutes import render as minutes_page
from storage.errors import StorageError
from storage.files import ResultFiles
from storage.record import Record

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")

MAIL_PAUSES_SEC = tuple(min(15.0 * 2**n, 3600.0) for n in range(56))
"""Between tries of a deferred mail: from 15 s, doubling, to an hour; two days in all. Grey
listing lasts minutes, a broken mail server a weekend."""


def _may_pass(error: BaseException) -> bool:
    return not isinstance(error, MeetingGone)


async def always_alive() -> None:
    """No other process shares the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the steps work with. `alive` returns while this process may begin a step, and raises
    StruckOff where another has taken its work up.
    """

    record: Record
    files: ResultFiles
    minutes: MinutesWriter
    room: RoomMessages
    mail: MailSettings
    page_url: str
    mail_pauses_sec: tuple[float, ...] = MAIL_PAUSES_SEC
    alive: Callable[[], Awaitable[None]] = always_alive
    metrics: JobsMetrics = field(default_factory=JobsMetrics.make)


def _counted(step: Callable[..., Coroutine[Any, Any, _Value]]) -> Any:
    """Count each run of a step, inside its checkpoint: what is replayed was counted before."""

    @functools.wraps(step)
    async def counted(delivery: Delivery, *given: Any, **named: Any) -> _Value:
        with delivery.metrics.step(step.__name__):
            return await step(delivery, *given, **named)

    return counted


@DBOS.dbos_class("Delivery")
class Delivery(DBOSConfiguredInstance):
    """The workflow and its steps over one set of parts."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(config_name="delivery")
        self._parts = parts
        self.metrics = parts.metrics
        self._dossiers = Dossiers(parts.record, parts.files)
        self.gate = StepGate(parts.alive)
        """All steps go through it."""
        self.running: set[str] = set()
        """Meetings whose workflow runs in this process."""

    @DBOS.workflow(name="deliver")
    async def deliver(self, meeting_id: str) -> str:
        """Bring one ended meeting to delivered, or to a visible failed."""
        self.running.add(meeting_id)
        try:
            return await self._deliver(meeting_id)
        finally:
            self.running.discard(meeting_id)

    async def _deliver(self, meeting_id: str) -> str:
        try:
            organisers = await self.gate.run(self.write_minutes(meeting_id))
            await self.gate.run(self.write_files(meeting_id))
            await self._tell(meeting_id, "delivered")
            outcomes = await self._mail(meeting_id, organisers)
            return await self.gate.run(self.finish(meeting_id, outcomes))
        except Exception as error:  # noqa: BLE001 - whatever it was, the failure must be visible
            cause = _cause(error)
            if isinstance(cause, MeetingGone):
                return "gone"
            _log.error("meeting %s: the delivery failed", meeting_id, exc_info=cause)
            await self.gate.run(self.fail(meeting_id, _line(cause)))
            await self._tell(meeting_id, "failed")
            return "failed"

    @DBOS.step(retries_allowed=True, max_attempts=5, should_retry=_may_pass)
    @_counted
    async def write_minutes(self, meeting_id: str) -> int:
        """minutes.json, the only costly step, and so a step of its own; how many get a mail."""
        meeting, transcript = await self._dossiers.load(meeting_id)
        minutes = await self._parts.minutes.write(meeting, transcript)
        text = minutes.model_dump_json(indent=1) + "\n"
        await self._dossiers.keep(meeting_id, {"minutes.json": text})
        return len(meeting.organisers)

    @DBOS.step(retries_allowed=True, max_attempts=5, should_retry=_may_pass)
    @_counted
    async def write_files(self, meeting_id: str) -> None:
        """The transcript in its formats, and the minutes for people."""
        meeting, transcript = await self._dossiers.load(meeting_id)
        minutes = await self._dossiers.minutes(meeting_id)
        files = {
            "transcript.json": json_file.render(meeting, transcript),
            "transcript.md": markdown.render(meeting, transcript),
            "transcript.vtt": vtt.render(meeting, transcript),
            "minutes.md": minutes_page.render(meeting, transcript, minutes),
        }
        await self._dossiers.keep(meeting_id, files)

    @DBOS.step(retries_allowed=True, max_attempts=3, should_retry=_may_pass)
    @_counted
    async def tell_room(self, meeting_id: str, state: State) -> bool:
        """The message to the room; False if it is gone. Raises RoomUnreachable."""
        meeting = await self._dossiers.meeting(meeting_id)
        room = self._parts.room
        return await room.minutes(room=meeting.room, meeting_id=meeting_id, state=state)

    @DBOS.step(retries_allowed=True, max_attempts=5, should_retry=_may_pass)
    @_counted
    async def send_mail(self, meeting_id: str, organiser: int) -> dict[str, str]:
        """One try of the mail to the organiser of that number; what became of it."""
        outcome = await self._send(meeting_id, organiser)
        self.metrics.mails.labels(outcome.state.value).inc()
        level = logging.INFO if outcome.state == MailState.SENT else logging.WARNING
        # By number: an address is personal, and so is a server's reason that repeats it.
        _log.log(level, "meeting %s: mail %d %s", meeting_id, organiser + 1, outcome.state.value)
        return {"state": outcome.state.value, "reason": outcome.reason}

    @DBOS.step(retries_allowed=True, max_attempts=5, should_retry=_may_pass)
    @_counted
    async def finish(self, meeting_id: str, outcomes: list[dict[str, str]]) -> str:
        """The end: delivery.json says who got a mail; delivered, unless every mail failed."""
        meeting = await self._dossiers.meeting(meeting_id)
        mails = [
            {"to": organiser.email, **outcome}
            for organiser, outcome in zip(meeting.organisers, outcomes, strict=True)
        ]
        text = json.dumps({"version": 1, "mail": mails}, ensure_ascii=False, indent=1)
        await self._dossiers.keep(meeting_id, {"delivery.json": text + "\n"})
        lost = [one for one in outcomes if one["state"] in (MailState.REFUSED, "deferred")]
        if outcomes and len(lost) == len(outcomes):
            reason = f"no mail could be delivered: {lost[0]['reason']}"
            await self._parts.record.mark_failed(meeting_id, reason)
            self.metrics.deliveries.labels("failed").inc()
            return "failed"
        await self._parts.record.mark_delivered(meeting_id)
        self.metrics.deliveries.labels("delivered").inc()
        _log.info("meeting %s: delivered", meeting_id)
        return "delivered"

    @DBOS.step(retries_allowed=True, max_attempts=8, should_retry=_may_pass)
    @_counted
    async def fail(self, meeting_id: str, line: str) -> None:
        """The visible failure."""
        await self._parts.record.mark_failed(meeting_id, line)
        self.metrics.deliveries.labels("failed").inc()

    async def _tell(self, meeting_id: str, state: State) -> None:
        try:
            await self.gate.run(self.tell_room(meeting_id, state))
        except (DBOSMaxStepRetriesExceeded, MeetingGone):
            _log.warning("meeting %s: the room could not be told", meeting_id)

    async def _mail(self, meeting_id: str, organisers: int) -> list[dict[str, str]]:
        """A mail to each organiser. A deferred one is tried again later, in rounds, so that it
        holds up no other; the pauses are durable and outlive a restart."""
        outcomes = {n: {"state": "deferred", "reason": ""} for n in range(organisers)}
        pending = list(outcomes)
        for pause_sec in (0.0, *self._parts.mail_pauses_sec):
            if not pending:
                break
            if pause_sec:
                await DBOS.sleep_async(pause_sec)
            for number in pending:
                outcomes[number] = await self.gate.run(self.send_mail(meeting_id, number))
            pending = [n for n in pending if outcomes[n]["state"] == MailState.DEFERRED]
        return list(outcomes.values())

    async def _send(self, meeting_id: str, organiser: int) -> MailOutcome:
        meeting, transcript = await self._dossiers.load(meeting_id)
        texts = {
            name: await self._dossiers.text(meeting_id, name)
            for name in ("minutes.md", "transcript.md", "transcript.vtt")
        }
        letter = Letter(
            meeting=meeting,
            transcript=transcript,
            minutes=await self._dossiers.minutes(meeting_id),
            organiser=meeting.organisers[organiser],
            attachments=tuple(
                Attachment(name=name, subtype=_SUBTYPES[name[-3:]], text=text)
                for name, text in texts.items()
            ),
            page_url=self._parts.page_url,
        )
        try:
            message = compose(letter, sender=self._parts.mail.sender)
        except AddressInvalid as error:
            return MailOutcome(state=MailState.REFUSED, reason=str(error))
        return await send(message, self._parts.mail)


_SUBTYPES = {"vtt": "vtt", ".md": "markdown"}


def _cause(error: Exception) -> Exception:
    """Behind "retries exceeded" stands what went wrong."""
    if isinstance(error, DBOSMaxStepRetriesExceeded) and error.errors:
        return error.errors[-1]
    return error


def _line(error: Exception) -> str:
    """The line that people are shown; a bug's message may hold anything, so its type alone."""
    if isinstance(error, StorageError):
        return str(error)
    return f"unexpected error ({type(error).__name__}); see the log of the jobs process"
