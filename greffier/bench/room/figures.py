"""Figures of a room, from what a reader in it saw. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from greffier.bench.figures import Shown, TrackFigures, track_figures
from greffier.bench.ranks import rank, seconds
from greffier.bench.room.participants import Sent
from greffier.bench.track_script import TrackScript
from greffier.demo.viewer import Caption

LATE_LIMIT_SEC = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow:
    """One size of a room. CPU is in cores: 0.01 is one per cent of one core.

    `*_quiet_cores` is while all are there and nobody speaks; `*_cores` while some do. `sdk_*` is
    the part of the worker's that the LiveKit SDK's own threads take. `lost`
    counts utterances of which no final came. None: never came, or nothing to count.
    """

    participants: int
    speaking: int
    silence: str
    worker_quiet_cores: float
    sdk_quiet_cores: float
    worker_cores: float
    livekit_cores: float
    asr_cores: float
    clients_cores: float
    worker_peak_mb: float
    join_s: float
    utterances: int
    lost: int
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    wer: float | None
    late_p99_s: float

    @property
    def valid(self) -> bool:
        """Whether the clients themselves kept time; if not, the latencies say nothing."""
        return self.late_p99_s <= LATE_LIMIT_SEC

    def as_dict(self) -> dict[str, object]:
        """For the JSON report."""
        return asdict(self) | {"valid": self.valid}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The captions' side of a row."""

    utterances: int
    lost: int
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    wer: float | None
    late_p99_s: float


def shown(captions: Sequence[Caption]) -> list[Shown]:
    """What a reader of one speaker saw from moment to moment: finals, then what is still open."""
    finals: list[str] = []
    partials: dict[str, str] = {}
    seen: list[Shown] = []
    for caption in captions:
        if caption.final or caption.dropped:
            partials.pop(caption.segment_id, None)
            if caption.text:
                finals.append(caption.text)
        else:
            partials[caption.segment_id] = caption.text
        seen.append(
            Shown(
                moment=caption.moment,
                committed=" ".join(finals),
                tail=" ".join(partials.values()),
            )
        )
    return seen


def heard(
    scripts: Mapping[str, TrackScript], sent: Sequence[Sent], captions: Sequence[Caption]
) -> Heard:
    """Put the speakers together; `scripts` by identity."""
    left = {one.identity: one for one in sent}
    tracks: list[TrackFigures] = [
        track_figures(
            script.lines,
            left[identity].moment,
            shown([one for one in captions if one.identity == identity]),
        )
        for identity, script in scripts.items()
    ]
    first = [one for track in tracks for one in track.first_text_sec]
    final = [one for track in tracks for one in track.final_sec]
    words = sum(track.words for track in tracks)
    late = [one for track in sent for one in track.late_sec]
    return Heard(
        utterances=len(final),
        lost=sum(1 for one in final if math.isinf(one)),
        first_text_p50_s=seconds(rank(first, 50)),
        first_text_p95_s=seconds(rank(first, 95)),
        final_p50_s=seconds(rank(final, 50)),
        final_p95_s=seconds(rank(final, 95)),
        wer=round(sum(track.errors for track in tracks) / words, 4) if words else None,
        late_p99_s=round(rank(late, 99) or 0.0, 4),
    )


def cores_of_each_more(
    rows: Sequence[RoomRow], of: Callable[[RoomRow], float] = lambda row: row.worker_quiet_cores
) -> list[float | None]:
    """What each participant more costs the worker while all are quiet, from row to row, in cores.

    None for the first row. A cost that were quadratic would grow down the column.
    """
    more: list[float | None] = [None]
    for before, row in itertools.pairwise(rows):
        more.append((of(row) - of(before)) / (row.participants - before.participants))
    return more[: len(rows)]
