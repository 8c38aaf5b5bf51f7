"""Long speech is cut between two words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from models.base import (
    SAMPLE_RATE,
    Pressure,
    RecognisedWord,
    Recognition,
    RecognitionRequest,
    Samples,
)
from models.engine.engine import Engine
from models.settings import AsrSettings
from models.vad import shared_model
from models.whisper.model import WhisperModel
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings
from pipelines.speech.cut import between, quietest_boundary, quietest_point

ASSETS = Path(__file__).parents[4] / "assets"
MEETING = ASSETS / "demo-meeting"
EDGE_SAMPLES = round(0.04 * SAMPLE_RATE)
"""Synthetic speech and what we hear of it agree on a word's edge to about this much."""


def loud(sec: float) -> Samples:
    return np.full(round(sec * SAMPLE_RATE), 0.1, np.float32)


def quiet(sec: float, level: float = 0.0) -> Samples:
    return np.full(round(sec * SAMPLE_RATE), level, np.float32)


def test_quietest_point_of_very_little_is_its_middle() -> None:
    """Too short a stretch to search is cut in the middle."""
    assert quietest_point(np.ones(100, dtype=np.float32)) == 50


def test_a_closure_inside_a_word_is_no_place_to_cut() -> None:
    """However quiet it is: a boundary that is known wins over one that is only heard."""
    samples = np.concatenate([loud(1), quiet(0.12), loud(1), quiet(0.1, 0.03), loud(1)])
    assert 1.0 < quietest_point(samples) / SAMPLE_RATE < 1.12
    at = quietest_boundary(samples, [round(2.2 * SAMPLE_RATE)])
    assert at is not None
    assert 2.1 < at / SAMPLE_RATE < 2.23


def test_of_several_boundaries_the_quietest_is_taken() -> None:
    samples = np.concatenate([loud(1), quiet(0.1, 0.02), loud(1), quiet(0.1, 0.05), loud(1)])
    at = quietest_boundary(samples, [round(2.15 * SAMPLE_RATE), round(1.05 * SAMPLE_RATE)])
    assert at is not None
    assert 1.0 < at / SAMPLE_RATE < 1.1


@pytest.mark.parametrize("boundaries", [[], [10**9], [-(10**9)]])
def test_where_no_boundary_is_known_there_is_none(boundaries: list[int]) -> None:
    assert quietest_boundary(loud(3), boundaries) is None
    assert quietest_boundary(loud(0.01), [80]) is None


def test_words_meet_between_the_end_of_one_and_the_beginning_of_the_next() -> None:
    words = [
        RecognisedWord(text="a", start_sec=0.0, end_sec=0.5, probability=1.0),
        RecognisedWord(text="b", start_sec=0.7, end_sec=1.0, probability=1.0),
    ]
    assert between(words, 100) == [100 + round(0.6 * SAMPLE_RATE)]
    assert between(words[:1], 100) == between([], 100) == []


class InStep:
    """The demo model, in this process; `idle` while nothing is asked of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.idle = asyncio.Event()
        self.idle.set()

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        self.idle.clear()
        try:
            return await self._engine.submit(
                replace(request, samples=request.samples[request.skip_samples :])
            )
        finally:
            self.idle.set()


class Sink:
    def __init__(self) -> None:
        self.segments: list[Segment] = []

    async def partial(self, caption: PartialCaption) -> None: ...

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        self.segments.append(segment)

    async def dropped(self, caption: DroppedCaption) -> None: ...

    async def gap(self, gap: Gap) -> None: ...


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    model = WhisperModel.load(ASSETS / "demo-model", AsrSettings(device="cpu", threads=1))
    engine = Engine(model, AsrSettings(batch_wait_ms=0))
    engine.start()
    yield engine
    engine.stop()


def unbroken(who: str) -> tuple[Samples, list[tuple[int, int]]]:
    """All that a person of the demo meeting says, without a pause, and where words sound."""
    with av.open(str(MEETING / f"{who}.flac")) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frames = [*container.decode(audio=0), None]
        pieces = [p.to_ndarray().reshape(-1) for f in frames for p in resampler.resample(f)]
    audio = np.concatenate(pieces).astype(np.float32)
    turns, words, length = [], [], 0
    for turn in json.loads((MEETING / "script.json").read_text("utf-8")):
        if turn["identity"] != who:
            continue
        first, last = (round(turn[edge] * SAMPLE_RATE) for edge in ("start_sec", "end_sec"))
        for _, start, end in turn["words"]:
            at = length - first
            words.append((at + round(start * SAMPLE_RATE), at + round(end * SAMPLE_RATE)))
        turns.append(audio[first:last])
        length += last - first
    speech = np.concatenate(turns)
    return speech, [sounding(speech, start, end) for start, end in words]


def sounding(speech: Samples, start: int, end: int) -> tuple[int, int]:
    """A word without the silence that its times have at their ends: below −50 dBFS for 10 ms."""
    step = SAMPLE_RATE // 100
    blocks = speech[start : end - (end - start) % step].reshape(-1, step)
    heard = np.flatnonzero(np.square(blocks).mean(axis=1) > 1e-5)
    if not len(heard):
        return start, start
    return start + int(heard[0]) * step, start + (int(heard[-1]) + 1) * step


@pytest.mark.slow
@pytest.mark.parametrize("who", ["claire-martin", "thomas-bernard", "emma-wilson"])
async def test_no_cut_of_real_speech_falls_in_a_word(engine: Engine, who: str) -> None:
    """The demo meeting's voices, one sentence at the heels of the other."""
    speech, words = unbroken(who)
    cuts: list[int] = []
    for start in (0, 7 * SAMPLE_RATE):
        recogniser, sink = InStep(engine), Sink()
        captions = TrackCaptions(
            meeting_id="m",
            speaker=Speaker(identity=who, name=who, track_sid="TR"),
            detector=shared_model().detector(),
            recogniser=recogniser,
            sink=sink,
            settings=CaptionSettings(),
        )
        for at in range(start, len(speech), 800):
            await captions.feed(speech[at : at + 800], at)
            await recogniser.idle.wait()
            await asyncio.sleep(0)
        await captions.finish()
        await captions.drain()
        ends = [(one.end_ms, other.start_ms) for one, other in pairwise(sink.segments)]
        cuts += [end for end, next_start in ends if end == next_start]
    assert cuts
    for cut_ms in cuts:
        cut = cut_ms * SAMPLE_RATE // 1000
        inside = [min(cut - start, end - cut) for start, end in words if start < cut < end]
        assert all(depth <= EDGE_SAMPLES for depth in inside), f"at {cut_ms} ms"
