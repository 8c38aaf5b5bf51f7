"""Which language a speaker's next utterance is in, when it is too short to tell by itself."""

from __future__ import annotations

SHORT_SPEECH_SEC = 1.0
"""Whisper's language detection is unreliable below a second of speech."""
REMEMBERED = 2


class LanguageMemory:
    """The languages of one speaker's last finals."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = languages
        self._heard: list[str] = []

    def choose(self, speech_sec: float) -> str | None:
        """Return the language to decode in, or None: detect it."""
        if len(self._languages) == 1:
            return self._languages[0]
        if speech_sec >= SHORT_SPEECH_SEC or len(self._heard) < REMEMBERED:
            return None
        return self._heard[0] if len(set(self._heard)) == 1 else None

    def heard(self, language: str, speech_sec: float) -> None:
        """Remember the language of a final; short ones prove nothing."""
        if speech_sec >= SHORT_SPEECH_SEC and language in self._languages:
            self._heard = [*self._heard, language][-REMEMBERED:]
