"""Whether a reading is as sure of itself as those of its speaker usually are. Pure.

An unsure reading confirms no words: its errors come twice in a row more often than chance, as the
next one hears mostly the same sound. What is usual differs by model, microphone and voice, so it is
learnt from the readings themselves; at no cost, as each brings its mean log-probability along.
"""

from __future__ import annotations

USUAL_LOGPROB = -0.05
"""What is usual before anything was read, and the surest that is ever expected."""
UNSURE = 2.5
"""A reading is unsure when its log-probability is so many times the usual one: of the demo model's,
one in eight. From 2 to 3 words are equally right, from 4 less so; a lower one erases more."""
SHARE = 1 / 8
"""How much each reading moves what is usual."""


class Certainty:
    """One speaker's."""

    def __init__(self) -> None:
        self._usual = USUAL_LOGPROB

    def judge(self, avg_logprob: float) -> bool:
        """Take a reading's mean log-probability; return whether the reading is sure."""
        sure = avg_logprob >= UNSURE * self._usual
        moved = self._usual + SHARE * (avg_logprob - self._usual)
        self._usual = min(moved, USUAL_LOGPROB)
        return sure
