"""An utterance's final is found by its time, and what comes twice is seen."""

from __future__ import annotations

import math

from greffier.bench.player import Played
from greffier.bench.stress.live import Final
from greffier.bench.stress.spoken import doubled, fates
from greffier.bench.track_script import Line, TrackScript
from models.base import SAMPLE_RATE
from pipelines.events import Segment, Speaker
from tests.unit.greffier.bench.made import utterance

SPEAKER = Speaker(identity="a", name="", track_sid="t")


def final(start_sec: float, end_sec: float, moment: float, text: str = "hello") -> Final:
    return Final(
        moment=moment,
        segment=Segment(
            id=f"m/t/{start_sec}",
            speaker=SPEAKER,
            start_ms=round(start_sec * 1000),
            end_ms=round(end_sec * 1000),
            text=text,
            language="en",
            confidence=1.0,
            words=(),
        ),
    )


def script(*spans: tuple[float, float]) -> TrackScript:
    lines = [
        Line(text="x", first_sample=int(a * SAMPLE_RATE), end_sample=int(b * SAMPLE_RATE))
        for a, b in spans
    ]
    samples = utterance("x", 20).samples
    return TrackScript(number=0, voice="a", language="en", lines=tuple(lines), samples=samples)


PLAYED = Played(moments=tuple(100 + at * 0.02 for at in range(1000)), late_p99_sec=0.0)


def test_latency_counts_from_the_last_sample_to_the_last_segment() -> None:
    finals = [final(1.1, 2.0, 102.5), final(2.0, 3.1, 103.8), final(6.0, 7.0, 107.6)]
    first, second, third = fates(script((1, 3), (6, 7), (10, 12)), finals, PLAYED)
    assert abs(first.latency_sec - 0.8) < 0.03
    assert len(first.ids) == 2
    assert abs(second.latency_sec - 0.6) < 0.03
    assert math.isinf(third.latency_sec)
    assert third.ids == ()


def test_a_second_text_for_the_same_time_or_id_is_doubled() -> None:
    one, next_one = final(1, 2, 103), final(2, 3, 104)
    assert doubled([one, next_one]) == 0
    assert doubled([one, final(1.5, 2.5, 105)]) == 1
    assert doubled([one, one]) == 2
