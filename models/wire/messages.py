"""What goes over HTTP between the recognition process and its clients (docs/protocol.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelRejected,
    Pressure,
    RecognisedWord,
    Recognition,
    RecognitionRequest,
    Samples,
    Task,
)

LONGEST_SEC = 30
LONGEST_BYTES = LONGEST_SEC * SAMPLE_RATE * 2
LONGEST_FIELD = 2_000
LONGEST_AGE_SEC = 600.0
FULL_SCALE = 32_768.0


class TooLong(ModelRejected):
    """More audio than a decoding window holds."""


class WireWord(BaseModel):
    """A word of the answer, times in seconds from the first sample sent."""

    model_config = ConfigDict(frozen=True)

    text: str
    start_sec: float
    end_sec: float
    probability: float


class WireRecognition(BaseModel):
    """The answer to `POST /recognise`."""

    model_config = ConfigDict(frozen=True)

    utterance_id: str
    kind: Kind
    text: str
    language: str
    words: tuple[WireWord, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    language_probability: float | None = None
    pressure: Pressure = Pressure.NONE


def to_pcm(samples: Samples) -> bytes:
    """Samples in [-1, 1] to little-endian 16-bit PCM; louder ones are clipped."""
    # One product that is no number if any of them is: a third of the cost of looking at each.
    if not math.isfinite(np.dot(samples, samples)):
        samples = np.nan_to_num(samples)
    scaled = np.multiply(samples, FULL_SCALE, dtype=np.float32)
    np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1, out=scaled)
    return np.rint(scaled, out=scaled).astype("<i2").tobytes()


def from_pcm(body: bytes) -> Samples:
    """Little-endian 16-bit PCM to samples. Raises ModelRejected, TooLong."""
    if len(body) % 2:
        raise ModelRejected("the body has an odd number of bytes; send 16-bit PCM")
    if len(body) > LONGEST_BYTES:
        raise TooLong(f"more than {LONGEST_SEC} s of audio; cut it")
    samples = np.frombuffer(body, dtype="<i2").astype(np.float32)
    samples /= FULL_SCALE
    return samples


def to_query(request: RecognitionRequest) -> dict[str, str]:
    """Return the request's query parameters."""
    query = {
        "utterance_id": request.utterance_id,
        "kind": request.kind.value,
        "languages": ",".join(request.languages),
        "meeting": request.meeting_id[:LONGEST_FIELD],
        "track": request.track_id[:LONGEST_FIELD],
    }
    if request.kind is Kind.FINAL:
        query["age_ms"] = str(round(min(request.age_sec, LONGEST_AGE_SEC) * 1000))
    if request.language is not None:
        query["language"] = request.language
    if request.skip_samples:
        query["skip"] = str(request.skip_samples)
    if request.language_prior:
        query["prior"] = ",".join(f"{share:.4f}" for share in request.language_prior)
    if request.task is not Task.TRANSCRIBE:
        query["task"] = request.task.value
    if request.prompt:
        query["prompt"] = request.prompt[-LONGEST_FIELD:]
    return query


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which samples of the utterance a request is about: see docs/protocol.md."""

    offset: int
    """The first one that is sent."""
    until: int
    """The one after the last that is heard."""
    skip: int
    """The first one that is heard."""


def read_place(query: Mapping[str, str], sent: int) -> Place:
    """Check where the `sent` samples belong. Raises ModelRejected, TooLong."""
    offset = _number(query, "offset", 0)
    until = _number(query, "until", offset + sent)
    skip = _number(query, "skip", 0)
    if offset + sent > LONGEST_SEC * SAMPLE_RATE:
        raise TooLong(f"more than {LONGEST_SEC} s of audio; cut it")
    if not skip < until <= offset + sent:
        raise ModelRejected("nothing is left to hear: skip < until <= offset + what is sent")
    return Place(offset=offset, until=until, skip=skip)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ModelRejected(f"{name} is no whole number")
    return int(value)


def read_request(
    query: Mapping[str, str], body: bytes, knows: Callable[[str], bool]
) -> RecognitionRequest:
    """Check a request; `knows` says whether the model has a language. Raises ModelRejected."""
    utterance_id = query.get("utterance_id", "")
    meeting_id, track_id = query.get("meeting", ""), query.get("track", "")
    if not utterance_id or len(utterance_id) > LONGEST_FIELD:
        raise ModelRejected("utterance_id is missing or too long")
    if max(len(meeting_id), len(track_id)) > LONGEST_FIELD:
        raise ModelRejected("meeting or track is too long")
    try:
        kind = Kind(query.get("kind", "final"))
    except ValueError as error:
        raise ModelRejected("kind is neither partial nor final") from error
    language = query.get("language") or None
    languages = tuple(code for code in query.get("languages", "fr,en").split(",") if code)
    if not languages:
        raise ModelRejected("languages is empty; give at least one, or leave it out")
    for code in (*languages, *((language,) if language else ())):
        if not knows(code):
            raise ModelRejected(f"Whisper has no language {code[:20]!r}; use codes such as fr, en")
    return RecognitionRequest(
        utterance_id=utterance_id,
        kind=kind,
        samples=from_pcm(body),
        meeting_id=meeting_id,
        track_id=track_id,
        age_sec=min(_number(query, "age_ms", 0) / 1000, LONGEST_AGE_SEC),
        language=language,
        languages=languages,
        language_prior=_prior(query.get("prior", ""), languages),
        task=_task(query.get("task", Task.TRANSCRIBE)),
        prompt=query.get("prompt", "")[-LONGEST_FIELD:],
        skip_samples=_number(query, "skip", 0),
    )


def _prior(text: str, languages: tuple[str, ...]) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        prior = tuple(float(share) for share in text.split(","))
    except ValueError as error:
        raise ModelRejected("prior is no list of probabilities") from error
    if len(prior) != len(languages) or not all(0 <= share <= 1 for share in prior):
        raise ModelRejected("prior has one probability, 0 to 1, for each of languages")
    return prior


def _task(text: str) -> Task:
    try:
        return Task(text)
    except ValueError as error:
        raise ModelRejected("task is neither transcribe nor translate") from error


def to_wire(recognition: Recognition) -> dict[str, Any]:
    """Return the recognition as JSON values: what `WireRecognition` reads."""
    sure = recognition.language_probability
    return {
        "utterance_id": recognition.utterance_id,
        "kind": recognition.kind.value,
        "text": recognition.text,
        "language": recognition.language,
        "words": [
            {
                "text": word.text,
                "start_sec": round(float(word.start_sec), 3),
                "end_sec": round(float(word.end_sec), 3),
                "probability": round(float(word.probability), 4),
            }
            for word in recognition.words
        ],
        "avg_logprob": round(float(recognition.avg_logprob), 4),
        "no_speech_prob": round(float(recognition.no_speech_prob), 4),
        "language_probability": None if sure is None else round(float(sure), 4),
        "pressure": recognition.pressure.value,
    }


def from_wire(body: bytes) -> Recognition:
    """Read an answer; pydantic's ValidationError when it is none."""
    wire = WireRecognition.model_validate_json(body)
    return Recognition(
        utterance_id=wire.utterance_id,
        kind=wire.kind,
        text=wire.text,
        language=wire.language,
        words=tuple(
            RecognisedWord(
                text=word.text,
                start_sec=word.start_sec,
                end_sec=word.end_sec,
                probability=word.probability,
            )
            for word in wire.words
        ),
        avg_logprob=wire.avg_logprob,
        no_speech_prob=wire.no_speech_prob,
        language_probability=wire.language_probability,
        pressure=wire.pressure,
    )
