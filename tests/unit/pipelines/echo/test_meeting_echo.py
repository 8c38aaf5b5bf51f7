from __future__ import annotations

import asyncio

import numpy as np
import pytest

from models.base import SAMPLE_RATE, Samples
from pipelines.echo.meeting_echo import MeetingEcho, TrackEcho
from pipelines.echo.own import EDGE_SAMPLES, Own
from pipelines.echo.same_text import same_text

SEC = SAMPLE_RATE


def voice(seed: int, sec: float, *, loud: float = 0.2) -> Samples:
    """Syllables: noise whose colour and loudness change eight times a second."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(round(sec * 8)):
        count = SEC // 8
        spectrum = np.fft.rfft(rng.normal(size=count))
        hertz = np.fft.rfftfreq(count, 1 / SEC)
        middle = rng.uniform(200, 3_500)
        part = np.fft.irfft(spectrum * np.exp(-(((hertz - middle) / 500) ** 2)), count)
        parts.append(part / np.abs(part).max() * rng.uniform(0.05, 1) * np.hanning(count))
    return (loud * np.concatenate(parts)).astype(np.float32)


def decibels(level: float) -> float:
    return float(10 ** (level / 20))


def later(sound: Samples, sec: float) -> Samples:
    return np.concatenate([np.zeros(round(sec * SEC), "f4"), sound])[: len(sound)]


def hear(track: TrackEcho, sound: Samples) -> None:
    noise = np.random.default_rng(9).normal(0, 1e-4, len(sound)).astype("f4")
    for at in range(0, len(sound), 800):
        track.hear((sound + noise)[at : at + 800], at)


def pause(sec: float) -> Samples:
    return np.zeros(round(sec * SEC), dtype=np.float32)


def meeting(**sounds: Samples) -> dict[str, TrackEcho]:
    echo = MeetingEcho(patience_sec=5.0)
    tracks = {sid: echo.track(sid) for sid in sounds}
    for sid, sound in sounds.items():
        hear(tracks[sid], sound)
    return tracks


@pytest.mark.parametrize("level_db", [-6, -12, -18, -24, -30])
@pytest.mark.parametrize("lag_sec", [0.0, 0.18, 0.5])
def test_another_tracks_sound_is_found_by_its_shape(level_db: float, lag_sec: float) -> None:
    """At any leakage, with any delay of a loudspeaker's way."""
    said = np.concatenate([voice(1, 3), pause(1)])
    tracks = meeting(a=said, b=decibels(level_db) * later(said, lag_sec))
    heard = tracks["b"].own(round(lag_sec * SEC), round((3 + lag_sec) * SEC))
    assert heard.all_echo
    assert heard.sources == ("a",)
    assert not tracks["a"].own(0, 3 * SEC).all_echo


def test_the_same_words_at_equal_level_are_two_peoples() -> None:
    """A chorus is no echo: neither is weaker."""
    said = voice(1, 2)
    tracks = meeting(a=said, b=said)
    assert not tracks["a"].own(0, 2 * SEC).all_echo
    assert not tracks["b"].own(0, 2 * SEC).all_echo


def test_a_quiet_microphone_at_the_same_time_is_no_echo() -> None:
    """Somebody else's sound has another shape, however weak it is beside it."""
    tracks = meeting(a=voice(1, 2), b=decibels(-15) * voice(2, 2))
    assert not tracks["b"].own(0, 2 * SEC).all_echo


def test_a_repetition_afterwards_is_the_speakers_own() -> None:
    """Whoever repeats a sentence speaks when its first speaker is silent."""
    said = voice(1, 2)
    tracks = meeting(
        a=np.concatenate([said, pause(3)]),
        b=np.concatenate([pause(2.5), decibels(-12) * said, pause(0.5)]),
    )
    assert not tracks["b"].own(round(2.5 * SEC), round(4.5 * SEC)).all_echo


def test_an_answer_after_an_echo_is_kept_alone() -> None:
    """One utterance, half of it leaked: only the speaker's own stretch is left."""
    said, answer = voice(1, 2), voice(2, 1)
    tracks = meeting(
        a=np.concatenate([said, pause(1.5)]),
        b=np.concatenate([decibels(-12) * said, answer, pause(0.5)]),
    )
    own = tracks["b"].own(0, 3 * SEC)
    assert abs(own.first_sample - 2 * SEC) < 0.15 * SEC
    assert own.end_sample == 3 * SEC
    assert own.skip_samples(0) == own.first_sample - EDGE_SAMPLES


def test_a_track_alone_is_all_its_own() -> None:
    """Nothing to compare with, nothing to lose."""
    tracks = meeting(a=voice(1, 1), b=pause(1))
    assert tracks["a"].own(0, SEC) == Own(first_sample=0, end_sample=SEC)
    assert tracks["b"].own(0, SEC) == Own(first_sample=0, end_sample=SEC)


def test_an_utterance_of_ones_own_keeps_its_pre_roll() -> None:
    """Only an echo before the speech is a reason not to hear what comes before it."""
    tracks = meeting(a=np.concatenate([pause(1), voice(1, 1)]), b=pause(2))
    assert tracks["a"].own(SEC, 2 * SEC).skip_samples(round(0.6 * SEC)) == 0


LEAKED = Own(first_sample=0, end_sample=0, sources=("a",))


async def test_text_decides_and_is_waited_for() -> None:
    """While the source's text is not there, the echo waits; then it is dropped."""
    tracks = meeting(a=pause(0.1), b=pause(0.1))
    tracks["a"].begun("m/a/0", 0)
    asked = asyncio.create_task(tracks["b"].repeats(LEAKED, 0, SEC, "le budget est votée"))
    await asyncio.sleep(0)
    assert not asked.done()
    tracks["a"].says("m/a/0", SEC, "Le budget est voté.")
    assert await asked


async def test_other_words_are_kept_once_the_source_has_said_its_own() -> None:
    """Sound alone never drops a caption."""
    tracks = meeting(a=pause(0.1), b=pause(0.1))
    tracks["a"].begun("m/a/0", 0)
    tracks["a"].says("m/a/0", SEC, "Le budget est voté.")
    asked = asyncio.create_task(tracks["b"].repeats(LEAKED, 0, SEC, "Qui veut un café ?"))
    await asyncio.sleep(0)
    assert not asked.done()
    tracks["a"].settled("m/a/0")
    assert not await asked


async def test_patience_ends() -> None:
    """A source whose text never comes delays a final by the patience, and costs no words."""
    echo = MeetingEcho(patience_sec=0.01)
    source, track = echo.track("a"), echo.track("b")
    source.begun("m/a/0", 0)
    assert not await track.repeats(LEAKED, 0, SEC, "Oui")


async def test_a_source_that_is_silent_then_explains_nothing() -> None:
    """What it said a while ago is no reason to drop the same words now."""
    tracks = meeting(a=pause(0.1), b=pause(0.1))
    tracks["a"].begun("m/a/0", 0)
    tracks["a"].says("m/a/0", SEC, "Oui")
    tracks["a"].settled("m/a/0")
    assert not await tracks["b"].repeats(LEAKED, 4 * SEC, 5 * SEC, "Oui")


@pytest.mark.parametrize(
    ("heard", "said", "same"),
    [
        ("Annonce nous assez d'argent", "Avons-nous assez d'argent pour la campagne ?", True),
        ("Oui", "Oui, le contrat est signé.", True),
        ("Pas d'accord", "Le serveur sera prêt lundi.", False),
        ("", "Oui", False),
        ("Oui", "", False),
    ],
)
def test_an_echo_is_heard_worse_than_its_source(heard: str, said: str, same: bool) -> None:
    """Most of its words, or of its letters, are enough."""
    assert same_text(heard, [said]) is same


def test_who_answers_before_the_echo_ends_keeps_the_answer() -> None:
    """The overlap stands out of the comparison; the echo before it is still found."""
    said, answer = voice(1, 3), voice(2, 2)
    lag = round(0.18 * SEC)
    echo = decibels(-12) * later(np.concatenate([said, pause(2)]), 0.18)
    own = np.concatenate([pause(2.6), answer, pause(0.4)])
    tracks = meeting(a=np.concatenate([said, pause(2)]), b=echo + own)
    heard = tracks["b"].own(lag, round(4.6 * SEC))
    assert abs(heard.first_sample - 2.6 * SEC) < 0.2 * SEC
    assert heard.end_sample == round(4.6 * SEC)
    assert heard.sources == ("a",)
