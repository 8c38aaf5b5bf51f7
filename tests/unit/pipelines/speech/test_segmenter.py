from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Samples
from models.fakes import LoudnessDetector
from pipelines.settings import CaptionSettings
from pipelines.speech.segmenter import Segmenter, State
from pipelines.speech.utterance import SegmenterEvent, SpeechEnded, SpeechStarted, Utterance

SETTINGS = CaptionSettings()


def speech(sec: float, seed: int = 0) -> Samples:
    count = round(sec * SAMPLE_RATE)
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def quiet(sec: float) -> Samples:
    return np.full(round(sec * SAMPLE_RATE), 1e-4, dtype=np.float32)


def segmenter(**changes: float) -> Segmenter:
    return Segmenter(LoudnessDetector(), SETTINGS.model_copy(update=changes))


def feed(s: Segmenter, audio: Samples, at: int = 0, frame: int = 800) -> list[SegmenterEvent]:
    events: list[SegmenterEvent] = []
    for offset in range(0, len(audio), frame):
        events += s.push(audio[offset : offset + frame], at + offset)
    return events


def ended(events: list[SegmenterEvent]) -> list[Utterance]:
    return [event.utterance for event in events if isinstance(event, SpeechEnded)]


def test_an_utterance_has_its_preroll_and_part_of_its_silence() -> None:
    """Speech comes out with what was before it and a little of what comes after."""
    audio = np.concatenate([quiet(1), speech(1), quiet(1)])
    events = feed(segmenter(), audio)
    (utterance,) = ended(events)
    assert isinstance(events[0], SpeechStarted)
    assert events[0].start_sample == utterance.start_sample
    assert abs(utterance.speech_start_sample - SAMPLE_RATE) <= 512
    assert abs(utterance.speech_end_sample - 2 * SAMPLE_RATE) <= 512
    assert utterance.start_sample == utterance.speech_start_sample - 6400
    assert utterance.end_sample > utterance.speech_end_sample
    assert not utterance.cut


def test_a_blip_is_no_utterance() -> None:
    """Less than the least speech yields nothing, neither a start nor an end."""
    assert feed(segmenter(), np.concatenate([quiet(1), speech(0.06), quiet(2)])) == []


def test_a_short_pause_does_not_end_an_utterance() -> None:
    """A pause below min_silence_sec stays inside."""
    audio = np.concatenate([speech(1), quiet(0.25), speech(1), quiet(1)])
    assert len(ended(feed(segmenter(), audio))) == 1


def test_the_four_states_are_visible() -> None:
    """QUIET, STARTING, SPEAKING, STOPPING, QUIET in turn."""
    s = segmenter()
    seen = [s.state]
    audio = np.concatenate([quiet(0.5), speech(0.5), quiet(1)])
    for offset in range(0, len(audio), 512):
        s.push(audio[offset : offset + 512], offset)
        if s.state is not seen[-1]:
            seen.append(s.state)
    assert seen == [State.QUIET, State.STARTING, State.SPEAKING, State.STOPPING, State.QUIET]


def test_finish_in_mid_speech_loses_nothing() -> None:
    """Mute, leave or stop end the utterance with its very last sample."""
    s = segmenter()
    feed(s, speech(1.01), frame=700)
    (utterance,) = ended(s.finish())
    assert utterance.end_sample == round(1.01 * SAMPLE_RATE)


def test_finish_while_starting_keeps_enough_speech() -> None:
    """Speech of just the least length that is muted at once is an utterance all the same."""
    s = segmenter()
    assert feed(s, speech(0.11)) == []
    assert s.state is State.STARTING
    started, end = s.finish()
    assert isinstance(started, SpeechStarted)
    assert isinstance(end, SpeechEnded)


def test_finish_while_starting_drops_a_blip() -> None:
    """Too little speech is none at the end of a stream either."""
    s = segmenter()
    feed(s, speech(0.05))
    assert s.finish() == []


def test_finish_twice_is_once() -> None:
    """Nothing is open after finish."""
    s = segmenter()
    feed(s, speech(1))
    assert len(ended(s.finish())) == 1
    assert s.finish() == []
    assert s.open is None
    assert len(s.open_samples()) == 0


def test_a_hole_in_the_audio_ends_the_utterance() -> None:
    """A jump forward finishes; the stream goes on at the new place with a detector that forgot."""
    detector = LoudnessDetector()
    s = Segmenter(detector, SETTINGS)
    events = feed(s, speech(1)) + feed(s, speech(1, 1), at=5 * SAMPLE_RATE) + s.finish()
    first, second = ended(events)
    assert first.end_sample == SAMPLE_RATE
    assert second.start_sample == 5 * SAMPLE_RATE
    assert detector.resets == 2


def test_samples_heard_before_are_left_out() -> None:
    """A frame that comes twice is counted, not transcribed twice."""
    s = segmenter()
    audio = speech(1)
    feed(s, audio)
    s.push(audio[-800:], len(audio) - 800)
    (utterance,) = ended(s.finish())
    assert utterance.end_sample == len(audio)
    assert s.stale_samples == 800


def test_long_speech_is_cut_where_it_is_quietest() -> None:
    """The cut falls in the pause; the next utterance begins with the next sample."""
    audio = np.concatenate([speech(4.2), quiet(0.15), speech(3), quiet(1)])
    first, second = ended(feed(segmenter(max_utterance_sec=5.0), audio))
    assert first.cut
    assert not second.cut
    assert 4.2 * SAMPLE_RATE <= first.end_sample <= 4.35 * SAMPLE_RATE
    assert second.start_sample == first.end_sample
    assert (first.number, second.number) == (1, 2)


@pytest.mark.parametrize(
    ("spoken_sec", "long_line_sec", "lines"), [(2.0, 2.5, 1), (3.0, 2.5, 2), (3.0, 5.0, 1)]
)
def test_a_long_line_ends_at_a_shorter_silence(
    spoken_sec: float, long_line_sec: float, lines: int
) -> None:
    """A pause that a short line goes on over ends it; what is long is a setting."""
    pause = SETTINGS.min_silence_sec * 0.8
    audio = np.concatenate([quiet(1), speech(spoken_sec), quiet(pause), speech(1), quiet(1)])
    assert len(ended(feed(segmenter(long_line_sec=long_line_sec), audio))) == lines


def test_a_cut_in_the_closing_silence_just_ends() -> None:
    """Where only silence is left there is no next utterance."""
    audio = np.concatenate([speech(4.8), quiet(3)])
    (utterance,) = ended(feed(segmenter(max_utterance_sec=5.0), audio))
    assert not utterance.cut


def test_nan_and_infinity_become_silence() -> None:
    """What is no number is no sound."""
    s = segmenter()
    audio = speech(1).copy()
    audio[100:110] = [np.nan, np.inf] * 5
    feed(s, audio)
    (utterance,) = ended(s.finish())
    assert np.isfinite(utterance.samples).all()
    assert not utterance.samples[100:110].any()


def test_the_open_utterance_can_be_read() -> None:
    """A partial reads the samples so far; they are a read-only copy."""
    s = segmenter()
    audio = speech(1)
    feed(s, audio)
    assert s.open is not None
    assert s.open.start_sample == 0
    samples = s.open_samples()
    assert np.array_equal(samples, audio)
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 1


pieces = st.lists(
    st.tuples(st.booleans(), st.floats(0.02, 1.6)),
    min_size=1,
    max_size=10,
)


# Shrinking takes minutes where each example is seconds of sound.
@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    pieces=pieces,
    frames=st.lists(st.integers(61, 9_000), min_size=1, max_size=5),
    start=st.integers(0, 10**9),
    gap_at=st.integers(-1, 12),
    longest=st.sampled_from([2.1, 3.0, 20.0]),
)
def test_samples_are_conserved(
    pieces: list[tuple[bool, float]],
    frames: list[int],
    start: int,
    gap_at: int,
    longest: float,
) -> None:
    """Utterances hold the input at their positions, don't overlap, and hold all long speech."""
    audio = np.concatenate(
        [speech(sec, seed) if loud else quiet(sec) for seed, (loud, sec) in enumerate(pieces)]
    )
    s = segmenter(max_utterance_sec=longest)
    events: list[SegmenterEvent] = []
    heard = np.zeros(len(audio) + SAMPLE_RATE, dtype=np.float32)
    offset, shift, count = 0, 0, 0
    while offset < len(audio):
        size = frames[count % len(frames)]
        if count == gap_at:
            shift = SAMPLE_RATE
        frame = audio[offset : offset + size]
        heard[offset + shift : offset + shift + len(frame)] = frame
        events += s.push(frame, start + offset + shift)
        offset, count = offset + size, count + 1
    events += s.finish()
    covered = np.zeros(len(heard), dtype=bool)
    last_end = start
    for utterance in ended(events):
        assert last_end <= utterance.start_sample <= utterance.speech_start_sample
        assert utterance.speech_start_sample <= utterance.speech_end_sample <= utterance.end_sample
        a, b = utterance.start_sample - start, utterance.end_sample - start
        assert np.array_equal(utterance.samples, heard[a:b])
        assert len(utterance.samples) <= longest * SAMPLE_RATE + 512
        covered[a:b] = True
        last_end = utterance.end_sample
    numbers = [u.number for u in ended(events)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [e.number for e in events if isinstance(e, SpeechStarted)] == numbers
    if gap_at < 0 and shift == 0:
        at = 0
        for loud, sec in pieces:
            size = round(sec * SAMPLE_RATE)
            if loud and sec >= 0.25:
                # Only where a window is half silent may an edge be left out; pre-roll covers it.
                assert covered[at + 512 : at + size - 512].all()
            at += size
