"""`greffier bench nonspeech`: hours in which nobody speaks; each word that comes of them is false.

Made sound of many kinds (`greffier.bench.nonspeech`), another hour for each seed, and a whole
meeting of digital silence.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from greffier.bench.captions.guards import GuardTable, Heard, guard_table, hear_nonspeech
from greffier.bench.captions.layers import AtOnce, as_table
from greffier.bench.captions.virtual_engine import Decoder
from greffier.bench.machine import fingerprint, machine
from greffier.bench.page import facts, table
from greffier.bench.report_files import write_report
from greffier.settings import Settings
from models.base import (
    SAMPLE_RATE,
    Pressure,
    Recogniser,
    Recognition,
    RecognitionRequest,
    Samples,
    VoiceDetector,
)
from models.store.store import resolve
from models.vad import SileroModel, shared_model
from models.whisper.model import WhisperModel
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.guards import ALL_LAYERS
from pipelines.settings import CaptionSettings

FRAME_SAMPLES = SAMPLE_RATE // 20
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One seed's sound: what the voice detector let through, and the words that were left of it."""

    seed: int
    seconds: float
    detected: int
    detected_sec: float
    words: int
    kept_words: int
    kept_kinds: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A meeting of digital silence: windows that the detector's network ran for, requests, words.

    `windows`: how many there were.
    """

    tracks: int
    seconds: float
    windows: int
    inferences: int
    requests: int
    words: int


def nonspeech_hours(
    settings: Settings,
    *,
    seconds: float,
    seeds: Sequence[int],
    silent_tracks: int,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Measure and write the report."""
    model = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    asr = settings.asr
    whisper = WhisperModel.load(model, asr)
    recogniser = AtOnce(Decoder(whisper, asr, remember=False))
    hours = []
    for seed in seeds:
        hours.append(asyncio.run(hear_hour(recogniser, settings.captions, seconds, seed)))
        _screen.print(f"seed {seed}: {hours[-1].kept_words} words")
    silence = asyncio.run(hear_silence(recogniser, settings.captions, seconds, silent_tracks))
    guards = asyncio.run(
        guard_table(
            recogniser,
            detector=shared_model().detector,
            settings=settings.captions,
            seconds=seconds,
            seed=seeds[0],
        )
    )
    return _write(hours, silence, guards, fingerprint(model), out=out, json_file=json_file)


async def hear_hour(
    recogniser: Recogniser, settings: CaptionSettings, seconds: float, seed: int
) -> Hour:
    """Hear the made sound of one seed behind the voice detector."""
    heard: list[Heard] = await hear_nonspeech(
        recogniser, detector=shared_model().detector, settings=settings, seconds=seconds, seed=seed
    )
    kept = [one for one in heard if one.words and one.kept(ALL_LAYERS)]
    return Hour(
        seed=seed,
        seconds=seconds,
        detected=len(heard),
        detected_sec=round(sum(one.speech_sec for one in heard), 1),
        words=sum(one.words for one in heard),
        kept_words=sum(one.words for one in kept),
        kept_kinds={
            kind: sum(one.words for one in kept if one.kind == kind)
            for kind in sorted({one.kind for one in kept})
        },
    )


class _CountingModel(SileroModel):
    """Counts the windows that its network ran for."""

    inferences = 0

    def run(self, windows: Samples, states: Samples) -> tuple[Samples, Samples]:
        self.inferences += len(windows)
        return super().run(windows, states)


class _CountingRecogniser:
    """Counts requests on their way."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.requests = 0

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        self.requests += 1
        return await self._recogniser.recognise(request)


class _Words:
    """Counts what is shown."""

    count = 0

    async def partial(self, caption: PartialCaption) -> None:
        self.count += len((*caption.stable.split(), *caption.tail.split()))

    async def final(self, segment: Segment, pressure: Pressure) -> None:  # noqa: ARG002
        self.count += len(segment.text.split())

    async def dropped(self, caption: DroppedCaption) -> None: ...

    async def gap(self, gap: Gap) -> None: ...


async def hear_silence(
    recogniser: Recogniser, settings: CaptionSettings, seconds: float, tracks: int
) -> Silence:
    """Play tracks of zeros through the pipeline of a room."""
    model, counting, words = _CountingModel(), _CountingRecogniser(recogniser), _Words()
    detectors: list[VoiceDetector] = [model.detector() for _ in range(tracks)]
    captions = [
        TrackCaptions(
            meeting_id="silence",
            speaker=Speaker(identity=str(at), name="", track_sid=str(at)),
            detector=detector,
            recogniser=counting,
            sink=words,
            settings=settings,
        )
        for at, detector in enumerate(detectors)
    ]
    frame = np.zeros(FRAME_SAMPLES, dtype=np.float32)
    frame.setflags(write=False)
    count = round(seconds * SAMPLE_RATE)
    for at in range(0, count, FRAME_SAMPLES):
        for one in captions:
            await one.feed(frame, at)
    for one in captions:
        await one.finish()
        await one.drain()
    return Silence(
        tracks=tracks,
        seconds=seconds,
        windows=tracks * (count // detectors[0].window_samples),
        inferences=model.inferences,
        requests=counting.requests,
        words=words.count,
    )


def _write(
    hours: Sequence[Hour],
    silence: Silence,
    guards: GuardTable,
    model: str,
    *,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    command = shlex.join(["greffier", *sys.argv[1:]])
    known = {"date": datetime.now(UTC).date().isoformat(), "model": model, **machine()}
    false_words = sum(one.kept_words for one in hours)
    total_hours = sum(one.seconds for one in hours) / 3600
    text = "\n\n".join(
        [
            "# Hours in which nobody speaks",
            f"- {_verdict(false_words)}: {false_words} words out of {total_hours:g} hours of noise,"
            " music, typing, breath, laughter, hum, clicks and silence (bar: 0).\n"
            f"- {_verdict(silence.words + silence.requests)}: {silence.words} words and "
            f"{silence.requests} requests out of {silence.tracks} tracks of digital silence for "
            f"{silence.seconds / 60:g} minutes (bar: 0). The voice detector's network ran for "
            f"{silence.inferences} of {silence.windows} windows: the first second of each track.",
            f"```\n{command}\n```",
            "Sound made by code (`greffier/bench/nonspeech/`), another for each seed, from -55 to "
            "-15 dB of full scale, through voice detection, model and all guards. *Let through*: "
            "what the voice detector takes for speech; *words before*: what the model makes of it.",
            table(
                ["seed", "seconds", "let through", "seconds of it", "words before", "words left"],
                [
                    [
                        one.seed,
                        f"{one.seconds:g}",
                        one.detected,
                        f"{one.detected_sec:g}",
                        one.words,
                        one.kept_words,
                    ]
                    for one in hours
                ],
            ),
            f"## What each guard gives and costs (seed {hours[0].seed})",
            as_table(guards),
            facts(known),
        ]
    )
    figures = {
        "command": command,
        **known,
        "false_words": false_words,
        "hours": [asdict(one) for one in hours],
        "silence": asdict(silence),
        "guards": [asdict(row) for row in guards.rows],
    }
    return write_report(
        out,
        name="nonspeech",
        text=text + "\n",
        pictures={},
        figures=figures,
        json_file=json_file,
    )


def _verdict(count: int) -> str:
    return "**Missed**" if count else "**Kept**"
