"""The work of a thread that runs the model: batches in, replies out, whatever goes wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import structlog

from models.base import ModelError, ModelRejected, ModelUnavailable
from models.engine.job import Job, Transcriber, recognition_of, silence
from models.engine.language_models import LanguageModels
from models.engine.memory_limit import MemoryLimit, is_out_of_memory
from models.engine.observer import DecodedBatch, DecodedItem, EngineObserver, Work
from models.engine.watchdog import Watchdog
from models.settings import AsrSettings
from models.whisper.item import Transcript

log = structlog.get_logger("greffier.asr")
EXIT_BROKEN = 70
"""The process's exit status when its model no longer runs; sysexits.h's EX_SOFTWARE."""


class Decoder:
    """Runs the models. `models`, `fell_back` and `batch_limit_sec` are read by any thread; all
    else runs in one thread of the engine.

    `fallback` makes room on the device and loads the smaller model.
    """

    def __init__(
        self,
        models: LanguageModels,
        settings: AsrSettings,
        *,
        observer: EngineObserver,
        clock: Callable[[], float],
        watchdog: Watchdog,
        fallback: Callable[[], Transcriber] | None = None,
    ) -> None:
        self.models = models
        self.fell_back = False
        self._settings = settings
        self._observer = observer
        self._clock = clock
        self._watchdog = watchdog
        self._fallback = fallback
        self._limit = MemoryLimit()

    @property
    def batch_limit_sec(self) -> float:
        """Seconds of windows that a batch may hold since memory ran out; 0: no such limit."""
        return self._limit.window_sec(self._clock()) or 0

    def answer(self, jobs: list[Job]) -> None:
        """Decode a batch and reply to each of its requests that still waits."""
        jobs = [job for job in jobs if job.reply.set_running_or_notify_cancel()]
        if not jobs:
            return
        most = self._limit.items(_longest(jobs), self._clock()) or len(jobs)
        for first in range(0, len(jobs), most):
            self._decode(jobs[first : first + most])

    def _decode(self, jobs: list[Job]) -> None:
        started = self._clock()
        try:
            transcripts = self._transcribe(jobs)
        except Exception as error:  # noqa: BLE001  whatever the GPU library raises
            if is_out_of_memory(error) and len(jobs) > 1:
                self._decode_halves(jobs)
            else:
                self._decode_singly(jobs, error)
            return
        log.debug(
            "decoded",
            kind=str(jobs[0].request.kind),
            items=len(jobs),
            frames=max(job.prepared.mel.shape[1] for job in jobs),
            seconds=round(self._clock() - started, 3),
        )
        self._observer.decoded(self._decoded(jobs, started))
        for job, transcript in zip(jobs, transcripts, strict=True):
            job.reply.set_result(recognition_of(job.request, transcript))

    def _decode_halves(self, jobs: list[Job]) -> None:
        self._limit.exceeded(len(jobs), _longest(jobs), self._clock())
        half = len(jobs) // 2
        log.error(
            "out of memory: batches are smaller for a while; set asr.max_batch lower",
            items=len(jobs),
            window_sec=_longest(jobs),
        )
        self._decode(jobs[:half])
        self._decode(jobs[half:])

    def _decode_singly(self, jobs: list[Job], error: Exception) -> None:
        """One bad item must not take the batch's others with it."""
        log.warning("batch failed", items=len(jobs), error=type(error).__name__)
        failed: list[tuple[Job, Exception]] = []
        for at, job in enumerate(jobs):
            try:
                (transcript,) = self._transcribe([job])
            except Exception as single:
                if is_out_of_memory(single) and self._fall_back():
                    self._decode([*(job for job, _ in failed), *jobs[at:]])
                    return
                log.exception("item failed", utterance=job.request.utterance_id)
                failed.append((job, single))
            else:
                job.reply.set_result(recognition_of(job.request, transcript))
        if failed and not self._still_works(jobs[0]):
            # A GPU in this state never recovers: leave it to the supervisor and the clients'
            # replay. No reply is sent, so that nothing is taken as answered.
            log.critical("the model no longer runs; the process ends")
            os._exit(EXIT_BROKEN)
        for job, reason in failed:
            job.reply.set_exception(_refusal(reason))

    def _fall_back(self) -> bool:
        """Serve the smaller model from now on, if there is one."""
        if self._fallback is None or self.fell_back:
            return False
        log.critical(
            "out of memory with a single request: the fallback model serves until the next start",
            model=self._settings.fallback_model,
        )
        try:
            self.models.replace(self._fallback())
        except Exception:
            log.exception("the fallback model can't be loaded; the process ends")
            os._exit(EXIT_BROKEN)
        self.fell_back = True
        return True

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
            window_sec=max(job.prepared.mel.shape[1] for job in jobs) / 100,
            started_sec=started_sec,
            ended_sec=self._clock(),
        )

    def _transcribe(self, jobs: Sequence[Job]) -> list[Transcript]:
        with self._watchdog.limit(self._hang_sec(sum(job.window_sec for job in jobs))):
            return self.models.transcribe(jobs)

    def _hang_sec(self, window_sec: float) -> float:
        return self._settings.hang_floor_sec + self._settings.hang_factor * window_sec

    def _still_works(self, job: Job) -> bool:
        """Whether the model still decodes plain silence."""
        try:
            with self._watchdog.limit(self._hang_sec(0.0)):
                main = self.models.main
                main.transcribe([silence(main, job.request.kind)])
        except Exception:  # noqa: BLE001
            return False
        return True


def _longest(jobs: Sequence[Job]) -> float:
    return max(job.window_sec for job in jobs)


def _refusal(error: Exception) -> ModelError:
    if is_out_of_memory(error):
        # What else is on the device may go away again: a final is worth another try.
        return ModelUnavailable("the device is out of memory; set asr.fallback_model")
    return ModelRejected(f"can't be decoded: {type(error).__name__}")
