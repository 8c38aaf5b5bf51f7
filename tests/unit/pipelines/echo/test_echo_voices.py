"""Echo and what must not be taken for it, with real voices: sound alone, no model."""

from __future__ import annotations

import asyncio
from functools import lru_cache

import numpy as np
import pytest

from greffier.bench.captions.clips import Clip, load_clips
from models.base import SAMPLE_RATE, Samples
from pipelines.echo.meeting_echo import FAINT_DB, MeetingEcho, TrackEcho
from pipelines.echo.own import Own
from tests.unit.pipelines.echo.leaky_meeting import leaked

FRAME = 800
SPEAKER, LISTENER = "agnes", "henri"
AT_SEC = 2.0
"""Where the speaker begins."""
ANSWERS = {"fr": ("Oui.", "Non.", "D'accord."), "en": ("Yes.", "No.", "Okay.")}
LANGUAGES = ("fr", "en")


@lru_cache(maxsize=1)
def clips() -> tuple[Clip, ...]:
    return tuple(load_clips())


def sentences(voice: str, language: str) -> list[Clip]:
    """Sentences of two to four seconds."""
    return [
        one
        for one in clips()
        if (one.voice, one.language, one.backchannel) == (voice, language, False)
        and 2 < one.seconds < 4
    ][:4]


def answer(voice: str, language: str, text: str) -> Clip:
    return next(
        one for one in clips() if (one.voice, one.language, one.text) == (voice, language, text)
    )


def placed(*sounds: tuple[float, Samples], seconds: float = 8.0, seed: int = 1) -> Samples:
    """Sounds at their seconds, over the noise of a microphone."""
    rng = np.random.default_rng(seed)
    track = rng.normal(0, 10 ** (-66 / 20), round(seconds * SAMPLE_RATE)).astype(np.float32)
    for at_sec, sound in sounds:
        at = round(at_sec * SAMPLE_RATE)
        track[at : at + len(sound)] += sound
    return track


def gain(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 20))


def level_db(sound: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(sound))))


def at_level(sound: Samples, other: Samples, relative_db: float) -> Samples:
    """Brought to that level beside another sound."""
    return sound * gain(level_db(other) + relative_db - level_db(sound))


def judged(heard: Samples, sent: Samples, first_sec: float, end_sec: float) -> Own:
    """The listener's stretch, a third of a second after it ended."""
    return judged_by(MeetingEcho(), heard, sent, first_sec, end_sec)[1]


def judged_by(
    meeting: MeetingEcho, heard: Samples, sent: Samples, first_sec: float, end_sec: float
) -> tuple[TrackEcho, Own]:
    listener, speaker = meeting.track("listener"), meeting.track("speaker")
    first, end = round(first_sec * SAMPLE_RATE), round(end_sec * SAMPLE_RATE)
    hear(listener, speaker, heard, sent, 0, end + SAMPLE_RATE // 3)
    return listener, listener.own(first, end)


def hear(
    listener: TrackEcho, speaker: TrackEcho, heard: Samples, sent: Samples, first: int, end: int
) -> None:
    for at in range(first, end, FRAME):
        listener.hear(heard[at : at + FRAME], at)
        speaker.hear(sent[at : at + FRAME], at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("leak_db", [-20, -24, -30])
@pytest.mark.parametrize("delay_sec", [0.03, 0.18, 0.45])
@pytest.mark.parametrize("fade_samples", [100, 1_200])
def test_scraps_of_a_faint_echo_are_known_by_their_sound(
    language: str, leak_db: float, delay_sec: float, fade_samples: int
) -> None:
    """Whatever the room and the way, a piece of 0.13 s as well as the whole sentence."""
    for clip in sentences(SPEAKER, language)[:2]:
        sent = placed((AT_SEC, clip.samples))
        heard = leaked(sent, leak_db, delay_sec, fade_samples) + placed(seed=2)
        begin = AT_SEC + clip.words[0].start_sec + delay_sec
        end = AT_SEC + clip.words[-1].end_sec + delay_sec
        assert judged(heard, sent, begin, end).faint
        assert judged(heard, sent, begin + 1.0, begin + 1.13).faint
        assert judged(heard, sent, end - 0.4, end - 0.1).faint


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("relative_db", [-6, -15, -25, -40])
def test_a_soft_answer_over_another_is_the_listeners(language: str, relative_db: float) -> None:
    """Without an echo, however soft: at any time of the other's sentence, or right after it."""
    for clip in sentences(SPEAKER, language)[:2]:
        sent = placed((AT_SEC, clip.samples))
        for text in ANSWERS[language]:
            said = answer(LISTENER, language, text)
            for at_sec in (AT_SEC + 0.3, AT_SEC + 1.1, AT_SEC + clip.words[-1].end_sec + 0.1):
                soft = at_level(said.samples, clip.samples, relative_db)
                own = judged(
                    placed((at_sec, soft), seed=2),
                    sent,
                    at_sec + said.words[0].start_sec,
                    at_sec + said.words[-1].end_sec,
                )
                assert not own.all_echo


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("leak_db", [-24, -30])
@pytest.mark.parametrize("above_db", [10, 16])
def test_an_answer_above_a_faint_echo_is_the_listeners(
    language: str, leak_db: float, above_db: float
) -> None:
    """In a leaking microphone it is kept, over the other's words and right after them."""
    for clip in sentences(SPEAKER, language)[:2]:
        sent = placed((AT_SEC, clip.samples))
        for text in ANSWERS[language]:
            said = answer(LISTENER, language, text)
            for at_sec in (AT_SEC + 0.5, AT_SEC + clip.words[-1].end_sec + 0.1):
                soft = at_level(said.samples, clip.samples, leak_db + above_db)
                own = judged(
                    placed((at_sec, soft), seed=2) + leaked(sent, leak_db),
                    sent,
                    at_sec + said.words[0].start_sec,
                    at_sec + said.words[-1].end_sec,
                )
                assert not own.all_echo


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("relative_db", [-18, -24, -30])
def test_who_is_far_from_the_microphone_is_heard(language: str, relative_db: float) -> None:
    """A whole sentence that soft, while another speaks at the same time."""
    for clip, said in zip(sentences(SPEAKER, language), sentences(LISTENER, language), strict=True):
        sent = placed((AT_SEC, clip.samples))
        for at_sec in (AT_SEC, AT_SEC + 0.4):
            far = leaked(at_level(said.samples, clip.samples, relative_db), 0.0, 0.0, 1_200)
            own = judged(
                placed((at_sec, far), seed=2),
                sent,
                at_sec + said.words[0].start_sec,
                at_sec + said.words[-1].end_sec,
            )
            assert not own.all_echo


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("relative_db", [0, -10, -20, -30])
@pytest.mark.parametrize("leak_db", [None, -24])
def test_a_repetition_right_after_is_the_repeaters(
    language: str, relative_db: float, leak_db: float | None
) -> None:
    """The very same sound again, as soon as it has ended."""
    for clip in sentences(SPEAKER, language)[:2]:
        sent = placed((AT_SEC, clip.samples))
        at_sec = AT_SEC + clip.seconds
        heard = placed((at_sec, clip.samples * gain(relative_db)), seed=2)
        if leak_db is not None:
            heard = heard + leaked(sent, leak_db)
        begin, end = clip.words[0].start_sec, clip.words[-1].end_sec
        assert not judged(heard, sent, at_sec + begin, at_sec + end).all_echo


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("relative_db", [0, -10, -20])
def test_the_same_short_answer_a_moment_later_is_anothers(
    language: str, relative_db: float
) -> None:
    """Two say yes within half a second, as people do."""
    for text in ANSWERS[language]:
        first, second = answer(SPEAKER, language, text), answer(LISTENER, language, text)
        sent = placed((AT_SEC, first.samples))
        for later_sec in (0.2, 0.35, 0.5):
            at_sec = AT_SEC + later_sec
            soft = at_level(second.samples, first.samples, relative_db)
            own = judged(
                placed((at_sec, soft), seed=2),
                sent,
                at_sec + second.words[0].start_sec,
                at_sec + second.words[-1].end_sec,
            )
            assert not own.all_echo


def test_a_speaker_as_soft_as_an_echo_is_judged_by_the_text() -> None:
    """Who always sounds that weak may be the one who speaks; who never spoke is not."""
    clip = sentences(SPEAKER, "fr")[0]
    sent = placed((AT_SEC, clip.samples))
    heard = leaked(sent, -30) + placed(seed=2)
    begin = AT_SEC + clip.words[0].start_sec + 0.18
    end = AT_SEC + clip.words[-1].end_sec + 0.18
    listener, own = judged_by(MeetingEcho(), heard, sent, begin, end)
    assert own.faint
    listener.spoke(round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE))
    own = listener.own(round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE))
    assert own.all_echo
    assert not own.faint


def test_an_echo_that_can_be_understood_is_judged_by_its_text() -> None:
    """Of less than a second, sound alone drops only what no text could confirm."""
    clip = sentences(SPEAKER, "en")[0]
    sent = placed((AT_SEC, clip.samples))
    heard = leaked(sent, FAINT_DB + 6) + placed(seed=2)
    own = judged(heard, sent, AT_SEC + 1.2, AT_SEC + 2)
    assert own.all_echo
    assert not own.faint


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_first_scrap_is_judged_when_more_of_its_source_was_heard(language: str) -> None:
    """Before that it is no more than doubtful: nobody knows yet that this microphone leaks."""
    clip = sentences(SPEAKER, language)[0]
    sent = placed((AT_SEC, clip.samples))
    heard = leaked(sent, -30) + placed(seed=2)
    meeting = MeetingEcho(patience_sec=60)
    speaker = meeting.track("speaker")
    begin, until = AT_SEC + clip.words[0].start_sec, AT_SEC + clip.words[-1].end_sec
    first, end = round((begin + 0.2) * SAMPLE_RATE), round((begin + 0.4) * SAMPLE_RATE)
    listener = meeting.track("listener")
    speaker.begun("m/speaker/0", round(begin * SAMPLE_RATE))
    now = end + SAMPLE_RATE // 5
    hear(listener, speaker, heard, sent, 0, now)
    own = listener.own(first, end)
    assert own.doubtful
    assert not own.all_echo
    asked = asyncio.create_task(listener.once_sure(own, first, end))
    await asyncio.sleep(0)
    assert not asked.done()
    hear(listener, speaker, heard, sent, -(-now // FRAME) * FRAME, round(until * SAMPLE_RATE))
    speaker.says("m/speaker/0", round(until * SAMPLE_RATE), clip.text)
    speaker.settled("m/speaker/0")
    assert (await asked).faint


async def test_who_says_the_same_word_a_moment_later_waits_for_nobody_silent() -> None:
    """The other has said all: a doubt stays one, and the words stay with who said them."""
    first, second = answer(SPEAKER, "fr", "Oui."), answer(LISTENER, "fr", "Oui.")
    sent = placed((AT_SEC, first.samples))
    at_sec = AT_SEC + 0.2
    heard = placed((at_sec, at_level(second.samples, first.samples, -20)), seed=2)
    begin, end = at_sec + second.words[0].start_sec, at_sec + second.words[-1].end_sec
    listener, own = judged_by(MeetingEcho(patience_sec=60), heard, sent, begin, end)
    again = await listener.once_sure(own, round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE))
    assert not again.all_echo
