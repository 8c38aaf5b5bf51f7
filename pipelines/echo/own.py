"""The part of an utterance that is its speaker's own, where others' voices leak in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.base import SAMPLE_RATE
from pipelines.echo.band_levels import HOP_SAMPLES
from pipelines.echo.leak import Leak
from pipelines.speech.utterance import Utterance

CUT_SAMPLES = round(0.4 * SAMPLE_RATE)
"""A shorter stretch of echo at an edge stays: it holds no word, and cutting could cost one."""
EDGE_SAMPLES = round(0.2 * SAMPLE_RATE)
"""Kept around the speaker's own stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The stretch of a track that is its speaker's own; empty (`all_echo`) if it is all leaked.

    `after_echo`: another's voice comes before it. Else its utterance keeps all of its pre-roll.
    `faint`: all leaked, and so weak that its text would tell nothing. `doubtful`: it sounds leaked,
    but there is too little of it to be sure: more of its source will tell.
    """

    first_sample: int
    end_sample: int
    sources: tuple[str, ...] = ()
    after_echo: bool = False
    faint: bool = False
    doubtful: bool = False

    @property
    def all_echo(self) -> bool:
        """Whether nothing of it is the speaker's own, by its sound."""
        return self.end_sample <= self.first_sample

    def skip_samples(self, start_sample: int) -> int:
        """Samples from `start_sample` on that need not be heard: another's."""
        return max(self.first_sample - EDGE_SAMPLES - start_sample, 0) if self.after_echo else 0

    def cut(self, utterance: Utterance) -> Utterance:
        """The utterance with its speech bounded so, what comes after it left out."""
        end = min(utterance.end_sample, self.end_sample + EDGE_SAMPLES)
        if self.end_sample == utterance.speech_end_sample:
            end = utterance.end_sample
        return replace(
            utterance,
            speech_start_sample=self.first_sample,
            speech_end_sample=self.end_sample,
            end_sample=end,
            samples=utterance.samples[: end - utterance.start_sample],
        )


def stretch(whole: Own, first_hop: int, own: tuple[int, int], leaks: list[Leak]) -> Own:
    """`whole` without what is leaked at its edges; `own` in hops from `first_hop` on."""
    start, end = ((first_hop + hop) * HOP_SAMPLES for hop in own)
    after_echo = start - whole.first_sample > CUT_SAMPLES
    return Own(
        first_sample=start if after_echo else whole.first_sample,
        end_sample=end if whole.end_sample - end > CUT_SAMPLES else whole.end_sample,
        sources=tuple(leak.source for leak in leaks),
        after_echo=after_echo,
    )
