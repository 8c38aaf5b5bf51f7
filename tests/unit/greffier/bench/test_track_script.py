"""Track scripts: repeatable, all different, as much speech as asked for, references that fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greffier.bench.track_script import (
    SHORTEST_PAUSE_SEC,
    TAIL_SEC,
    TrackScript,
    write_long_script,
    write_script,
)
from models.base import SAMPLE_RATE
from tests.unit.greffier.bench.made import utterance

UTTERANCES = [
    utterance(f"{voice} number {number}", seconds, voice=voice, language=language)
    for voice, language in (("ann", "en"), ("bob", "fr"))
    for number, seconds in enumerate((1.2, 2.0, 2.6, 3.4, 2.2))
]
STRAY = utterance("a stray one", 2.0, voice="ann", language="fr")


def script(number: int = 0, *, seconds: float = 30.0, seed: int = 1) -> TrackScript:
    return write_script([*UTTERANCES, STRAY], number=number, seconds=seconds, seed=seed, share=0.7)


def test_the_same_arguments_give_the_same_track() -> None:
    assert script().lines == script().lines
    assert np.array_equal(script().samples, script().samples)


def test_every_track_and_every_seed_is_another_one() -> None:
    """Also two tracks of one voice."""
    tracks = [script(0), script(2), script(4), script(0, seed=2)]
    assert len({track.voice for track in tracks}) == 1
    assert len({track.lines for track in tracks}) == len(tracks)


def test_a_track_keeps_to_one_voice_and_one_language() -> None:
    """They take turns, and a voice's stray sentence in another language is left out."""
    tracks = [script(number) for number in range(4)]
    assert [track.voice for track in tracks] == ["ann", "bob", "ann", "bob"]
    assert [track.language for track in tracks] == ["en", "fr", "en", "fr"]
    assert all(line.text.startswith(track.voice) for track in tracks for line in track.lines)


def test_about_seven_tenths_are_speech_in_a_long_track() -> None:
    assert script(seconds=120).speech_share == pytest.approx(0.7, abs=0.04)


@settings(max_examples=25, deadline=None)
@given(number=st.integers(0, 40), seed=st.integers(0, 9), seconds=st.sampled_from([8.0, 31.0]))
def test_the_references_say_what_is_spoken_and_where(
    number: int, seed: int, seconds: float
) -> None:
    """Speech where a line stands, pauses between, quiet at the end, never digital silence."""
    track = script(number, seconds=seconds, seed=seed)
    assert len(track.samples) == seconds * SAMPLE_RATE
    quiet = np.ones(len(track.samples), dtype=bool)
    for line in track.lines:
        assert np.abs(track.samples[line.first_sample : line.end_sample]).max() > 0.2
        quiet[line.first_sample - 900 : line.end_sample + 900] = False
    assert 0 < np.abs(track.samples[quiet]).max() < 0.01
    for before, after in zip(track.lines, track.lines[1:], strict=False):
        pause = after.first_sample - before.end_sample
        assert pause >= SHORTEST_PAUSE_SEC * SAMPLE_RATE
    assert track.lines[-1].end_sample <= len(track.samples) - TAIL_SEC * SAMPLE_RATE
    assert not track.samples.flags.writeable


def test_a_long_script_says_its_turn_again_and_again() -> None:
    """Each line with its own sound wherever it comes again; those that would be cut don't count."""
    once = write_script(UTTERANCES, number=3, seconds=53.0, seed=1, share=0.7)
    track = write_long_script(UTTERANCES, number=3, seconds=130.0, seed=1, share=0.7)
    assert len(track.samples) == 130 * SAMPLE_RATE
    assert track.lines[-1].end_sample <= 130 * SAMPLE_RATE
    assert len(track.lines) > 2 * len(once.lines)
    for number, line in enumerate(track.lines):
        said = once.lines[number % len(once.lines)]
        assert line.text == said.text
        assert np.array_equal(
            track.samples[line.first_sample : line.end_sample],
            once.samples[said.first_sample : said.end_sample],
        )


def test_long_tracks_are_not_all_quiet_at_the_end_of_their_turns() -> None:
    """At no moment after the first of them do fewer than a third speak."""
    tracks = [
        write_long_script(UTTERANCES, number=number, seconds=150.0, seed=1, share=0.7)
        for number in range(40)
    ]
    for second in range(50, 145):
        moment = second * SAMPLE_RATE
        assert sum(_speaks(track, moment) for track in tracks) > 13


def _speaks(track: TrackScript, moment: int) -> bool:
    return any(line.first_sample <= moment < line.end_sample for line in track.lines)
