"""OpenAI's transcription API over the same engine as live speech (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.base import ModelError, ModelUnavailable, VoiceDetector
from models.engine.engine import Engine
from models.long_audio.long_audio import HeardPiece, LongAudio, Noise
from models.long_audio.reader import FileReader
from models.long_audio.segments import file_transcript, following
from models.openai_api.access import Access
from models.openai_api.answer import EventStream, answer
from models.openai_api.errors import ApiError, api_error
from models.openai_api.form import TranscriptionForm, read_form, receive_form
from models.openai_api.formats import DONE, delta, done, event
from models.settings import AsrSettings

log = structlog.get_logger("greffier.asr")
T = TypeVar("T")
ALIAS = "whisper-1"
"""The name that OpenAI's clients send by habit."""


class OpenAiApi:
    """The routes below /v1. Set `stopping` to give up what still runs."""

    def __init__(
        self,
        engine: Engine,
        settings: AsrSettings,
        *,
        knows: Callable[[str], bool],
        detector: Callable[[], VoiceDetector],
        noise: Noise,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._knows = knows
        self._detector = detector
        self._noise = noise
        self._access = Access(settings)
        self._speaking = {path.name: code for code, path in settings.model_of_language.items()}
        self._models = (settings.model.absolute().name, ALIAS, *self._speaking)
        self._files = 0
        self.stopping = asyncio.Event()

    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/v1/models", self._said(self._list)),
            Route("/v1/models/{name}", self._said(self._one)),
            Route("/v1/audio/transcriptions", self._said(self._transcribe), methods=["POST"]),
        ]

    def _said(
        self, handler: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Check who asks, and say errors in OpenAI's shape."""

        async def handle(request: Request) -> Response:
            try:
                self._access.check(request.headers.get("authorization", ""))
                return await handler(request)
            except ModelError as error:
                return api_error(error).response()
            except ApiError as error:
                return error.response()
            except ClientDisconnect:
                return Response(status_code=499)  # nobody reads it

        return handle

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._model(n) for n in self._models]})

    async def _one(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._models:
            raise ApiError(404, "there is no such model here", code="model_not_found")
        return JSONResponse(self._model(name))

    def _model(self, name: str) -> dict[str, str | int]:
        return {"id": name, "object": "model", "created": 0, "owned_by": "greffier"}

    async def _transcribe(self, request: Request) -> Response:
        with ExitStack() as stack:
            self._admit(stack)
            form = await self._unless_stopping(self._received(request))
            reader = FileReader(
                form.file.file,
                detector=self._detector(),
                longest_sec=self._settings.max_audio_minutes * 60,
            )
            audio = LongAudio(
                self._engine,
                reader,
                form.hints,
                noise=self._noise,
                batch=self._settings.max_background_batch,
            )
            stack.callback(audio.close)
            if form.stream:
                # The first piece is awaited: until then an error can still have its own status.
                first = await self._unless_stopping(audio.next(), request)
                return EventStream(self._events(audio, first), stack.pop_all())
            return await self._unless_stopping(self._whole(audio, form), request)

    def _admit(self, stack: ExitStack) -> None:
        if self._files >= self._settings.max_files:
            raise ModelUnavailable(f"{self._files} files are transcribed already; try again")
        self._files += 1
        stack.callback(self._release)

    def _release(self) -> None:
        self._files -= 1

    async def _received(self, request: Request) -> TranscriptionForm:
        form = await receive_form(request, max_upload_mb=self._settings.max_upload_mb)
        try:
            return read_form(
                form,
                models=self._models,
                speaking=self._speaking,
                languages=self._settings.file_languages,
                knows=self._knows,
            )
        except ApiError:
            await form.close()
            raise

    async def _whole(self, audio: LongAudio, form: TranscriptionForm) -> Response:
        started = time.monotonic()
        pieces: list[HeardPiece] = []
        while (piece := await audio.next()) is not None:
            pieces.append(piece)
        self._log(audio, len(pieces), started)
        transcript = file_transcript(
            pieces,
            duration_sec=audio.heard_sec,
            language=form.hints.language or form.hints.languages[0],
            temperature=form.hints.temperature,
        )
        return answer(transcript, form)

    async def _events(self, audio: LongAudio, piece: HeardPiece | None) -> AsyncIterator[str]:
        started = time.monotonic()
        texts: list[str] = []
        try:
            while piece is not None:
                if self.stopping.is_set():
                    raise _stopping()
                texts.append(following(piece, first=not texts))
                yield delta(texts[-1])
                piece = await audio.next()
        except ModelError as error:
            yield event(api_error(error).body)
            return
        self._log(audio, len(texts), started)
        yield done("".join(texts))
        yield DONE

    def _log(self, audio: LongAudio, pieces: int, started: float) -> None:
        log.info(
            "file transcribed",
            audio_sec=round(audio.heard_sec, 1),
            pieces=pieces,
            seconds=round(time.monotonic() - started, 1),
        )

    async def _unless_stopping(
        self, work: Coroutine[Any, Any, T], request: Request | None = None
    ) -> T:
        """Do the work, unless the process stops or the client, where one is named, goes away.

        A file may take an hour: neither must wait for it. Raises ModelUnavailable,
        ClientDisconnect.
        """
        task = asyncio.create_task(work)
        others: list[asyncio.Task[Any]] = [asyncio.create_task(self.stopping.wait())]
        if request is not None:
            others.append(asyncio.create_task(_gone(request)))
        try:
            await asyncio.wait((task, *others), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self.stopping.is_set():
                raise _stopping()
            raise ClientDisconnect
        finally:
            for one in (task, *others):
                one.cancel()
            await asyncio.wait((task, *others))


async def _gone(request: Request) -> bool:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return True


def _stopping() -> ModelUnavailable:
    return ModelUnavailable("the recognition process is stopping; send the file again")
