"""Which language a speaker's next utterance is in: what is detected, weighed by what was before.

A belief over the meeting's languages for each speaker, moved by each final: people mostly go on in
the language they spoke, and change now and then. Two clear utterances in another language turn
any belief; what is shorter than a second moves it little, and is judged by it more.
"""

from __future__ import annotations

from collections.abc import Callable

from models.base import Recognition

SURE_SPEECH_SEC = 2.0
"""Whisper's detection is to be trusted from here on; below, its evidence counts by length."""
CHANGE = 0.1
"""How likely a speaker changes language from one utterance to the next."""
MOST = 0.98
"""No evidence counts for more: a detection that is sure of itself can still be wrong."""


def nobody_said() -> None:
    """No language was set by hand."""


class LanguageMemory:
    """One speaker's belief. `given`: the language that somebody set by hand, which is never
    doubted; asked each time, for it may change in mid-meeting. One that the meeting doesn't speak
    counts for nothing.
    """

    def __init__(
        self, languages: tuple[str, ...], given: Callable[[], str | None] = nobody_said
    ) -> None:
        self._languages = languages
        self._given = given
        self._belief = {code: 1 / len(languages) for code in languages}

    def choose(self) -> str | None:
        """The language to decode in, or None: detect it, with `prior`."""
        given = self._given()
        if given in self._languages:
            return given
        return self._languages[0] if len(self._languages) == 1 else None

    def prior(self, speech_sec: float) -> tuple[float, ...]:
        """Probability of each language for speech of that length, before it is heard.

        The recogniser multiplies what it hears by this. Short speech is weak evidence: instead of
        weakening what is heard by a power, the prior is sharpened by the inverse one.
        """
        power = 1 / _weight(speech_sec)
        weights = [share**power for share in self._next().values()]
        return tuple(round(weight / sum(weights), 4) for weight in weights)

    def heard(self, recognition: Recognition, speech_sec: float) -> None:
        """Take a final; one whose language was given says nothing."""
        found, sure = recognition.language, recognition.language_probability
        if sure is None or found not in self._belief or len(self._belief) == 1:
            return
        sure = min(max(sure, 1 - MOST), MOST)
        rest = (1 - sure) / (len(self._belief) - 1)
        weight = _weight(speech_sec)
        moved = {
            code: share * (sure if code == found else rest) ** weight
            for code, share in self._next().items()
        }
        total = sum(moved.values())
        self._belief = {code: share / total for code, share in moved.items()}

    def _next(self) -> dict[str, float]:
        spread = CHANGE / (len(self._belief) - 1) if len(self._belief) > 1 else 0.0
        return {
            code: share * (1 - CHANGE) + (1 - share) * spread
            for code, share in self._belief.items()
        }


def _weight(speech_sec: float) -> float:
    return min(max(speech_sec / SURE_SPEECH_SEC, 0.25), 1.0)
