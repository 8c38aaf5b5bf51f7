"""The threads that run the model, one on a GPU, and the queue in front of them."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import structlog
from opentelemetry.context import Context, get_current

from models.base import (
    Kind,
    ModelBusy,
    ModelError,
    ModelUnavailable,
    Pressure,
    Recognition,
    RecognitionRequest,
)
from models.engine.batching import BatchKey, BatchQueue, Pending, window_sec
from models.engine.decoder import EXIT_BROKEN, Decoder
from models.engine.job import Job, Transcriber, hurried, prepare
from models.engine.language_models import LanguageModels
from models.engine.observer import EngineObserver, Observers, Unobserved, Work
from models.engine.pressure import LEVELS, Load, LoadMeter, PressureGauge, Queued
from models.engine.watchdog import Watchdog
from models.settings import AsrSettings
from models.whisper.sound import Sound

log = structlog.get_logger("greffier.asr")
FULL = "the queue is full; partials wait for better times"
MEASURE_EVERY_SEC = 0.1
FINAL_TARGET_SEC = 1.0
"""From the end of speech to its final; the finals that are nearest to it go first."""
Clock = Callable[[], float]


class Superseded(ModelError):
    """A newer partial of the utterance, or its final, has replaced this partial."""


class Engine:
    """Runs batches until stopped. `submit` is called from an event loop, `stop` from anywhere.

    `workers` batches run at once; a `fallback` wants one, as it takes the model away from all.
    """

    def __init__(
        self,
        model: Transcriber,
        settings: AsrSettings,
        clock: Clock = time.monotonic,
        *,
        observer: EngineObserver | None = None,
        fallback: Callable[[], Transcriber] | None = None,
        language_models: Mapping[str, Transcriber] | None = None,
        workers: int = 1,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._observer = observer or Unobserved()
        self._meter = LoadMeter(
            longest_wait_sec=settings.longest_wait_ms / 1000,
            batch_wait_sec=settings.batch_wait_ms / 1000,
            workers=workers,
        )
        self._gauge = PressureGauge()
        self._load = Load(share=0.0, busy=0.0)
        self._measured_sec = float("-inf")
        watching = Observers(self._meter, self._observer)
        self._models = LanguageModels(model, language_models)
        self._watchdogs = [Watchdog() for _ in range(workers)]
        self._decoders = [
            Decoder(
                self._models,
                settings,
                observer=watching,
                clock=clock,
                watchdog=watchdog,
                fallback=fallback,
            )
            for watchdog in self._watchdogs
        ]
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
        self._busy = [0] * workers
        self._threads = [
            threading.Thread(target=self._run, args=(at,), name=f"asr-model-{at}", daemon=True)
            for at in range(workers)
        ]

    def start(self) -> None:
        """Start the model's threads."""
        for thread in self._threads:
            thread.start()
        for watchdog in self._watchdogs:
            watchdog.start()

    def stop(self) -> None:
        """Take nothing more, finish what waits, and end the threads. Blocks."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for watchdog in self._watchdogs:
            watchdog.stop()
        self._aside.shutdown()

    def load(self) -> dict[str, float | int]:
        """Return what `GET /load` says; `pressure` is the number of its level, from 0."""
        with self._changed:
            pressure = self._measure(at_most_sec_old=0.0)
            # Rare partials are what makes room for those who are here: there is none for more.
            full = self._stopping or pressure is not Pressure.NONE
            return {
                "queued": len(self._queue),
                "busy": sum(self._busy),
                "busy_share": round(self._load.busy, 3),
                "headroom": 0.0 if full else round(self._load.headroom, 3),
                "pressure": LEVELS.index(pressure),
                "fallback": int(self.fell_back),
                "batch_limit_sec": self._batch_limit_sec,
            }

    @property
    def fell_back(self) -> bool:
        """Whether the smaller model serves, because memory ran out."""
        return any(decoder.fell_back for decoder in self._decoders)

    @property
    def _batch_limit_sec(self) -> float:
        limits = [decoder.batch_limit_sec for decoder in self._decoders]
        return min((limit for limit in limits if limit), default=0)

    @property
    def pressure(self) -> Pressure:
        """What clients are asked to do about their partials."""
        with self._changed:
            return self._measure()

    def _measure(self, at_most_sec_old: float = MEASURE_EVERY_SEC) -> Pressure:
        """Holds the lock."""
        now = self._clock()
        if now - self._measured_sec >= at_most_sec_old:
            self._measured_sec, before = now, self._gauge.pressure
            queued = Queued(
                live=self._queue.live,
                fullness=self._queue.fullness,
                waiting_since_sec=self._queue.waiting_since_sec,
            )
            self._load = self._meter.load(now, queued)
            if (pressure := self._gauge.update(now, self._load, queued)) is not before:
                log.info("pressure", now=pressure.value, before=before.value)
            if pressure is Pressure.FINALS:
                for old in self._queue.shed():
                    _refuse(old, ModelBusy(FULL))
        return self._gauge.pressure

    async def submit(
        self,
        request: RecognitionRequest,
        *,
        sound: Sound | None = None,
        background: bool = False,
        temperature: float = 0.0,
    ) -> Recognition:
        """Recognise. Raises Superseded, ModelBusy, ModelUnavailable and ModelRejected.

        `sound`: what is heard, where the samples are in a session rather than in the request.
        `background`: live speech goes first, and the caller bounds how much it sends at once.
        Cancelling forgets the request unless it is being decoded already.
        """
        # The mel is made here, beside the model's thread, not in it.
        aside = self._aside if background else None
        with self._observer.request(Work.of(request.kind, background=background)):
            if request.kind is Kind.PARTIAL and self.pressure is Pressure.FINALS:
                raise ModelBusy(FULL)
            prepared = functools.partial(
                self._prepare, request, arrived_sec=self._clock(), trace=get_current()
            )
            job = await asyncio.get_running_loop().run_in_executor(
                aside, prepared, sound, background, temperature
            )
            self._enqueue(job)
            recognition = await asyncio.wrap_future(job.reply)
        return replace(recognition, pressure=self.pressure)

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
        sound = sound or Sound.whole(request.samples)
        full = self._settings.full_window_finals and request.kind is Kind.FINAL
        window = window_sec(sound.samples, self._settings.window_pad_sec, full=full)
        own, model = self._models.of(request)
        return Job(
            request=request,
            sound=sound,
            window_sec=window,
            language_model=own,
            model=model,
            prepared=prepare(model, request, sound, window_sec=window, temperature=temperature),
            background=background,
            reply=Future(),
            arrived_sec=arrived_sec,
            trace=trace,
        )

    def _enqueue(self, job: Job) -> None:
        key = BatchKey(
            kind=job.request.kind,
            window_sec=job.prepared.mel.shape[1] / 100,
            prompt_tokens=len(job.prepared.prompt),
            temperature=job.prepared.temperature,
            background=job.background,
            language_model=job.language_model,
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
            # All: what one of them may not take yet, another may.
            self._changed.notify_all()
        for old in admission.superseded:
            _refuse(old, Superseded("a newer request replaced this partial"))
        if not admission.accepted:
            raise ModelBusy(FULL)

    def _run(self, worker: int) -> None:
        while True:
            with self._changed:
                self._busy[worker] = 0
                # Whoever held back for this batch need not any longer.
                self._changed.notify_all()
                batch = self._next()
                if not batch:
                    return
                self._busy[worker] = len(batch)
                jobs = [pending.item for pending in batch]
                if self._gauge.pressure is Pressure.FINALS:
                    jobs = [hurried(job) for job in jobs]
            try:
                self._decoders[worker].answer(jobs)
            except BaseException:
                # A process that answers /health and decodes nothing is worse than none.
                log.exception("the model's thread failed; the process ends")
                os._exit(EXIT_BROKEN)

    def _next(self) -> list[Pending[Job]]:
        """Wait for a batch; empty once stopped and nothing is left. Holds the lock."""
        while True:
            now, shared = self._clock(), any(self._busy)
            self._measure()
            if batch := self._queue.take(now, shared=shared):
                return batch
            at = self._queue.ready_at(shared=shared)
            if at is None and self._stopping:
                return []
            self._changed.wait(None if at is None else max(at - now, 0.0))


def _refuse(pending: Pending[Job], error: ModelError) -> None:
    if pending.item.reply.set_running_or_notify_cancel():
        pending.item.reply.set_exception(error)
