"""Names and terms of a meeting, as the text that the model is told went before."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_CHARACTERS = 400
"""About the hundred tokens that the model is given of it."""
SURE_SPEECH_SEC = 1.0
SURE_VOICE = 0.8
"""The prompt goes behind confident speech only: on silence a model writes its prompt down."""
LEAKED_WORDS = 4
_WORD = re.compile(r"[^\W_]+")


def prompt_of(terms: Iterable[str], names: Iterable[str] = ()) -> str:
    """The prompt; empty without terms: names alone are not worth what a prompt costs."""
    chosen: list[str] = []
    wanted = [" ".join(term.split()) for term in terms]
    if not any(wanted):
        return ""
    for term in (*wanted, *names):
        if term and term not in chosen and len(", ".join([*chosen, term])) <= LONGEST_CHARACTERS:
            chosen.append(term)
    return ", ".join(chosen)


def is_confident(speech_sec: float, voice: float) -> bool:
    """Whether so much speech, of which the voice detector was that sure, may have a prompt."""
    return speech_sec >= SURE_SPEECH_SEC and voice >= SURE_VOICE


def is_leak(text: str, prompt: str) -> bool:
    """Whether the text is nothing but a stretch of the prompt; a name or two are speech."""
    words = _WORD.findall(text.casefold())
    told = _WORD.findall(prompt.casefold())
    return len(words) >= LEAKED_WORDS and f" {' '.join(words)} " in f" {' '.join(told)} "
