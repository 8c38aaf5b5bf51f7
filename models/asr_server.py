"""The recognition process: HTTP in front, one thread that owns the model behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.asr_address import bind, parse_address
from models.asr_engine import Engine, Superseded, silence
from models.asr_wire import LONGEST_BYTES, TooLong, read_request, to_wire
from models.base import SAMPLE_RATE, Kind, ModelError, ModelRejected, ModelUnavailable, Samples
from models.batching import window_sec
from models.settings import AsrSettings
from models.whisper import WhisperModel

log = structlog.get_logger("greffier.asr")


def serve(settings: AsrSettings) -> None:
    """Load the model, test it, and answer until SIGTERM or SIGINT; then finish what waits.

    Raises ModelError when the address is taken or the model can't be used.
    """
    address = parse_address(settings.url)
    listening = bind(address)
    try:
        model = WhisperModel.load(
            settings.model,
            device=settings.device,
            compute_type=settings.compute_type,
            threads=settings.threads,
            beam_partial=settings.beam_partial,
            beam_final=settings.beam_final,
        )
        self_test(model, settings)
        engine = Engine(model, settings)
        engine.start()
        try:
            log.info("ready", url=str(address), device=model.device, model=settings.model.name)
            asyncio.run(_serve(application(engine, model), listening))
        finally:
            engine.stop()
        log.info("stopped")
    finally:
        listening.close()
        if address.path is not None:
            address.path.unlink(missing_ok=True)


def application(engine: Engine, model: WhisperModel) -> Starlette:
    """Return the HTTP application; `engine` has been started."""

    async def recognise(request: Request) -> Response:
        try:
            body = await _body(request)
            wanted = read_request(request.query_params, body, model.knows)
            return JSONResponse(to_wire(await engine.submit(wanted)))
        except Superseded as error:
            return _problem(409, error)
        except TooLong as error:
            return _problem(413, error)
        except ModelRejected as error:
            return _problem(400, error)
        except ModelUnavailable as error:
            return _problem(503, error)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def load(_: Request) -> Response:
        return JSONResponse(engine.load())

    return Starlette(
        routes=[
            Route("/recognise", recognise, methods=["POST"]),
            Route("/health", health),
            Route("/load", load),
        ]
    )


async def _body(request: Request) -> bytes:
    """Read the body without letting a stranger fill the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BYTES:
            raise TooLong("more than 30 s of audio; cut it")
    return bytes(body)


def _problem(status: int, error: ModelError) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=status)


class _Server(uvicorn.Server):
    """uvicorn, which would otherwise end the process by the very signal it was asked to stop by."""

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


async def _serve(app: Starlette, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    await _Server(config).serve(sockets=[listening])


def self_test(model: WhisperModel, settings: AsrSettings) -> None:
    """Decode before anybody is served: a wrong driver gives errors, or worse, empty texts.

    With `selftest.flac` and `selftest.txt` in the model's folder the text must be equal. Raises
    ModelError.
    """
    try:
        for kind in Kind:
            model.transcribe([silence(model, kind)])
        clip, text = settings.model / "selftest.flac", settings.model / "selftest.txt"
        if clip.is_file() and text.is_file():
            _test_clip(model, settings, clip, text.read_text(encoding="utf-8"))
    except RuntimeError as error:
        raise ModelError(
            f"the model in {settings.model} loads but doesn't run on {model.device}:"
            f" {' '.join(str(error).split())}; check the driver, or set asr.device to cpu"
        ) from error


def _test_clip(model: WhisperModel, settings: AsrSettings, clip: Path, expected: str) -> None:
    samples = read_clip(clip)
    window = window_sec(len(samples), settings.window_pad_sec)
    item = model.prepare(samples, window_sec=window, kind=Kind.FINAL)
    (heard,) = model.transcribe([item])
    if _plain(heard.text) != _plain(expected):
        raise ModelError(
            f"the self-test of {settings.model} heard {heard.text!r} instead of"
            f" {expected.strip()!r}; check the driver, or set asr.device to cpu"
        )


def _plain(text: str) -> str:
    kept = (c if c.isalnum() else " " for c in text.casefold())
    return " ".join("".join(kept).split())


def read_clip(path: Path) -> Samples:
    """Read a sound file as 16 kHz mono. Raises ModelError."""
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            frames = [*container.decode(audio=0), None]
            pieces = [p.to_ndarray().reshape(-1) for f in frames for p in resampler.resample(f)]
        return np.concatenate(pieces).astype(np.float32)
    except (OSError, IndexError, ValueError) as error:
        raise ModelError(f"{path} can't be read: {error}") from error
