"""What became of each utterance that was said: late, lost, doubled, or another's. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from greffier.bench.player import Played
from greffier.bench.stress.live import Final
from greffier.bench.track_script import Line, TrackScript
from models.base import SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One utterance. `latency_sec`: from its last sample being sent to its final; inf: none came.

    `ids` are the segments that overlap with it in time.
    """

    line: Line
    latency_sec: float
    ids: tuple[str, ...]


def fates(script: TrackScript, finals: Sequence[Final], played: Played) -> list[Fate]:
    """Match finals with what was said by their times. A long utterance may have several."""
    found = []
    for line in script.lines:
        mine = [final for final in finals if _overlap(final, line)]
        sent = played.sent(line.end_sample)
        last = max((final.moment for final in mine), default=math.inf)
        found.append(
            Fate(
                line=line,
                latency_sec=max(last - sent, 0.0),
                ids=tuple(final.segment.id for final in mine),
            )
        )
    return found


def doubled(finals: Sequence[Final]) -> int:
    """Finals that come a second time, or tell a stretch of time that another one told."""
    ordered = sorted((final.segment.start_ms, final.segment.end_ms) for final in finals)
    overlaps = sum(1 for (_, end), (start, _) in itertools.pairwise(ordered) if start < end)
    ids = [final.segment.id for final in finals]
    return overlaps + len(ids) - len(set(ids))


def _overlap(final: Final, line: Line) -> bool:
    begin, end = (ms * SAMPLE_RATE // 1000 for ms in (final.segment.start_ms, final.segment.end_ms))
    shared = min(end, line.end_sample) - max(begin, line.first_sample)
    return shared > 0.3 * (line.end_sample - line.first_sample) or (
        shared > 0 and shared > 0.5 * (end - begin)
    )
