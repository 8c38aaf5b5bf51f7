from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Samples
from models.fakes import LoudnessDetector, each_alone
from models.vad import shared_model
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import Steps, hear_alone, hear_together
from pipelines.speech.segmenter import Segmenter
from pipelines.speech.utterance import SegmenterEvent


def sound(seed: int) -> Samples:
    """3 s of noise that comes and goes, digital silence in between."""
    random = np.random.default_rng(seed)
    parts = [
        random.normal(0, level, round(sec * SAMPLE_RATE))
        for level, sec in zip(
            random.choice([0.0, 0.0, 0.02, 0.3], 6), random.uniform(0.05, 0.9, 6), strict=True
        )
    ]
    return np.concatenate(parts).astype(np.float32)[: 3 * SAMPLE_RATE]


class Trace:
    """A segmenter and all that it and its detector said."""

    def __init__(self) -> None:
        self.probabilities: list[float] = []
        self.events: list[SegmenterEvent] = []
        self.segmenter = Segmenter(shared_model().detector(), CaptionSettings(min_silence_sec=0.2))

    def steps(self, samples: Samples, at: int) -> Steps[None]:
        steps = self.segmenter.steps(samples, at)
        try:
            asked = next(steps)
            while True:
                answer = yield asked
                self.probabilities.append(answer)
                asked = steps.send(answer)
        except StopIteration as done:
            self.events += done.value


def positions(trace: Trace) -> list[str]:
    return [type(one).__name__ + str(getattr(one, "number", "")) for one in trace.events]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    seeds=st.lists(st.integers(0, 10_000), min_size=2, max_size=10),
    frames=st.lists(st.integers(320, 2400), min_size=12, max_size=12),
    absent=st.lists(st.integers(0, 5), min_size=12, max_size=12),
)
def test_tracks_heard_together_are_heard_to_the_bit_as_alone(
    seeds: list[int], frames: list[int], absent: list[int]
) -> None:
    """Frames of any size, tracks that pause, come and go: no probability differs."""
    sounds = [sound(seed) for seed in seeds]
    alone, together = [Trace() for _ in seeds], [Trace() for _ in seeds]
    places = [0] * len(seeds)
    tick = 0
    while any(place < len(one) for place, one in zip(places, sounds, strict=True)):
        running: list[Steps[None]] = []
        for number, one in enumerate(sounds):
            if (tick + number) % 6 < absent[number] and absent[number] < 5:
                continue
            piece = one[places[number] : places[number] + frames[number]]
            hear_alone(alone[number].steps(piece, places[number]))
            running.append(together[number].steps(piece, places[number]))
            places[number] += len(piece)
        assert hear_together(running, shared_model().probabilities) == [None] * len(running)
        tick += 1
    for single, batched in zip(alone, together, strict=True):
        assert single.probabilities == batched.probabilities
        assert positions(single) == positions(batched)


def test_one_batch_a_round() -> None:
    """Tracks with two windows due and tracks with one share the first round."""
    batches: list[int] = []
    tracks = [Segmenter(LoudnessDetector(), CaptionSettings()) for _ in range(3)]

    def steps(segmenter: Segmenter, windows: int) -> Steps[None]:
        yield from segmenter.steps(np.zeros(512 * windows, dtype=np.float32), 0)

    def detect(asked):
        batches.append(len(asked))
        return each_alone(asked)

    hear_together(
        [steps(one, windows) for one, windows in zip(tracks, (2, 1, 0), strict=True)], detect
    )
    assert batches == [2, 1]


def test_a_failure_is_returned_and_ends_only_its_track() -> None:
    heard = []

    def fails() -> Steps[None]:
        yield LoudnessDetector(), np.zeros(512, dtype=np.float32)
        raise OSError("gone")

    def goes_on() -> Steps[None]:
        for _ in range(3):
            heard.append((yield LoudnessDetector(), np.ones(512, dtype=np.float32)))

    failures = hear_together([fails(), goes_on()], each_alone)
    assert [type(one) for one in failures] == [OSError, type(None)]
    assert heard == [1.0, 1.0, 1.0]


def test_what_the_model_raises_is_raised() -> None:
    def steps() -> Steps[None]:
        yield LoudnessDetector(), np.zeros(512, dtype=np.float32)

    def broken(asked):
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        hear_together([steps()], broken)
