"""The text of the utterance that goes on, and from where on it has to be heard again.

A partial re-reads its window. Were that the whole utterance, a long speech would cost more with
each second; so what is stable leaves the window, but for a few words that align the next text.
"""

from __future__ import annotations

from models.base import SAMPLE_RATE, Recognition
from pipelines.live.agreement import Agreed, LocalAgreement, split_words

MOVE_ON_SEC = 4.0
"""A window shorter than this stays: moving it costs accuracy, reading it again costs little."""
KEPT_WORDS = 3
MARGIN_SEC = 0.1
"""Word times of attention are about that good; half a word is worse than a word too many."""


class LiveText:
    """One utterance's text so far. `skip_samples` of its beginning need not be heard again."""

    def __init__(self, *, held_words: int = 0) -> None:
        self._agreement = LocalAgreement(held_words=held_words)
        self._left: list[str] = []
        self.skip_samples = 0

    def update(self, recognition: Recognition, samples: int, *, sure: bool = True) -> Agreed:
        """Take what was heard from `skip_samples` on in an utterance of so many `samples`."""
        agreed = self._agreement.update(split_words(recognition.text), sure=sure)
        stable = " ".join([*self._left, *([agreed.stable] if agreed.stable else [])])
        if samples - self.skip_samples >= MOVE_ON_SEC * SAMPLE_RATE:
            self._move_on(recognition)
        return Agreed(stable=stable, tail=agreed.tail)

    def _move_on(self, recognition: Recognition) -> None:
        keep_from = self._agreement.stable_until - KEPT_WORDS
        if keep_from <= 0 or len(recognition.words) != len(split_words(recognition.text)):
            return
        at_sec = max(recognition.words[keep_from].start_sec - MARGIN_SEC, 0.0)
        skip = int(at_sec * SAMPLE_RATE)
        if skip > self.skip_samples:
            self.skip_samples = skip
            self._left += self._agreement.keep(KEPT_WORDS)
