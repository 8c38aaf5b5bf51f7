"""What nobody said: texts that Whisper makes up from silence, noise or its own repetitions.

In layers, the surest first. A guard drops a whole utterance or nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from enum import StrEnum

from models.base import Recognition

SILENT_RMS = 0.001
"""Loudest tenth of a second below −60 dBFS: no microphone gives speech that weak."""
NO_SPEECH_PROBABILITY = 0.6
LOW_LOGPROB = -1.0
UNSURE_CONFIDENCE = 0.6
HASTE_WORDS = 2
HASTE_WORDS_A_SEC = 7
"""More words than two and seven a second nobody says: people in a hurry reach six a second."""
SHORT_SEC = 1.0
VOICELESS = 0.58
"""Every short answer has a vowel, and a vowel is periodic; a thud, a knock, a click is not."""
SCRAP_SEC = 0.2
SCRAP_CONFIDENCE = 0.8
"""A note of music or of a hummed tune is as periodic as a vowel, and a tenth of a second of it
becomes a word; of real words only the plain answers are that short, and names, which are sure."""
LOOP_SHARE = 0.5
LOOP_REPEATS = {1: 8, 2: 5, 3: 4, 4: 4, 5: 3, 6: 3, 7: 3, 8: 3}
"""Repetitions in a row, by length in words, that people don't make. "Non non non non" they do."""

PLAIN_ANSWERS = frozenset(
    (
        *("oui", "non", "merci", "d'accord", "bonjour", "bonsoir", "au-revoir"),
        *("yes", "no", "yeah", "thanks", "thank-you", "hello", "bye", "ok", "okay"),
    )
)
PHANTOMS = {
    "fr": (
        r"sous-?titr(es|age)( réalisés?| faits?)?( par| par la| de la| à la)? .*",
        r"sous-?titr(es|age) (société )?radio-?canada",
        r"merci d'avoir regardé( cette| la)? vidéo.*",
        r"(n'oubliez pas de vous abonner|abonnez-vous).*",
        r".*amara\.org.*",
        r".*vap'n'roll thierry.*",
        r"❤️ par sous-titreurs?\.com",
    ),
    "en": (
        r"(thanks|thank you)( so much| very much)? for watching.*",
        r"(please )?(don't forget to )?(like and )?subscribe.*",
        r"subtitles (by|made by) .*",
        r"transcri(bed|ption) by .*",
        r".*amara\.org.*",
        r"i'll see you in the next (video|one).*",
    ),
}
_COMPILED = {language: [re.compile(p) for p in group] for language, group in PHANTOMS.items()}
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


class DropReason(StrEnum):
    """Why an utterance is no speech."""

    EMPTY = "empty"
    TOO_QUIET = "too_quiet"
    VOICELESS = "voiceless"
    SCRAP = "scrap"
    LOOP = "loop"
    SILENCE = "silence"
    HASTY = "hasty"
    PHANTOM = "phantom"
    ECHO = "echo"
    """Another track's words: found by `pipelines.echo.meeting_echo`, not here."""


ALL_LAYERS = tuple(reason for reason in DropReason if reason is not DropReason.ECHO)


def drop_reason(
    recognition: Recognition,
    loudness_rms: float,
    *,
    speech_sec: float = math.inf,
    voicing: float = 1.0,
    layers: Collection[DropReason] = ALL_LAYERS,
) -> DropReason | None:
    """Return why nobody said this, or None when it is to be kept.

    `loudness_rms` and `voicing` are `pipelines.speech.loudness`'s of the utterance, `speech_sec`
    its length without pre-roll. With fewer `layers` it is measured what each of them does.
    """
    words = _WORD.findall(recognition.text.casefold().replace("’", "'"))
    sure = confidence(recognition)
    scrap = speech_sec < SCRAP_SEC and sure < SCRAP_CONFIDENCE
    plain = "-".join(words) in PLAIN_ANSWERS
    found = (
        (DropReason.EMPTY, not words),
        (DropReason.TOO_QUIET, loudness_rms < SILENT_RMS),
        (DropReason.VOICELESS, speech_sec < SHORT_SEC and voicing < VOICELESS),
        (DropReason.SCRAP, not plain and scrap),
        (DropReason.HASTY, len(words) > HASTE_WORDS + HASTE_WORDS_A_SEC * speech_sec),
        (DropReason.LOOP, is_loop(words)),
        (DropReason.SILENCE, not plain and _is_silence(recognition)),
        (
            DropReason.PHANTOM,
            not plain and sure < UNSURE_CONFIDENCE and _is_phantom(recognition),
        ),
    )
    return next((reason for reason, applies in found if applies and reason in layers), None)


def confidence(recognition: Recognition) -> float:
    """Mean word probability, from 0 to 1; without words, from the mean log-probability."""
    if recognition.words:
        return sum(word.probability for word in recognition.words) / len(recognition.words)
    return min(math.exp(recognition.avg_logprob), 1.0)


def is_loop(words: list[str]) -> bool:
    """Whether most of the words are one phrase over and over."""
    for size, repeats in LOOP_REPEATS.items():
        run, longest = 0, 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            longest = max(longest, run)
        repeated = longest + size if longest else 0
        if repeated >= repeats * size and repeated >= LOOP_SHARE * len(words):
            return True
    return False


def _is_silence(recognition: Recognition) -> bool:
    # no_speech alone is unreliable: it needs a decoder that was unsure as well.
    return (
        recognition.no_speech_prob > NO_SPEECH_PROBABILITY and recognition.avg_logprob < LOW_LOGPROB
    )


def _is_phantom(recognition: Recognition) -> bool:
    text = recognition.text.casefold().replace("’", "'").strip(' .!…"«»-')
    return any(p.fullmatch(text) for p in _COMPILED.get(recognition.language, ()))
