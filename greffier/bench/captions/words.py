"""Words as they are compared, and the kinds of words whose loss turns a sentence round. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer

_normalise = BasicTextNormalizer()


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NEGATIONS = _listed(
    """ne n pas jamais rien aucun aucune non
    not no never nothing none nobody t cannot"""
)
_NUMBERS = _listed(
    """zéro deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
    vingt trente quarante cinquante soixante cent cents mille million millions
    zero two three four five seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty
    ninety hundred thousand"""
)
_NOT_NAMES = _listed(
    """i i'm i'll i've i'd monday tuesday wednesday thursday friday saturday sunday january
    february march april may june july august september october november december"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """A transcript word by word against the truth. `wrong`: said words not heard as such.

    `extra`: heard words that nobody said there. Both are indices.
    """

    said: tuple[str, ...]
    heard: tuple[str, ...]
    wrong: frozenset[int]
    extra: frozenset[int]
    errors: int


def words_of(text: str) -> list[str]:
    """Return the words without case and punctuation."""
    return str(_normalise(text)).split()


def align(said: Sequence[str], heard: Sequence[str]) -> Aligned:
    """Align with the fewest errors."""
    wrong, extra, errors = set(range(len(said))), set(range(len(heard))), len(said) + len(heard)
    if said and heard:
        done = jiwer.process_words(" ".join(said), " ".join(heard))
        errors = done.substitutions + done.deletions + done.insertions
        for chunk in done.alignments[0]:
            if chunk.type == "equal":
                wrong -= set(range(chunk.ref_start_idx, chunk.ref_end_idx))
                extra -= set(range(chunk.hyp_start_idx, chunk.hyp_end_idx))
    return Aligned(
        said=tuple(said),
        heard=tuple(heard),
        wrong=frozenset(wrong),
        extra=frozenset(extra),
        errors=errors,
    )


def is_negation(word: str) -> bool:
    """Whether a normalised word denies: "n'avons" gives "n avons", "don't" gives "don t"."""
    return word in _NEGATIONS


def is_number(word: str) -> bool:
    """Whether a normalised word is a number, in letters or digits."""
    return word in _NUMBERS or word.isdigit()


def names_in(text: str) -> frozenset[str]:
    """Return the normalised names: what has a capital within a sentence."""
    found: set[str] = set()
    begins = True
    for piece in text.split():
        bare = piece.strip(".,;:!?…«»\"'()")
        capital = bare.split("'")[-1][:1].isupper()
        if capital and not begins and bare.casefold() not in _NOT_NAMES:
            found |= {word for word in words_of(bare) if len(word) > 1}
        begins = piece.endswith((".", "?", "!", "…"))
    return frozenset(found)
