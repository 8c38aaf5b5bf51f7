"""A final keeps the words that readers were told would not change. Pure.

The last decode of an utterance sometimes reads a confirmed word in another way, or leaves it out. A
reader has built on that word; so it stays, and of the final comes what follows it. Case and
punctuation are the final's. Where the confirmed words end in it, the unconfirmed ones after them
tell: they were heard in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from models.base import RecognisedWord, Recognition
from pipelines.live.agreement import normal, split_words

UNLIKE = 1.5
"""What it costs to read one word as another that has no letter in common; 1 is a word too many.
Alike words are two readings of the same sound, unlike ones more likely two words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """`follows`: index of the final's first word after the confirmed ones.

    `same`: for each confirmed word, the index of the final's word that it is, or None.
    """

    follows: int
    same: tuple[int | None, ...]


def keep_confirmed(
    final: Recognition, confirmed: str, *, tail: str = "", cut: bool = False
) -> Recognition:
    """Return the final beginning with the confirmed words.

    `tail`: what was shown after them, unconfirmed. `cut`: speech went on, so that the last of the
    words may belong to the next utterance.
    """
    known, words = split_words(confirmed), split_words(final.text)
    if [normal(word) for word in words[: len(known)]] == [normal(word) for word in known]:
        return final
    kept = _align(known, split_words(tail), words, cut=cut)
    known = known[: len(kept.same)]
    # A word that the final has nothing after may carry its full stop: there the older form stays.
    texts = [
        old if at is None or after is None else words[at]
        for old, at, after in zip(known, kept.same, (*kept.same[1:], kept.follows), strict=True)
    ] + words[kept.follows :]
    timed: tuple[RecognisedWord, ...] = ()
    if words and len(final.words) == len(words):
        timed = _timed(texts, kept, final.words)
    return replace(final, text=" ".join(texts), words=timed)


def _align(known: Sequence[str], tail: Sequence[str], words: Sequence[str], *, cut: bool) -> _Kept:
    """Find the beginning of the final that the confirmed words stand for, by least cost."""
    shown, count = (*known, *tail), len(known)
    costs = [[float(column) for column in range(len(words) + 1)]]
    for old in shown:
        row = [costs[-1][0] + 1]
        for column, new in enumerate(words):
            swapped = costs[-1][column] + _unlikeness(old, new)
            row.append(min(swapped, costs[-1][column + 1] + 1, row[column] + 1))
        costs.append(row)
    # Of equal ends the later one: a word is rather read anew than said twice.
    ends = [(len(shown), column) for column in range(len(words) + 1)]
    ends += [(row, len(words)) for row in range(0 if cut else count, len(shown))]
    row_at, column = min(ends, key=lambda end: (costs[end[0]][end[1]], -end[1], -end[0]))
    same: list[int | None] = [None] * row_at
    follows = column
    while row_at and column:
        unlike = _unlikeness(shown[row_at - 1], words[column - 1])
        if costs[row_at][column] == costs[row_at - 1][column - 1] + unlike:
            row_at, column = row_at - 1, column - 1
            same[row_at] = None if unlike else column
        elif costs[row_at][column] == costs[row_at - 1][column] + 1:
            row_at -= 1
        else:
            column -= 1
        if row_at >= count:
            follows = column
    return _Kept(follows=follows, same=tuple(same[:count]))


def _unlikeness(old: str, new: str) -> float:
    left, right = normal(old), normal(new)
    if left == right:
        return 0.0
    return UNLIKE * (1 - SequenceMatcher(None, left, right, autojunk=False).ratio())


def _timed(
    texts: Sequence[str], kept: _Kept, words: Sequence[RecognisedWord]
) -> tuple[RecognisedWord, ...]:
    """Words the final read in another way lie between those that it has as well."""
    rest = words[kept.follows :]
    last = rest[0].start_sec if rest else words[-1].end_sec
    unsure = min(one.probability for one in words)
    out: list[RecognisedWord] = []
    for number, at in enumerate(kept.same):
        if at is not None:
            out.append(replace(words[at], text=texts[number]))
            continue
        known = [one for one in kept.same[number:] if one is not None]
        end = words[known[0]].start_sec if known else last
        begin = out[-1].end_sec if out else min(words[0].start_sec, end)
        missing = kept.same[number:].index(known[0]) if known else len(kept.same) - number
        out.append(
            RecognisedWord(
                text=texts[number],
                start_sec=begin,
                end_sec=begin + max(end - begin, 0.0) / missing,
                probability=unsure,
            )
        )
    return (*out, *rest)
