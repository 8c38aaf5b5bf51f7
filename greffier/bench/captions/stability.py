"""How still the text stands: what was shown and taken back, above all of what had been confirmed.

Pure. Words are compared without case and punctuation, which settle with the final by design;
`verbatim` counts them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jiwer

from greffier.bench.captions.play import Shown
from greffier.bench.captions.words import words_of
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Counts of words; add them up over tracks.

    `erased`: words taken off the screen, those after the first change included (the numerator of
    normalised erasure). `corrected`: words that themselves became another one or went.
    `confirmed_changed`: words shown as confirmed that were another one, or gone, later.
    """

    final_words: int = 0
    erased: int = 0
    erased_verbatim: int = 0
    corrected: int = 0
    confirmed: int = 0
    confirmed_changed: int = 0
    partials: int = 0
    shortest_gap_sec: float | None = None

    def __add__(self, other: Stability) -> Stability:
        gaps = [one for one in (self.shortest_gap_sec, other.shortest_gap_sec) if one is not None]
        return Stability(
            final_words=self.final_words + other.final_words,
            erased=self.erased + other.erased,
            erased_verbatim=self.erased_verbatim + other.erased_verbatim,
            corrected=self.corrected + other.corrected,
            confirmed=self.confirmed + other.confirmed,
            confirmed_changed=self.confirmed_changed + other.confirmed_changed,
            partials=self.partials + other.partials,
            shortest_gap_sec=min(gaps, default=None),
        )


def stability(shown: Iterable[Shown]) -> Stability:
    """Count over one track."""
    lines: dict[str, list[Shown]] = {}
    for one in shown:
        lines.setdefault(_line_id(one), []).append(one)
    return sum((_of_line(one) for one in lines.values()), Stability())


def _line_id(one: Shown) -> str:
    event = one.event
    return event.id if isinstance(event, Segment | Gap) else event.utterance_id


def _of_line(shown: Sequence[Shown]) -> Stability:
    texts = [_text(one) for one in shown]
    plain = [words_of(text) for text in texts]
    verbatim = [text.split() for text in texts]
    partials = [one for one in shown if isinstance(one.event, PartialCaption)]
    confirmed, changed = _confirmed(shown)
    return Stability(
        final_words=len(plain[-1]),
        erased=_erased(plain),
        erased_verbatim=_erased(verbatim),
        corrected=sum(_corrected(old, new) for old, new in pairwise(plain)),
        confirmed=confirmed,
        confirmed_changed=changed,
        partials=len(partials),
        shortest_gap_sec=min(
            (new.moment_sec - old.moment_sec for old, new in pairwise(partials)),
            default=None,
        ),
    )


def _text(one: Shown) -> str:
    match one.event:
        case PartialCaption() | Segment() as event:
            return event.text
        case DroppedCaption() | Gap():
            return ""


def _erased(texts: Sequence[Sequence[str]]) -> int:
    return sum(len(old) - _common(old, new) for old, new in pairwise(texts))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    shorter = min(len(old), len(new))
    return next((at for at, (left, right) in pairs if left != right), shorter)


def _corrected(old: Sequence[str], new: Sequence[str]) -> int:
    if not old or not new:
        return len(old)
    done = jiwer.process_words(" ".join(old), " ".join(new))
    return done.substitutions + done.deletions


def _confirmed(shown: Sequence[Shown]) -> tuple[int, int]:
    """Words confirmed in all, and those of them that did not stay where they were."""
    known: list[str] = []
    changed: set[int] = set()
    for one in shown:
        stable = words_of(one.event.stable if isinstance(one.event, PartialCaption) else _text(one))
        changed |= {at for at, word in enumerate(known) if at >= len(stable) or stable[at] != word}
        if isinstance(one.event, PartialCaption):
            known = [*known, *stable[len(known) :]]
    return len(known), len(changed)
