"""The one thread that owns the model, and the queue in front of it."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import structlog
from opentelemetry.context import Context, get_current

from models.asr_observer import DecodedBatch, DecodedItem, EngineObserver, Unobserved, Work
from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelError,
    ModelRejected,
    ModelUnavailable,
    Recognition,
    RecognitionRequest,
)
from models.batching import BatchKey, BatchQueue, Pending, window_sec
from models.log_mel import LogMelStream
from models.sessions import Sound
from models.settings import AsrSettings
from models.whisper import Prepared, Transcript

log = structlog.get_logger("greffier.asr")
FINAL_TARGET_SEC = 1.0
"""From the end of speech to its final; the finals that are nearest to it go first."""
Clock = Callable[[], float]


class Superseded(ModelError):
    """A newer partial of the utterance, or its final, has replaced this partial."""


class Transcriber(Protocol):
    """What the engine needs of a model; `models.whisper.WhisperModel` has it."""

    def prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        """Token ids of a prompt; any thread."""
        ...

    def new_stream(self) -> LogMelStream:
        """An empty stream of the model's features; any thread."""
        ...

    def prepare(  # noqa: D102  as WhisperModel.prepare
        self,
        sound: Sound,
        *,
        window_sec: int,
        kind: Kind,
        prompt: tuple[int, ...],
        language: str | None,
        languages: tuple[str, ...],
        temperature: float,
    ) -> Prepared: ...

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        """Decode a batch; the owner thread only."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request with its own reply: never an index into somebody else's list."""

    request: RecognitionRequest
    prepared: Prepared
    background: bool
    reply: Future[Recognition]
    arrived_sec: float
    trace: Context


class Engine:
    """Runs batches until stopped. `submit` is called from an event loop, `stop` from anywhere."""

    def __init__(
        self,
        model: Transcriber,
        settings: AsrSettings,
        clock: Clock = time.monotonic,
        observer: EngineObserver | None = None,
    ) -> None:
        self._model = model
        self._settings = settings
        self._clock = clock
        self._observer = observer or Unobserved()
        self._queue: BatchQueue[Job] = BatchQueue(
            max_batch=settings.max_batch,
            wait_sec=settings.batch_wait_ms / 1000,
            max_queue=settings.max_queue,
            max_background_batch=settings.max_background_batch,
            patience_sec=settings.background_patience_sec,
        )
        # One thread: the mels of a file must not keep the mel of a live final waiting.
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="asr-background")
        self._changed = threading.Condition()
        self._stopping = False
        self._busy = 0
        self._thread = threading.Thread(target=self._run, name="asr-model", daemon=True)

    def new_stream(self) -> LogMelStream:
        """Return an empty stream of the model's features."""
        return self._model.new_stream()

    def start(self) -> None:
        """Start the owner thread."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more, finish what waits, and end the thread. Blocks."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._aside.shutdown()

    def load(self) -> dict[str, float | int]:
        """Return what `GET /load` says."""
        with self._changed:
            headroom = 0.0 if self._stopping else self._queue.headroom
            return {"queued": len(self._queue), "busy": self._busy, "headroom": round(headroom, 3)}

    async def submit(
        self,
        request: RecognitionRequest,
        *,
        sound: Sound | None = None,
        background: bool = False,
        temperature: float = 0.0,
    ) -> Recognition:
        """Recognise. Raises Superseded, ModelUnavailable (full, stopping) and ModelRejected.

        `sound`: what is heard, where the samples are in a session rather than in the request.
        `background`: live speech goes first, and the caller bounds how much it sends at once.
        Cancelling forgets the request unless it is being decoded already.
        """
        # The mel is made here, beside the model's thread, not in it.
        aside = self._aside if background else None
        with self._observer.request(Work.of(request.kind, background=background)):
            prepare = functools.partial(
                self._prepare, request, arrived_sec=self._clock(), trace=get_current()
            )
            job = await asyncio.get_running_loop().run_in_executor(
                aside, prepare, sound, background, temperature
            )
            self._enqueue(job)
            return await asyncio.wrap_future(job.reply)

    def _prepare(
        self,
        request: RecognitionRequest,
        sound: Sound | None,
        background: bool,
        temperature: float,
        *,
        arrived_sec: float,
        trace: Context,
    ) -> Job:
        sound = sound or Sound.whole(self._model.new_stream(), request.samples)
        full = self._settings.full_window_finals and request.kind is Kind.FINAL
        prepared = self._model.prepare(
            sound,
            window_sec=window_sec(sound.samples, self._settings.window_pad_sec, full=full),
            kind=request.kind,
            prompt=self._model.prompt_tokens(request.prompt),
            language=request.language,
            languages=request.languages,
            temperature=temperature,
        )
        return Job(
            request=request,
            prepared=prepared,
            background=background,
            reply=Future(),
            arrived_sec=arrived_sec,
            trace=trace,
        )

    def _enqueue(self, job: Job) -> None:
        key = BatchKey(
            kind=job.request.kind,
            window_sec=job.prepared.mel.shape[1] // 100,
            prompt_tokens=len(job.prepared.prompt),
            temperature=job.prepared.temperature,
            background=job.background,
        )
        request, now = job.request, self._clock()
        final = request.kind is Kind.FINAL and not job.background
        pending = Pending(
            utterance_id=request.utterance_id,
            key=key,
            arrived_sec=now,
            item=job,
            speaker=f"{request.meeting_id}/{request.track_id}" if request.track_id else "",
            due_sec=now + FINAL_TARGET_SEC - request.age_sec if final else None,
        )
        with self._changed:
            if self._stopping:
                raise ModelUnavailable("the recognition process is stopping; try again")
            admission = self._queue.add(pending)
            self._changed.notify()
        for old in admission.superseded:
            if old.item.reply.set_running_or_notify_cancel():
                old.item.reply.set_exception(Superseded("a newer request replaced this partial"))
        if not admission.accepted:
            raise ModelUnavailable("the queue is full; partials wait for better times")

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = 0
                batch = self._next()
                if not batch:
                    return
                self._busy = len(batch)
            self._answer([pending.item for pending in batch])

    def _next(self) -> list[Pending[Job]]:
        """Wait for a batch; empty once stopped and nothing is left. Holds the lock."""
        while True:
            now = self._clock()
            if batch := self._queue.take(now):
                return batch
            at = self._queue.ready_at()
            if at is None and self._stopping:
                return []
            self._changed.wait(None if at is None else max(at - now, 0.0))

    def _answer(self, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if job.reply.set_running_or_notify_cancel()]
        if not jobs:
            return
        started = self._clock()
        try:
            transcripts = self._model.transcribe([job.prepared for job in jobs])
        except Exception as error:  # noqa: BLE001  whatever the GPU library raises
            self._answer_singly(jobs, error)
            return
        log.debug(
            "decoded",
            kind=str(jobs[0].request.kind),
            items=len(jobs),
            frames=jobs[0].prepared.mel.shape[1],
            seconds=round(self._clock() - started, 3),
        )
        self._observer.decoded(self._decoded(jobs, started))
        for job, transcript in zip(jobs, transcripts, strict=True):
            job.reply.set_result(_recognition(job.request, transcript))

    def _decoded(self, jobs: Sequence[Job], started_sec: float) -> DecodedBatch:
        first, limit = jobs[0], self._settings
        return DecodedBatch(
            work=Work.of(first.request.kind, background=first.background),
            items=[
                DecodedItem(
                    arrived_sec=job.arrived_sec, audio_sec=job.prepared.audio_sec, trace=job.trace
                )
                for job in jobs
            ],
            max_items=limit.max_background_batch if first.background else limit.max_batch,
            window_sec=first.prepared.mel.shape[1] // 100,
            started_sec=started_sec,
            ended_sec=self._clock(),
        )

    def _answer_singly(self, jobs: list[Job], error: Exception) -> None:
        """One bad item must not take the batch's others with it."""
        log.warning("batch failed", items=len(jobs), error=type(error).__name__)
        failed = 0
        for job in jobs:
            try:
                (transcript,) = self._model.transcribe([job.prepared])
            except Exception as single:
                failed += 1
                log.exception("item failed", utterance=job.request.utterance_id)
                if failed == len(jobs) and not self._still_works(job):
                    # A GPU in this state never recovers: leave it to the supervisor and the
                    # clients' replay. No reply is sent, so that nothing is taken as answered.
                    log.critical("the model no longer runs; the process ends")
                    os._exit(1)
                job.reply.set_exception(ModelRejected(f"can't be decoded: {type(single).__name__}"))
            else:
                job.reply.set_result(_recognition(job.request, transcript))

    def _still_works(self, job: Job) -> bool:
        """Whether the model still decodes plain silence."""
        try:
            self._model.transcribe([silence(self._model, job.request.kind)])
        except Exception:  # noqa: BLE001
            return False
        return True


def silence(model: Transcriber, kind: Kind) -> Prepared:
    """Two seconds of nothing, made ready: what every working model can decode."""
    return model.prepare(
        Sound.whole(model.new_stream(), np.zeros(SAMPLE_RATE, dtype=np.float32)),
        window_sec=2,
        kind=kind,
        prompt=(),
        language="en",
        languages=("en",),
        temperature=0.0,
    )


def _recognition(request: RecognitionRequest, transcript: Transcript) -> Recognition:
    skipped_sec = request.skip_samples / SAMPLE_RATE
    return Recognition(
        utterance_id=request.utterance_id,
        kind=request.kind,
        text=transcript.text,
        language=transcript.language,
        words=tuple(
            replace(
                word, start_sec=word.start_sec + skipped_sec, end_sec=word.end_sec + skipped_sec
            )
            for word in transcript.words
        ),
        avg_logprob=transcript.avg_logprob,
        no_speech_prob=transcript.no_speech_prob,
    )
