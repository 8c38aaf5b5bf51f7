"""What each guard against invented words is worth, and what it costs: one row a guard, on and off.

Everything is recognised once; the guards, which act on what was recognised, are then tried over it
in every arrangement. The hour of non-speech is heard twice: as the voice detector lets it through
(next to nothing), and whole, as if there were none, so that the layers behind it have work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from greffier.bench.nonspeech.sections import Section, nonspeech
from greffier.bench.speech import Utterance, from_meeting
from models.base import (
    SAMPLE_RATE,
    Kind,
    Recogniser,
    Recognition,
    RecognitionRequest,
    Samples,
    VoiceDetector,
)
from pipelines.guards import ALL_LAYERS, DropReason, drop_reason
from pipelines.segments import speech_sec
from pipelines.settings import CaptionSettings
from pipelines.speech.loudness import loudness, voicing
from pipelines.speech.segmenter import Segmenter
from pipelines.speech.utterance import SpeechEnded

PIECE_SEC = 10.0
"""Without a voice detector, sound goes to the model in pieces of this length."""
IN_FLIGHT = 16
PAUSE = np.zeros(SAMPLE_RATE, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One recognised stretch of sound; `kind` says what it really was."""

    kind: str
    recognition: Recognition
    loudness_rms: float
    speech_sec: float
    voicing: float

    @property
    def words(self) -> int:
        """How many words the model wrote."""
        return len(self.recognition.text.split())

    def kept(self, layers: Collection[DropReason]) -> bool:
        """Whether a reader would see it."""
        reason = drop_reason(
            self.recognition,
            self.loudness_rms,
            speech_sec=self.speech_sec,
            voicing=self.voicing,
            layers=layers,
        )
        return reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Sound that goes to the model, and what the voice detector made of it."""

    kind: str
    samples: Samples
    speech_sec: float
    voicing: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRow:
    """An arrangement of guards. The two losses are words of real speech, of `spoken_words`."""

    name: str
    voice_detector: bool
    layers: tuple[str, ...]
    captions: int
    hallucinated_words: int
    hallucinated_words_an_hour: float
    lost_words: int
    spoken_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardTable:
    """The rows, and which kinds of sound still gave words behind all of the guards."""

    seconds: float
    rows: tuple[GuardRow, ...]
    kinds: dict[str, int]

    @property
    def shipped(self) -> GuardRow:
        """The row of what Greffier does: the voice detector and all guards."""
        return next(
            row for row in self.rows if row.voice_detector and len(row.layers) == len(ALL_LAYERS)
        )


async def guard_table(
    recogniser: Recogniser,
    *,
    detector: Callable[[], VoiceDetector],
    settings: CaptionSettings,
    seconds: float = 3600.0,
    seed: int = 1,
    speech: Sequence[Utterance] | None = None,
) -> GuardTable:
    """Hear `seconds` of non-speech and the `speech` (None: the demo meeting), and try the guards.

    Raises what the recogniser raises.
    """
    detected = await hear_nonspeech(
        recogniser, detector=detector, settings=settings, seconds=seconds, seed=seed
    )
    whole = await _heard(recogniser, settings, _pieces(nonspeech(seconds, seed)))
    spoken = await _heard(
        recogniser,
        settings,
        _utterances(_as_sections(speech or from_meeting()), detector(), settings),
    )
    rows = tuple(
        _row(name, layers, noise, spoken, detector=is_detected, seconds=seconds)
        for is_detected, noise in ((False, whole), (True, detected))
        for name, layers in _arrangements()
    )
    kinds: dict[str, int] = {}
    for one in detected:
        if one.kept(ALL_LAYERS):
            kinds[one.kind] = kinds.get(one.kind, 0) + one.words
    return GuardTable(seconds=seconds, rows=rows, kinds=kinds)


async def hear_nonspeech(
    recogniser: Recogniser,
    *,
    detector: Callable[[], VoiceDetector],
    settings: CaptionSettings,
    seconds: float,
    seed: int,
) -> list[Heard]:
    """Hear what the voice detector lets through of `seconds` of non-speech."""
    return await _heard(
        recogniser, settings, _utterances(nonspeech(seconds, seed), detector(), settings)
    )


def _arrangements() -> Iterator[tuple[str, tuple[DropReason, ...]]]:
    yield "no guard", ()
    for layer in ALL_LAYERS:
        yield f"only {layer}", (layer,)
    for layer in ALL_LAYERS:
        yield f"all but {layer}", tuple(other for other in ALL_LAYERS if other is not layer)
    yield "all guards", ALL_LAYERS


def _row(
    name: str,
    layers: tuple[DropReason, ...],
    noise: Sequence[Heard],
    spoken: Sequence[Heard],
    *,
    detector: bool,
    seconds: float,
) -> GuardRow:
    invented = [one for one in noise if one.words and one.kept(layers)]
    words = sum(one.words for one in invented)
    return GuardRow(
        name=name,
        voice_detector=detector,
        layers=tuple(layer.value for layer in layers),
        captions=len(invented),
        hallucinated_words=words,
        hallucinated_words_an_hour=words * 3600 / seconds,
        lost_words=sum(one.words for one in spoken if not one.kept(layers)),
        spoken_words=sum(one.words for one in spoken),
    )


def _as_sections(speech: Sequence[Utterance]) -> Iterator[Section]:
    for one in speech:
        yield Section(kind="speech", samples=np.concatenate([PAUSE, one.samples, PAUSE]))


def _utterances(
    sections: Iterator[Section], detector: VoiceDetector, settings: CaptionSettings
) -> Iterator[_Stretch]:
    """What the voice detector takes for speech."""
    segmenter = Segmenter(detector, settings)
    at_sample = 0
    for section in sections:
        events = segmenter.push(section.samples, at_sample) + segmenter.finish()
        at_sample += len(section.samples)
        for event in events:
            if isinstance(event, SpeechEnded):
                yield _Stretch(
                    kind=section.kind,
                    samples=event.utterance.samples,
                    speech_sec=speech_sec(event.utterance),
                    voicing=voicing(event.utterance.samples),
                )


def _pieces(sections: Iterator[Section]) -> Iterator[_Stretch]:
    step = round(PIECE_SEC * SAMPLE_RATE)
    for section in sections:
        for at in range(0, len(section.samples), step):
            samples = section.samples[at : at + step]
            yield _Stretch(
                kind=section.kind, samples=samples, speech_sec=len(samples) / SAMPLE_RATE
            )


async def _heard(
    recogniser: Recogniser, settings: CaptionSettings, stretches: Iterator[_Stretch]
) -> list[Heard]:
    heard: list[Heard] = []
    while batch := list(islice(stretches, IN_FLIGHT)):
        heard += await asyncio.gather(
            *(
                _recognise(recogniser, settings, one, f"guards/{len(heard) + number}")
                for number, one in enumerate(batch)
            )
        )
    return heard


async def _recognise(
    recogniser: Recogniser, settings: CaptionSettings, stretch: _Stretch, utterance_id: str
) -> Heard:
    recognition = await recogniser.recognise(
        RecognitionRequest(
            utterance_id=utterance_id,
            kind=Kind.FINAL,
            samples=stretch.samples,
            languages=settings.languages,
        )
    )
    return Heard(
        kind=stretch.kind,
        recognition=recognition,
        loudness_rms=loudness(stretch.samples),
        speech_sec=stretch.speech_sec,
        voicing=stretch.voicing,
    )
