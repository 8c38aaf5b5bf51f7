"""Whether a text is in what another track is known to say: an echo is heard worse than that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

SAME_WORDS = 0.4
SAME_LETTERS = 0.6
LETTERS_IN_A_ROW = 3
_WORD = re.compile(r"[^\W_]+")


def same_text(text: str, said: Iterable[str]) -> bool:
    """Whether most of `text` is in what was `said`: an echo is heard worse than its source."""
    words = _WORD.findall(text.casefold())
    known = [word for one in said for word in _WORD.findall(one.casefold())]
    if not words or not known:
        return False
    if _matching(known, words, 1) >= SAME_WORDS * len(words):
        return True
    letters, known_letters = " ".join(words), " ".join(known)
    return _matching(known_letters, letters, LETTERS_IN_A_ROW) >= SAME_LETTERS * len(letters)


def _matching(known: list[str] | str, heard: list[str] | str, at_least: int) -> int:
    blocks = SequenceMatcher(None, known, heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= at_least)
