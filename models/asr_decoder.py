"""The work of the thread that owns the model: batches in, replies out, whatever goes wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import structlog

from models.asr_job import Job, Transcriber, recognition_of, silence
from models.asr_observer import DecodedBatch, DecodedItem, EngineObserver, Work
from models.base import ModelRejected
from models.settings import AsrSettings

log = structlog.get_logger("greffier.asr")


class Decoder:
    """Owns the model. Everything here runs in the one thread of the engine."""

    def __init__(
        self,
        model: Transcriber,
        settings: AsrSettings,
        *,
        observer: EngineObserver,
        clock: Callable[[], float],
    ) -> None:
        self._model = model
        self._settings = settings
        self._observer = observer
        self._clock = clock

    def answer(self, jobs: list[Job]) -> None:
        """Decode a batch and reply to each of its requests that still waits."""
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
            frames=max(job.prepared.mel.shape[1] for job in jobs),
            seconds=round(self._clock() - started, 3),
        )
        self._observer.decoded(self._decoded(jobs, started))
        for job, transcript in zip(jobs, transcripts, strict=True):
            job.reply.set_result(recognition_of(job.request, transcript))

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
                job.reply.set_result(recognition_of(job.request, transcript))

    def _still_works(self, job: Job) -> bool:
        """Whether the model still decodes plain silence."""
        try:
            self._model.transcribe([silence(self._model, job.request.kind)])
        except Exception:  # noqa: BLE001
            return False
        return True
