"""Samples are kept once, whatever is sent twice, late, or after a restart."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.engine.sessions import Missing, Sessions
from models.whisper.log_mel import LogMelStream

FEATURES = FeatureExtractor(feature_size=80)


class Hearing:
    bands = 80

    def new_stream(self) -> LogMelStream:
        return LogMelStream(FEATURES)


HEARING = Hearing()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ramp(count: int) -> NDArray[np.float32]:
    return np.sin(np.arange(count, dtype=np.float32) / 17).astype(np.float32)


def sessions(clock: Clock | None = None, **limits: float) -> Sessions:
    return Sessions(clock=clock or Clock(), **limits)  # type: ignore[arg-type]


def test_what_follows_is_added_and_what_is_known_is_passed_over() -> None:
    store, sound = sessions(), ramp(5_000)
    store.extend("a", 0, sound[:1_000])
    store.extend("a", 400, sound[400:3_000])
    session = store.extend("a", 3_000, sound[3_000:])
    assert session.have == 5_000
    reference = LogMelStream(FEATURES)
    reference.push(sound)
    np.testing.assert_allclose(session.mel(HEARING).window(50), reference.window(50), atol=1e-4)


def test_a_hole_is_refused_with_what_is_here() -> None:
    store = sessions()
    with pytest.raises(Missing, match="first 0 samples") as none:
        store.extend("a", 10, ramp(10))
    assert none.value.have == 0
    assert len(store) == 0, "a refusal opens nothing"
    store.extend("a", 0, ramp(100))
    with pytest.raises(Missing) as some:
        store.extend("a", 101, ramp(10))
    assert some.value.have == 100


def test_an_ended_an_idle_and_the_oldest_of_too_many_are_forgotten() -> None:
    clock = Clock()
    store = sessions(clock, idle_sec=60.0, most=2)
    store.extend("ended", 0, ramp(10))
    store.close("ended")
    store.close("never opened")
    assert len(store) == 0
    store.extend("idle", 0, ramp(10))
    clock.now = 61.0
    store.extend("b", 0, ramp(10))
    assert len(store) == 1
    store.extend("c", 0, ramp(10))
    store.extend("b", 10, ramp(10))
    store.extend("d", 0, ramp(10))
    assert len(store) == 2
    with pytest.raises(Missing):
        store.extend("c", 10, ramp(10))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 1_200)), max_size=12))
def test_whatever_is_sent_in_whatever_order_the_sound_is_the_utterances(
    sent: list[tuple[int, int]],
) -> None:
    store, sound = sessions(), ramp(4_000)
    have = 0
    for offset, count in sent:
        piece = sound[offset : offset + count]
        if offset > have:
            with pytest.raises(Missing) as missing:
                store.extend("a", offset, piece)
            assert missing.value.have == have
            continue
        session = store.extend("a", offset, piece)
        have = max(have, offset + len(piece))
        assert session.have == have
    if have:
        reference = LogMelStream(FEATURES)
        reference.push(sound[:have])
        stream = store.extend("a", have, sound[:0]).mel(HEARING)
        np.testing.assert_allclose(stream.window(30), reference.window(30), atol=1e-4)
