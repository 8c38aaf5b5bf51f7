"""LocalAgreement-2: what two successive hypotheses agree on will not change any more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NOT_A_LETTER = re.compile(r"[\W_]+")
REALIGN_WORDS = 2
"""How far a hypothesis may shift against the stable words before positions alone decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """`stable` will not change any more; `tail` may. Both are stripped."""

    stable: str
    tail: str

    @property
    def text(self) -> str:
        """Both."""
        return " ".join(part for part in (self.stable, self.tail) if part)


def split_words(text: str) -> list[str]:
    """Words as shown; French spaced punctuation ("Oui ?") stays with the word before it."""
    words: list[str] = []
    for piece in text.split():
        if words and not normal(piece):
            words[-1] = f"{words[-1]} {piece}"
        else:
            words.append(piece)
    return words


def normal(word: str) -> str:
    """The word without case and punctuation: both flicker from one hypothesis to the next."""
    return _NOT_A_LETTER.sub("", word.casefold())


def _same(left: Sequence[str], right: Sequence[str]) -> bool:
    return [normal(word) for word in left] == [normal(word) for word in right]


class LocalAgreement:
    """The stable prefix of one utterance. It never shrinks and never changes.

    The last `held_words` of a text are not shown until the next one has them too: they are the
    ones that flicker.
    """

    def __init__(self, *, held_words: int = 0) -> None:
        self._held = held_words
        self._stable: list[str] = []
        self._previous_tail: list[str] = []
        self._was_sure = False
        self.stable_until = 0
        """Words of the last hypothesis that are stable: those before this index."""

    def update(self, words: Sequence[str], *, sure: bool = True) -> Agreed:
        """Take the words of the next hypothesis, from the utterance's beginning.

        Only two hypotheses that are both `sure` of themselves make words stable.
        """
        begin = self._continuation(words)
        tail = list(words[begin:])
        agreed = 0
        for old, new in zip(self._previous_tail, tail, strict=False):
            if not (sure and self._was_sure) or normal(old) != normal(new):
                break
            agreed += 1
        self._was_sure = sure
        self._stable += tail[:agreed]
        self._previous_tail = tail[agreed:]
        self.stable_until = begin + agreed
        shown = self._previous_tail[: max(len(tail) - agreed - self._held, 0)]
        return Agreed(stable=" ".join(self._stable), tail=" ".join(shown))

    def keep(self, count: int) -> list[str]:
        """Forget and return all stable words but the last `count`: they are no longer heard."""
        gone, self._stable = self._stable[:-count], self._stable[-count:]
        return gone

    def _continuation(self, words: Sequence[str]) -> int:
        """Index of the first word after the stable ones, even if a word came or went before."""
        count = len(self._stable)
        anchor = self._stable[-REALIGN_WORDS:]
        for shift in sorted(range(-REALIGN_WORDS, REALIGN_WORDS + 1), key=abs):
            end = count + shift
            if len(anchor) <= end <= len(words) and _same(words[end - len(anchor) : end], anchor):
                return end
        return min(count, len(words))
