from __future__ import annotations

import pytest

from models.base import Kind, RecognisedWord, Recognition
from pipelines.guards import DropReason, confidence, drop_reason, is_loop

LOUD = 0.1


def heard(
    text: str,
    *,
    language: str = "fr",
    sure: float = 0.9,
    logprob: float = -0.2,
    no_speech: float = 0.0,
) -> Recognition:
    words = tuple(
        RecognisedWord(text=word, start_sec=0, end_sec=1, probability=sure) for word in text.split()
    )
    return Recognition(
        utterance_id="u",
        kind=Kind.FINAL,
        text=text,
        language=language,
        words=words,
        avg_logprob=logprob,
        no_speech_prob=no_speech,
    )


@pytest.mark.parametrize("text", ["", "   ", "...", " ? !", "♪"])
def test_no_letters_is_no_speech(text: str) -> None:
    """Empty, or only punctuation."""
    assert drop_reason(heard(text), LOUD) is DropReason.EMPTY


def test_too_quiet_to_be_speech() -> None:
    """Whatever the text, no sound is no speech."""
    assert drop_reason(heard("Bonjour à tous"), 1e-4) is DropReason.TOO_QUIET


@pytest.mark.parametrize(
    "text",
    ["la la la la la la la la la", "je ne sais pas " * 5, "oui et non et " * 6],
)
def test_loops(text: str) -> None:
    """One phrase over and over is the decoder's own."""
    assert drop_reason(heard(text), LOUD) is DropReason.LOOP


@pytest.mark.parametrize("text", ["non non non non", "très très très bien", "a b a b a c d e"])
def test_people_repeat_themselves_a_little(text: str) -> None:
    """A few repetitions are speech."""
    assert not is_loop(text.split())


def test_silence_needs_both_signs() -> None:
    """no_speech alone is unreliable, low log-probability alone too."""
    assert drop_reason(heard("Il y a", logprob=-1.2, no_speech=0.7), LOUD) is DropReason.SILENCE
    assert drop_reason(heard("Il y a", logprob=-0.5, no_speech=0.9), LOUD) is None
    assert drop_reason(heard("Il y a", logprob=-1.5, no_speech=0.1), LOUD) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sous-titres réalisés par la communauté d'Amara.org", "fr"),
        ("Sous-titrage Société Radio-Canada", "fr"),
        ("Thanks for watching!", "en"),
    ],
)
def test_phantoms_only_when_unsure(text: str, language: str) -> None:
    """A known phantom goes when the decoder was unsure, and stays when somebody really said it."""
    unsure = heard(text, language=language, sure=0.3)
    assert drop_reason(unsure, LOUD) is DropReason.PHANTOM
    assert drop_reason(heard(text, language=language), LOUD) is None


@pytest.mark.parametrize("text", ["Oui.", "Yes", "Merci !", "D'accord.", "D’accord", "Thank you."])
def test_plain_answers_are_never_deleted(text: str) -> None:
    """A plain answer stays, however unsure."""
    assert drop_reason(heard(text, sure=0.1, logprob=-2, no_speech=0.9), LOUD) is None


def test_confidence_without_words() -> None:
    """Partials have no words: their log-probability tells."""
    partial = Recognition(
        utterance_id="u", kind=Kind.PARTIAL, text="a", language="fr", avg_logprob=-1.0
    )
    assert confidence(partial) == pytest.approx(0.3679, abs=1e-3)


def test_a_thud_is_no_word() -> None:
    """Short and without a vowel: dropped, even as a plain answer; long speech is not judged so."""
    thud = heard("Non.", sure=0.96)
    assert drop_reason(thud, LOUD, speech_sec=0.2, voicing=0.4) is DropReason.VOICELESS
    assert drop_reason(thud, LOUD, speech_sec=0.2, voicing=0.8) is None
    assert drop_reason(thud, LOUD, speech_sec=2.0, voicing=0.4) is None


@pytest.mark.parametrize(
    ("text", "sure", "speech_sec", "reason"),
    [
        ("I have", 0.52, 0.13, DropReason.SCRAP),
        ("Marc.", 0.51, 0.16, DropReason.SCRAP),
        ("Marc.", 0.9, 0.16, None),
        ("Marc.", 0.51, 0.3, None),
        ("Oui.", 0.3, 0.13, None),
        ("Yes", 0.3, 0.13, None),
        ("Merci !", 0.3, 0.13, None),
    ],
)
def test_an_unsure_scrap_is_no_word(
    text: str, sure: float, speech_sec: float, reason: DropReason | None
) -> None:
    """A note of music has a pitch, too: too short for a word, unless it is sure or an answer."""
    assert drop_reason(heard(text, sure=sure), LOUD, speech_sec=speech_sec) is reason


def test_a_layer_can_be_left_out() -> None:
    """To measure what it is worth."""
    others = [reason for reason in DropReason if reason is not DropReason.TOO_QUIET]
    assert drop_reason(heard("Bonjour"), 1e-4, layers=others) is None
