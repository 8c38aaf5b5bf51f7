"""What happens to an accepted dispatch, in a process of its own: its meeting is begun and ended.

The functions are module-level and `JobValues` is picklable: a forkserver child gets both.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

from livekit import api
from livekit.agents import AutoSubscribe, JobContext, JobProcess
from opentelemetry.trace import NoOpTracer, Tracer

from agent.audio_router import open_streams
from agent.audio_stream import OpenStream
from agent.caption_watch import CaptionWatch
from agent.meeting import MeetingAgent
from agent.meeting_parts import Ending, Parts
from agent.room_captions import RoomCaptions
from agent.room_display import LiveKitDisplay
from agent.room_notice import ForeignRoomNotice, Notice, OwnRoomNotice
from agent.settings import AgentSettings
from agent.utterance_trace import TracedRecogniser, UtteranceTraces
from models.base import Recogniser
from models.client.client import AsrClient
from models.llm_http import HttpLanguageModel
from models.settings import LlmSettings
from models.vad import shared_model
from pipelines.settings import CaptionSettings
from pipelines.translation.translated_finals import TranslatedFinals
from pipelines.translation.translator import LlmTranslator
from storage.database import Database
from storage.line import Lease, Room
from storage.record import Record
from storage.rooms import RoomBook

log = logging.getLogger(__name__)

FIRST_LEASES = 2
"""The process of a job may take its time on a busy machine: the first lease is this much longer."""
_MEETING = "meeting"
Tracing = Callable[[], AbstractContextManager[Tracer]]
"""Opens the tracer of a process; picklable."""


def no_tracing() -> AbstractContextManager[Tracer]:
    """Traces are not wanted."""
    return nullcontext(NoOpTracer())


@dataclass(frozen=True, slots=True, kw_only=True)
class JobValues:
    """Everything a job process needs; nothing of it is read from the environment."""

    agent: AgentSettings
    captions: CaptionSettings
    asr_url: str
    database_url: str
    livekit_url: str
    api_key: str
    api_secret: str = field(repr=False)
    llm: LlmSettings = field(default=LlmSettings(), repr=False)
    tracing: Tracing = no_tracing

    @property
    def first_lease_sec(self) -> float:
        """The lease with which a job is taken, before its meeting renews it."""
        return self.agent.lease_sec * FIRST_LEASES


def warm(_process: JobProcess) -> None:
    """Before a job comes: what would otherwise hold up the first second of a meeting."""
    shared_model()


async def begin(context: JobContext, *, values: JobValues) -> None:
    """The job's entrypoint: join, start the meeting's task, return.

    It returns at once because the SDK tells an entrypoint of a shutdown only by cancelling it,
    15 s late; `end` is where a meeting may take its time.
    """
    database = Database(values.database_url)
    record = Record(database)
    name = context.job.room.name
    holder = context.job.id
    meeting = await record.live_meeting(name)
    lease = None
    if meeting is not None:
        lease = await record.take_lease(meeting.id, holder=holder, ttl_sec=values.first_lease_sec)
    if meeting is None or lease is None:
        await database.close()
        context.shutdown("the meeting has ended, or another agent holds it")
        return
    try:
        await context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
        room = await RoomBook(database).get(name)
    except BaseException:
        await record.release_lease(lease)
        await database.close()
        raise
    livekit = api.LiveKitAPI(values.livekit_url, values.api_key, values.api_secret)
    recogniser = AsrClient(values.asr_url)
    open_stream, close_streams = open_streams(values.agent.streams)
    traces = ExitStack()
    tracer = traces.enter_context(values.tracing())
    llm = HttpLanguageModel(values.llm) if values.captions.translate_to else None
    agent = _agent(
        context,
        values=values,
        lease=lease,
        record=record,
        notice=_notice(context, livekit, lease, room),
        livekit=livekit,
        recogniser=recogniser,
        tracer=tracer,
        language=meeting.language,
        settings=settings_of(room, values.captions),
        open_stream=open_stream,
        llm=llm,
    )

    async def attend() -> None:
        ending = Ending.STOPPED
        try:
            ending = await agent.run()
        finally:
            log.info("room %s: left (%s)", name, ending.value)
            context.shutdown(ending.value)
            close_streams()
            await recogniser.aclose()
            if llm is not None:
                await llm.aclose()
            await livekit.aclose()
            await database.close()
            await asyncio.to_thread(traces.close)

    context.proc.userdata[_MEETING] = (agent, asyncio.create_task(attend()))
    log.info("room %s: joined", name)


def settings_of(room: Room | None, captions: CaptionSettings) -> CaptionSettings:
    """The captions' settings for a room: with its terms, and only its language if it has one."""
    if room is None:
        return captions
    return captions.model_copy(
        update={
            "glossary": (*room.glossary, *captions.glossary),
            "languages": captions.languages if room.spoken is None else (room.spoken,),
        }
    )


def _notice(context: JobContext, livekit: api.LiveKitAPI, lease: Lease, own: Room | None) -> Notice:
    if own is None:
        return ForeignRoomNotice(context.room)
    return OwnRoomNotice(
        livekit, room=own.name, meeting_id=lease.meeting_id, since=lease.started_at
    )


def _agent(
    context: JobContext,
    *,
    values: JobValues,
    lease: Lease,
    record: Record,
    notice: Notice,
    livekit: api.LiveKitAPI,
    recogniser: Recogniser,
    tracer: Tracer,
    language: str,
    settings: CaptionSettings,
    open_stream: OpenStream,
    llm: HttpLanguageModel | None,
) -> MeetingAgent:
    async def room_exists() -> bool:
        request = api.ListRoomsRequest(names=[context.job.room.name])
        return bool((await livekit.room.list_rooms(request)).rooms)

    zero_sec = lease.started_at.timestamp()
    watch = CaptionWatch(zero_sec=zero_sec, traces=UtteranceTraces(tracer, zero_sec=zero_sec))
    display = LiveKitDisplay(context.room.local_participant, values.agent.packets, language)
    captions = RoomCaptions(record=record, lease=lease, display=display, watch=watch)
    translations = None
    if llm is not None:
        translations = TranslatedFinals(captions, LlmTranslator(llm), settings.translate_to)
    return MeetingAgent(
        Parts(
            room=context.room,
            record=record,
            lease=lease,
            lease_sec=values.agent.lease_sec,
            notice=notice,
            open_stream=open_stream,
            captions=captions,
            translations=translations,
            recogniser=TracedRecogniser(recogniser, tracer),
            detector=shared_model().detector,
            detect=shared_model().probabilities,
            settings=settings,
            room_exists=room_exists,
            now=time.time,
        )
    )


async def end(context: JobContext) -> None:
    """`on_session_end`: the SDK leaves five minutes here, still in the room."""
    meeting: tuple[MeetingAgent, asyncio.Task[None]] | None
    meeting = context.proc.userdata.get(_MEETING)
    if meeting is not None:
        agent, task = meeting
        agent.stop()
        await task
