"""The recognition process in virtual time: its own queue and model, under a clock of samples.

Batches are chosen as `models.engine` chooses them and decoded by the real model; only the time
that takes is accounted rather than waited for: none at all, or as long as it really took here.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from models.base import Kind, ModelUnavailable, Recognition, RecognitionRequest
from models.engine.batching import BatchKey, BatchQueue, Pending, window_sec
from models.engine.job import recognition_of
from models.settings import AsrSettings
from models.whisper.item import Transcript
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound

_SETTLING_TURNS = 16
"""Turns of the event loop until everything that an answer sets off has happened."""


class VirtualClock:
    """Seconds of the meeting; moved by whoever plays it."""

    def __init__(self) -> None:
        self.now_sec = 0.0
        self._limits: dict[asyncio.Timeout, float] = {}

    def move(self, to_sec: float) -> None:
        """Stand at that moment, never an earlier one; what has waited too long is told."""
        self.now_sec = max(to_sec, self.now_sec)
        for limit, end_sec in list(self._limits.items()):
            if end_sec <= self.now_sec:
                del self._limits[limit]
                limit.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """As `asyncio.timeout`, in seconds of the meeting."""
        async with asyncio.timeout(None) as limit:
            self._limits[limit] = self.now_sec + seconds
            try:
                yield
            finally:
                self._limits.pop(limit, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request with its own reply."""

    request: RecognitionRequest
    reply: asyncio.Future[Recognition]


@dataclass(slots=True, kw_only=True)
class Effort:
    """What was asked of the model."""

    partials: int = 0
    finals: int = 0
    decode_sec: float = 0.0


class Decoder:
    """The real model behind a memory: what was decoded once, alone or not, need not be again."""

    def __init__(self, model: WhisperModel, settings: AsrSettings, *, remember: bool) -> None:
        self._model = model
        self._settings = settings
        self._known: dict[bytes, Transcript] | None = {} if remember else None

    def window_sec(self, request: RecognitionRequest) -> float:
        """Length of the decoding window."""
        full = self._settings.full_window_finals and request.kind is Kind.FINAL
        samples = len(request.samples) - request.skip_samples
        return window_sec(samples, self._settings.window_pad_sec, full=full)

    def prompt(self, request: RecognitionRequest) -> tuple[int, ...]:
        """Token ids of the request's prompt."""
        return self._model.prompt_tokens(request.prompt)

    def decode(self, requests: Sequence[RecognitionRequest]) -> list[Transcript]:
        """Decode a batch of one key."""
        if self._known is None:
            return self._decode(requests)
        # One by one, so that an answer never depends on who else happened to be in the batch.
        return [self._remembered(self._known, request) for request in requests]

    def _remembered(
        self, known: dict[bytes, Transcript], request: RecognitionRequest
    ) -> Transcript:
        key = _digest(request)
        if key not in known:
            (known[key],) = self._decode([request])
        return known[key]

    def _decode(self, requests: Sequence[RecognitionRequest]) -> list[Transcript]:
        return self._model.transcribe(
            [
                self._model.prepare(
                    Sound.whole(one.samples[one.skip_samples :]),
                    window_sec=self.window_sec(one),
                    kind=one.kind,
                    prompt=self.prompt(one),
                    language=one.language,
                    languages=one.languages,
                    language_prior=one.language_prior,
                )
                for one in requests
            ]
        )


class VirtualEngine:
    """A `Recogniser`. Answers come while `run_until` moves the clock.

    `took` makes the time that is accounted for a batch of the time that was measured.
    """

    def __init__(
        self,
        decoder: Decoder,
        settings: AsrSettings,
        clock: VirtualClock,
        *,
        accounted: bool,
        took: Callable[[float], float] = lambda measured_sec: measured_sec,
    ) -> None:
        self._decoder = decoder
        self._clock = clock
        self._accounted = accounted
        self._took = took
        self._queue: BatchQueue[Request] = BatchQueue(
            max_batch=settings.max_batch,
            wait_sec=settings.batch_wait_ms / 1000 if accounted else 0.0,
            max_queue=settings.max_queue,
        )
        self._free_at = 0.0
        self.effort = Effort()

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Wait, in virtual time, for the model. Raises ModelUnavailable as the process does."""
        reply: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
        key = BatchKey(
            kind=request.kind,
            window_sec=self._decoder.window_sec(request),
            prompt_tokens=len(self._decoder.prompt(request)),
        )
        admission = self._queue.add(
            Pending(
                utterance_id=request.utterance_id,
                key=key,
                arrived_sec=self._clock.now_sec,
                item=Request(request=request, reply=reply),
                speaker=f"{request.meeting_id}/{request.track_id}",
            )
        )
        for old in admission.superseded:
            if not old.item.reply.done():
                old.item.reply.set_exception(ModelUnavailable("a newer request replaced it"))
        if not admission.accepted:
            raise ModelUnavailable("the queue is full")
        return await reply

    async def run_until(self, moment_sec: float) -> None:
        """Decode and answer whatever falls due, then stand at that moment."""
        await settle()
        while True:
            ready = self._queue.ready_at()
            begin = max(self._free_at, self._clock.now_sec, ready or 0.0)
            if ready is None or begin > moment_sec:
                break
            batch = [one.item for one in self._queue.take(begin) if not one.item.reply.done()]
            if batch:
                await self._answer(batch, begin)
        self._clock.move(moment_sec)
        await settle()

    async def _answer(self, batch: list[Request], begin_sec: float) -> None:
        started = time.perf_counter()
        transcripts = self._decoder.decode([one.request for one in batch])
        took = self._took(time.perf_counter() - started)
        self.effort.decode_sec += took
        self._free_at = begin_sec + (took if self._accounted else 0.0)
        self._clock.move(self._free_at)
        for one, transcript in zip(batch, transcripts, strict=True):
            if one.request.kind is Kind.FINAL:
                self.effort.finals += 1
            else:
                self.effort.partials += 1
            if not one.reply.done():
                one.reply.set_result(recognition_of(one.request, transcript))
        await settle()


async def settle() -> None:
    """Let everything happen that can happen without new samples and without new answers."""
    for _ in range(_SETTLING_TURNS):
        await asyncio.sleep(0)


def _digest(request: RecognitionRequest) -> bytes:
    said = f"{request.kind}/{request.language}/{request.languages}/{request.language_prior}"
    said += f"/{request.prompt}/"
    digest = hashlib.blake2b(f"{said}{request.skip_samples}".encode(), digest_size=16)
    digest.update(request.samples.tobytes())
    return digest.digest()
