"""The worker: takes jobs from LiveKit's dispatcher, a process for each meeting, and drains."""

from __future__ import annotations

import asyncio
import functools
import logging
import math
import os
import signal

from livekit.agents import AgentServer, JobRequest, WorkerPermissions

from agent.dispatch import answer
from agent.errors import WorkerError
from agent.job import JobValues, Tracing, begin, end, no_tracing, warm
from agent.livekit_check import check_livekit
from agent.load import AsrHeadroom, WorkerLoad
from agent.metrics import WorkerMetrics
from agent.settings import AgentSettings
from models.settings import LlmSettings
from pipelines.settings import CaptionSettings
from storage.database import Database
from storage.record import Record
from storage.rooms import RoomBook

log = logging.getLogger(__name__)

PRELOADED = (
    "agent.job",
    "aiosqlite",
    "anyio._backends._asyncio",
    "httpcore",
    "livekit.plugins.silero.resources",
)
"""Imported once for all job processes; what is loaded on first use would hold up a meeting."""
NO_LLM = LlmSettings()
INITIALISE_SEC = 60.0
"""A new process on a busy machine: the SDK's own 10 s are not enough there."""
SESSION_END_SEC = 300.0
CLOSE_SEC = 30.0


def run(
    settings: AgentSettings,
    *,
    livekit_url: str,
    api_key: str,
    api_secret: str,
    captions: CaptionSettings,
    asr_url: str,
    database_url: str,
    llm: LlmSettings = NO_LLM,
    tracing: Tracing = no_tracing,
    metrics: WorkerMetrics | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain: no new meetings, the running ones are finished.

    `tracing` opens the tracer of a meeting's process; `metrics` has the folder of their figures.
    `llm` translates, where `captions.translate_to` wants it. A second signal ends at once. Raises
    WorkerError when LiveKit can't be used, the health port is taken, or there is no such LLM.
    """
    if captions.translate_to and not llm.url:
        raise WorkerError(
            "GREFFIER_CAPTIONS__TRANSLATE_TO needs an LLM: set GREFFIER_LLM__URL and __MODEL, "
            "or leave it empty"
        )
    _log_quietly()
    # The SDK would load its own inference models, 250 MB, into every process.
    os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] = "0"
    values = JobValues(
        agent=settings,
        captions=captions,
        asr_url=asr_url,
        database_url=database_url,
        livekit_url=livekit_url,
        api_key=api_key,
        api_secret=api_secret,
        llm=llm,
        tracing=tracing,
    )
    asyncio.run(_serve(values, metrics))


async def _serve(values: JobValues, metrics: WorkerMetrics | None) -> None:
    stop = asyncio.Event()
    _on_signals(stop)
    await check_livekit(values.livekit_url, values.api_key, values.api_secret)
    database = Database(values.database_url)
    headroom = AsrHeadroom(values.asr_url)
    server = build(values, database, headroom, metrics)
    serving = asyncio.create_task(server.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await _explained(serving, values)
            return
        log.info("draining: %d meetings run", len(server.active_jobs))
        await _drain(server, values.agent.drain_sec)
        await serving
    finally:
        stopping.cancel()
        await database.close()


def build(
    values: JobValues,
    database: Database,
    headroom: AsrHeadroom,
    metrics: WorkerMetrics | None = None,
) -> AgentServer:
    """The AgentServer with our own admission, load and limits."""
    server = AgentServer(
        ws_url=values.livekit_url,
        api_key=values.api_key,
        api_secret=values.api_secret,
        permissions=WorkerPermissions(can_publish=False, can_publish_data=True, hidden=True),
        load_fnc=WorkerLoad(max_meetings=values.agent.max_meetings, read_headroom=headroom),
        # The SDK's own threshold refuses the second of two jobs that come at once. Admission is
        # ours (agent.dispatch.answer), and the dispatcher reads the load itself.
        load_threshold=math.inf,
        num_idle_processes=1,
        initialize_process_timeout=INITIALISE_SEC,
        shutdown_process_timeout=CLOSE_SEC,
        session_end_timeout=SESSION_END_SEC,
        drain_timeout=math.ceil(values.agent.drain_sec),
        setup_fnc=warm,
        preload_modules=list(PRELOADED),
        port=values.agent.health_port,
        # Where job processes write their figures. The SDK would serve them on all interfaces;
        # ours are served where the settings say (greffier.metrics_server).
        prometheus_multiproc_dir=None if metrics is None else str(metrics.folder),
    )
    if metrics is not None:
        metrics.watch(lambda: len(server.active_jobs), values.agent.max_meetings)
    record, rooms = Record(database), RoomBook(database)

    async def on_request(request: JobRequest) -> None:
        running = len(server.active_jobs)
        await answer(request, values=values, record=record, rooms=rooms, running=running)

    def on_registered(*_: object) -> None:
        log.info("registered as %s at %s", values.agent.name, values.livekit_url)

    server.rtc_session(
        functools.partial(begin, values=values),
        agent_name=values.agent.name,
        on_request=on_request,
        on_session_end=end,
    )
    server.on("worker_registered", on_registered)
    return server


async def _drain(server: AgentServer, drain_sec: float) -> None:
    """Let meetings go on for `drain_sec`; then each finishes what was said and hands over."""
    if drain_sec > 0:
        try:
            await server.drain(timeout=math.ceil(drain_sec))
        except TimeoutError:
            log.info("handing over what still runs")
    await server.aclose()


async def _explained(serving: asyncio.Task[None], values: JobValues) -> None:
    try:
        await serving
    except OSError as error:
        raise WorkerError(
            f"port {values.agent.health_port} of the worker's health check can't be used "
            f"({error.strerror or error}): set GREFFIER_AGENT__HEALTH_PORT, 0 for a free one"
        ) from error
    except RuntimeError as error:
        raise WorkerError(f"LiveKit at {values.livekit_url} is gone: {error}") from error


def _on_signals(stop: asyncio.Event) -> None:
    def on_signal() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)


def _log_quietly() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("livekit", "livekit.agents", "httpx", "faster_whisper", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
