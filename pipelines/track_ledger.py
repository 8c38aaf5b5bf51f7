"""What became of each sample of a track: silence, transcribed, or a gap. Pure.

From the first sample of a track to its last, each is in exactly one interval. What was said and
not written down can't hide between two lines: it is in no silence, so it is in a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from models.base import SAMPLE_RATE

MUTED = "muted"
MOMENT = "moment"
"""Why a silence is one: the speaker's own will, or too short a hole to lose anything in."""
LEAST_GAP_SAMPLES = SAMPLE_RATE // 4
"""No word is lost in a hole shorter than this, and a caption about it would only disturb."""


class Fate(StrEnum):
    """What became of an interval."""

    SILENCE = "silence"
    TRANSCRIBED = "transcribed"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Samples [start_sample, end_sample) of one track, in meeting samples.

    `reason`: of a gap, why it is one; of a silence, why it is taken for one (muted, or the guard
    that dropped its text); empty where nobody spoke.
    """

    start_sample: int
    end_sample: int
    fate: Fate
    reason: str = ""


@dataclass(slots=True)
class _Claim:
    start: int
    end: int
    fate: Fate | None = None
    reason: str = ""


class TrackLedger:
    """The intervals of one track. `settled` is called with each, in order, once it is decided.

    Raises ValueError where two claims would overlap. Memory: what is not settled.
    """

    def __init__(self, settled: Callable[[Interval], None]) -> None:
        self._tell = settled
        self._claims: deque[_Claim] = deque()
        self._by_start: dict[int, _Claim] = {}
        self._settled: int | None = None
        self._end: int | None = None

    @property
    def end(self) -> int | None:
        """Position after the last sample that is accounted for; None before the first."""
        return self._end

    @property
    def settled(self) -> int | None:
        """Position up to which all is decided."""
        return self._settled

    def begin(self, at: int) -> int:
        """The track exists from `at` on; the first call counts. Returns `end`."""
        if self._end is None:
            self._settled = self._end = at
        return self._end

    def hear(self, until: int) -> None:
        """Samples up to `until` were heard: silence, unless they are claimed."""
        assert self._end is not None, "begin comes first"
        self._end = max(self._end, until)

    def skip(self, until: int, reason: str) -> None:
        """Samples up to `until` were not heard, and nothing is lost by it: a silence."""
        assert self._end is not None, "begin comes first"
        start = self._end
        if until > start:
            self.claim(start, until)
            self.decide(start, Fate.SILENCE, reason)

    def claim(self, start: int, end: int) -> None:
        """An utterance has [start, end); what becomes of it is not known yet."""
        assert self._settled is not None, "begin comes first"
        last = self._claims[-1].end if self._claims else self._settled
        if not last <= start < end:
            raise ValueError(f"[{start}, {end}) overlaps what ends at {last}")
        claim = _Claim(start, end)
        self._claims.append(claim)
        self._by_start[start] = claim
        self.hear(end)

    def decide(self, start: int, fate: Fate, reason: str = "") -> None:
        """What the claim that begins at `start` has become."""
        claim = self._by_start.pop(start)
        claim.fate, claim.reason = fate, reason

    def settle(self, until: int) -> None:
        """Nothing before `until` can be claimed any more: tell what is decided."""
        if self._settled is None or self._end is None:
            return
        until = min(until, self._end)
        while self._claims and self._claims[0].start <= until:
            claim = self._claims[0]
            self._silence(claim.start)
            if claim.fate is None:
                return
            self._claims.popleft()
            self._add(claim.start, claim.end, claim.fate, claim.reason)
        self._silence(until)

    def _silence(self, until: int) -> None:
        assert self._settled is not None
        if until > self._settled:
            self._add(self._settled, until, Fate.SILENCE, "")

    def _add(self, start: int, end: int, fate: Fate, reason: str) -> None:
        self._settled = end
        self._tell(Interval(start_sample=start, end_sample=end, fate=fate, reason=reason))
