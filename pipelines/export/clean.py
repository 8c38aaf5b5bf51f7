"""What every text format needs: safe single lines, times, and the mark of the machine."""

from __future__ import annotations

import re
import unicodedata

_MACHINE = {
    "fr": "Transcription produite automatiquement par une machine\u00a0: "
    "elle peut contenir des erreurs.",
    "en": "This transcript was produced automatically by a machine: it may contain errors.",
}


def supported(language: str) -> str:
    """The language that documents are written in: French or, for all others, English."""
    return "fr" if language.lower().startswith("fr") else "en"


def one_line(text: str) -> str:
    """Text without line breaks, control characters or characters that turn its direction.

    Speech and names come from outside: a stray line break would end a cue or a header, and a
    bidirectional override would show a name as another one.
    """
    kept = (
        " " if character.isspace() and character not in "\u00a0\u202f" else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
    )
    return _SPACES.sub(" ", "".join(c for c in kept if c not in _DIRECTION)).strip()


# French sets a no-break space before a colon: it is not to be lost.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")


_DIRECTION = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clock(ms: int) -> str:
    """Meeting time for people: `1:02:03`, or `02:03` within the first hour."""
    minutes, seconds = divmod(max(0, ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def machine_line(language: str) -> str:
    """The visible line that marks a transcript as made by a machine (AI Act, article 50)."""
    return _MACHINE[supported(language)]
