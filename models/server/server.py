"""The recognition process: HTTP in front, behind it the threads that run the model."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog
import uvicorn
from opentelemetry.trace import Tracer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.base import (
    Kind,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelUnavailable,
    VoiceDetector,
)
from models.engine.engine import Engine, Superseded
from models.engine.observer import EngineObserver, Observers
from models.engine.sessions import Missing, Sessions
from models.long_audio.long_audio import Noise, is_silence
from models.openai_api.api import OpenAiApi
from models.server.gpu_memory import gpu_memory_reader
from models.server.metrics import AsrMetrics
from models.server.served_models import fallback, language_models, load, resolved
from models.server.traces import TracingObserver
from models.settings import AsrSettings
from models.vad import shared_model
from models.whisper.sound import Sound
from models.wire.address import Address, bind, parse_addresses
from models.wire.messages import LONGEST_BYTES, TooLong, read_place, read_request, to_wire
from models.wire.trace_context import caller_of

log = structlog.get_logger("greffier.asr")


def serve(
    settings: AsrSettings,
    *,
    noise: Noise = is_silence,
    metrics: AsrMetrics | None = None,
    tracer: Tracer | None = None,
) -> None:
    """Load the model, test it, and answer until SIGTERM or SIGINT; then finish what waits.

    Files are given up then: one may take an hour. `noise` says what is left out of them.
    `metrics` are shown at `GET /metrics`; `tracer` takes the spans of callers that have a trace.
    Raises ModelError when the address is taken or the model can't be used.
    """
    settings = resolved(settings)
    address = _own_address(settings.url)
    listening = bind(address)
    try:
        model = load(settings.model, settings)
        own = language_models(settings, model)
        metrics, name = metrics or AsrMetrics.make(), settings.model.absolute().name
        watching: list[EngineObserver] = [metrics.watch(name)]
        if tracer is not None:
            watching.append(TracingObserver(tracer))
        engine = Engine(
            model,
            settings,
            observer=Observers(*watching),
            fallback=fallback(settings, (model, *own.values())),
            language_models=own,
            workers=model.workers,
        )
        metrics.show_state(
            name,
            device=model.device,
            load=lambda: {**engine.load(), "degraded": engine.fell_back},
            gpu_memory=gpu_memory_reader() if model.device == "cuda" else lambda: None,
        )
        engine.start()
        try:
            # What is here stays: looking through it again and again took 3% of the CPU time.
            gc.freeze()
            log.info("ready", url=str(address), device=model.device, model=settings.model.name)
            app = application(engine, model, settings, noise=noise, metrics=metrics)
            asyncio.run(_run(app, listening))
        finally:
            engine.stop()
        log.info("stopped")
    finally:
        listening.close()
        if address.path is not None:
            address.path.unlink(missing_ok=True)


def _own_address(urls: str) -> Address:
    addresses = parse_addresses(urls)
    if len(addresses) > 1:
        raise ModelError(
            f"asr.url names {len(addresses)} processes; start each by its own:"
            f" greffier asr --url {addresses[0]}"
        )
    return addresses[0]


def _detector() -> VoiceDetector:
    return shared_model().detector()


class Languages(Protocol):
    """What the application asks a model itself; `models.whisper.model.WhisperModel` has it."""

    def knows(self, language: str) -> bool:
        """Whether the model has that language."""
        ...


def application(
    engine: Engine,
    model: Languages,
    settings: AsrSettings,
    *,
    detector: Callable[[], VoiceDetector] = _detector,
    noise: Noise = is_silence,
    metrics: AsrMetrics | None = None,
) -> Starlette:
    """Return the HTTP application; `engine` has been started.

    Setting its `state.stopping` ends the transcription of files.
    """
    openai = OpenAiApi(engine, settings, knows=model.knows, detector=detector, noise=noise)

    sessions = Sessions(clock=time.monotonic)

    async def recognise(request: Request) -> Response:
        try:
            body = await _body(request)
            wanted = read_request(request.query_params, body, model.knows)
            place = read_place(request.query_params, len(wanted.samples))
            session = sessions.extend(wanted.utterance_id, place.offset, wanted.samples)
            if wanted.kind is Kind.FINAL:
                sessions.close(wanted.utterance_id)
            sound = Sound(session=session, first=place.skip, until=place.until)
            with caller_of(request.headers):
                return JSONResponse(to_wire(await engine.submit(wanted, sound=sound)))
        except Missing as error:
            return JSONResponse({"detail": str(error), "have": error.have}, status_code=412)
        except ModelError as error:
            return _problem(error)

    async def health(_: Request) -> Response:
        # Degraded still serves: whoever restarts on a 503 would load the model that didn't fit.
        return JSONResponse({"status": "degraded" if engine.fell_back else "ok"})

    async def load(_: Request) -> Response:
        return JSONResponse(engine.load())

    async def figures(_: Request) -> Response:
        text = generate_latest(metrics.registry) if metrics is not None else b""
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    app = Starlette(
        routes=[
            Route("/recognise", recognise, methods=["POST"]),
            Route("/health", health),
            Route("/load", load),
            Route("/metrics", figures),
            *openai.routes(),
        ]
    )
    app.state.stopping = openai.stopping
    return app


async def _body(request: Request) -> bytes:
    """Read the body without letting a stranger fill the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BYTES:
            raise TooLong("more than 30 s of audio; cut it")
    return bytes(body)


STATUSES: tuple[tuple[type[ModelError], int], ...] = (
    (Superseded, 409),
    (TooLong, 413),
    (ModelRejected, 400),
    (ModelBusy, 429),
    (ModelUnavailable, 503),
)
"""The first that fits; a kind before its parent."""


def _problem(error: ModelError) -> Response:
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=status)


class _Server(uvicorn.Server):
    """uvicorn, which would otherwise end the process by the very signal it was asked to stop by."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        # Closes the listening socket, then waits for every open request to be answered.
        self.should_exit = True
        self.stopping.set()


async def _run(app: Starlette, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    await _Server(config, app.state.stopping).serve(sockets=[listening])
