"""A request on its way through the engine, and what the engine needs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from opentelemetry.context import Context

from models.base import SAMPLE_RATE, Kind, Recognition, RecognitionRequest, Task
from models.whisper.item import Prepared, Transcript
from models.whisper.sound import Features, Sound


class Transcriber(Features, Protocol):
    """What the engine needs of a model; `models.whisper.model.WhisperModel` has it."""

    def prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        """Token ids of a prompt; any thread."""
        ...

    def prepare(  # noqa: D102  as WhisperModel.prepare
        self,
        sound: Sound,
        *,
        window_sec: float,
        kind: Kind,
        prompt: tuple[int, ...],
        language: str | None,
        languages: tuple[str, ...],
        language_prior: tuple[float, ...],
        task: Task,
        temperature: float,
    ) -> Prepared: ...

    def detect(self, batch: Sequence[Prepared]) -> list[tuple[str, float | None]]:
        """Return each item's language and its probability by the sound; an engine's thread only."""
        ...

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        """Decode a batch; an engine's thread only."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request with its own reply: never an index into somebody else's list.

    `prepared` is made for `model`; `language_model` is the language that this is the model of.
    """

    request: RecognitionRequest
    sound: Sound
    window_sec: float
    language_model: str
    model: Transcriber
    prepared: Prepared
    background: bool
    reply: Future[Recognition]
    arrived_sec: float
    trace: Context


def prepare(
    model: Transcriber,
    request: RecognitionRequest,
    sound: Sound,
    *,
    window_sec: float,
    temperature: float,
) -> Prepared:
    """Make the request ready for a model; any thread."""
    return model.prepare(
        sound,
        window_sec=window_sec,
        kind=request.kind,
        prompt=model.prompt_tokens(request.prompt),
        language=request.language,
        languages=request.languages,
        language_prior=request.language_prior,
        task=request.task,
        temperature=temperature,
    )


def fit(job: Job, model: Transcriber) -> Job:
    """The job as this model takes it."""
    if job.model is model:
        return job
    prepared = prepare(
        model,
        job.request,
        job.sound,
        window_sec=job.window_sec,
        temperature=job.prepared.temperature,
    )
    prepared = replace(prepared, wide=job.prepared.wide)
    return replace(job, model=model, prepared=prepared)


def hurried(job: Job) -> Job:
    """The job searched once only: at overload a final in time is worth more than the last word."""
    return replace(job, prepared=replace(job.prepared, wide=False))


def silence(model: Transcriber, kind: Kind) -> Prepared:
    """Two seconds of nothing, made ready: what every working model can decode."""
    return model.prepare(
        Sound.whole(np.zeros(SAMPLE_RATE, dtype=np.float32)),
        window_sec=2,
        kind=kind,
        prompt=(),
        language="en",
        languages=("en",),
        language_prior=(),
        task=Task.TRANSCRIBE,
        temperature=0.0,
    )


def recognition_of(request: RecognitionRequest, transcript: Transcript) -> Recognition:
    """The transcript as the answer to its request; times count what was skipped."""
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
        language_probability=transcript.language_probability,
    )
