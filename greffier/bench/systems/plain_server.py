"""The plain baseline's server: `python -m greffier.bench.systems.plain_server PORT MODEL`.

One shared model and one thread that decodes, one utterance at a time, each padded to 30 s as
faster-whisper does it. Finals go before partials, and a track has one partial at most under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from aiohttp import WSMsgType, web
from faster_whisper import WhisperModel

from greffier.bench.systems.base import cores
from models.base import SAMPLE_RATE, Samples
from models.vad import shared_model
from pipelines.settings import CaptionSettings
from pipelines.speech.segmenter import Segmenter
from pipelines.speech.utterance import SegmenterEvent, SpeechEnded

PARTIAL_EVERY_SAMPLES = SAMPLE_RATE
BEAM_PARTIAL = 1
BEAM_FINAL = 5


@dataclass(order=True, slots=True)
class Job:
    """A decode to be done; the lowest goes first."""

    rank: tuple[int, int]
    samples: Samples = field(compare=False)
    language: str = field(compare=False)
    beam: int = field(compare=False)
    reply: asyncio.Future[str] = field(compare=False)


class Decoder:
    """The queue in front of the model's one thread. Bounded: a track waits for its partial."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._jobs: asyncio.PriorityQueue[Job] = asyncio.PriorityQueue()
        self._thread = ThreadPoolExecutor(1)
        self._arrival = itertools.count()

    async def decode(self, samples: Samples, language: str, *, final: bool) -> str:
        """Return the text."""
        job = Job(
            rank=(0 if final else 1, next(self._arrival)),
            samples=samples,
            language=language,
            beam=BEAM_FINAL if final else BEAM_PARTIAL,
            reply=asyncio.get_running_loop().create_future(),
        )
        self._jobs.put_nowait(job)
        return await job.reply

    async def run(self) -> None:
        """Decode until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            job = await self._jobs.get()
            if job.reply.cancelled():
                continue
            text = await loop.run_in_executor(self._thread, self._text, job)
            if not job.reply.cancelled():
                job.reply.set_result(text)

    def _text(self, job: Job) -> str:
        segments, _ = self._model.transcribe(
            job.samples,
            language=job.language,
            beam_size=job.beam,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)


class Track:
    """One WebSocket: sound in, partials and finals out."""

    def __init__(self, decoder: Decoder, socket: web.WebSocketResponse, language: str) -> None:
        self._decoder = decoder
        self._socket = socket
        self._language = language
        self._segmenter = Segmenter(shared_model().detector(), CaptionSettings())
        self._position = 0
        self._asked_until = 0
        self._partial: asyncio.Task[None] | None = None
        self._finals: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the client hangs up; after its "end", say when all is out."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                self._hear(np.frombuffer(message.data, dtype="<f4").astype(np.float32))
            elif message.type is WSMsgType.TEXT:
                self._end(self._segmenter.finish())
                await asyncio.gather(*self._finals)
                await self._socket.send_json({"type": "done"})

    async def aclose(self) -> None:
        """Forget what is still to be decoded."""
        tasks = [task for task in (*self._finals, self._partial) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hear(self, samples: Samples) -> None:
        self._end(self._segmenter.push(samples, self._position))
        self._position += len(samples)
        opened = self._segmenter.open
        if opened is None or self._partial is not None:
            return
        since = max(self._asked_until, opened.speech_start_sample)
        if opened.speech_end_sample - since < PARTIAL_EVERY_SAMPLES:
            return
        self._asked_until = opened.speech_end_sample
        samples = self._segmenter.open_samples()
        self._partial = asyncio.create_task(self._show(opened.number, samples, final=False))
        self._partial.add_done_callback(self._partial_done)

    def _partial_done(self, task: asyncio.Task[None]) -> None:
        if self._partial is task:
            self._partial = None

    def _end(self, events: list[SegmenterEvent]) -> None:
        for event in events:
            if not isinstance(event, SpeechEnded):
                continue
            if self._partial is not None:
                self._partial.cancel()
                self._partial = None
            said = event.utterance
            task = asyncio.create_task(self._show(said.number, said.samples, final=True))
            self._finals.add(task)
            task.add_done_callback(self._finals.discard)

    async def _show(self, utterance: int, samples: Samples, *, final: bool) -> None:
        text = await self._decoder.decode(samples, self._language, final=final)
        kind = "final" if final else "partial"
        with contextlib.suppress(ConnectionError):
            await self._socket.send_json({"type": kind, "utterance": utterance, "text": text})


def application(model: WhisperModel) -> web.Application:
    """Return the server: a WebSocket a track, `?language=` told."""
    decoder = Decoder(model)

    async def deciding(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(decoder.run())
        yield
        task.cancel()

    async def listen(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        track = Track(decoder, socket, request.query["language"])
        try:
            await track.run()
        finally:
            await track.aclose()
        return socket

    app = web.Application()
    app.cleanup_ctx.append(deciding)
    app.router.add_get("/", listen)
    return app


def main() -> None:
    """Load the model, then listen on loopback."""
    port, folder = sys.argv[1:]
    model = WhisperModel(folder, cpu_threads=cores(), local_files_only=True)
    web.run_app(application(model), host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main()
