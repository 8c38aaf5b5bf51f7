"""What Greffier has to show beside the others, and whether it does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greffier.bench.asr.offline import Offline
from greffier.bench.asr.outcome import BAR_SEC, Measured
from greffier.bench.figures import Row

OURS = "greffier"
TIMES_TRACKS = 10
TIMES_CPU = 10
FIRST_TEXT_P50_SEC = 0.9
FINAL_P95_SEC = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One thing to be shown; `met` None: it could not be told in this run."""

    name: str
    wanted: str
    found: str
    met: bool | None

    def as_dict(self) -> dict[str, object]:
        """For the JSON report."""
        return {"name": self.name, "wanted": self.wanted, "found": self.found, "met": self.met}


def best_peer(systems: Sequence[Measured]) -> Measured | None:
    """Return the other system that holds the most tracks."""
    peers = [one for one in systems if one.system != OURS and one.capacity]
    return max(peers, key=lambda one: one.capacity or 0, default=None)


def bars(systems: Sequence[Measured], offline: Offline | None) -> list[Bar]:
    """Judge a run in which capacities were searched for; nothing without Greffier's own."""
    ours = next((one for one in systems if one.system == OURS and one.capacity), None)
    if ours is None or ours.capacity is None:
        return []
    found = [_half(ours, ours.capacity), _accuracy(ours, ours.capacity, offline)]
    peer = best_peer(systems)
    if peer is not None and peer.capacity is not None:
        found = [_tracks(ours, peer), _cpu(ours, peer, peer.capacity), *found]
    return found


def _tracks(ours: Measured, peer: Measured) -> Bar:
    times = (ours.capacity or 0) / (peer.capacity or 1)
    return Bar(
        name=f"speaking tracks at p95 of finals ≤ {BAR_SEC} s",
        wanted=f"≥ {TIMES_TRACKS} × the best other system",
        found=f"{ours.capacity} against {peer.capacity} of {peer.system}: {times:.1f} ×",
        met=times >= TIMES_TRACKS,
    )


def _cpu(ours: Measured, peer: Measured, tracks: int) -> Bar:
    mine, theirs = _row(ours, tracks), _row(peer, tracks)
    wanted = f"≤ 1/{TIMES_CPU} of the best other system's"
    name = f"CPU seconds per audio second at {tracks} tracks"
    if mine is None or theirs is None:
        return Bar(name=name, wanted=wanted, found="not measured", met=None)
    share = mine.cpu_s_per_audio_s / theirs.cpu_s_per_audio_s
    return Bar(
        name=name,
        wanted=wanted,
        found=f"{mine.cpu_s_per_audio_s:.4f} against {theirs.cpu_s_per_audio_s:.4f} of "
        f"{peer.system}: 1/{1 / share:.1f}; the load generator's own work is in Greffier's",
        met=share <= 1 / TIMES_CPU,
    )


def _half(ours: Measured, capacity: int) -> Bar:
    row = _row(ours, capacity // 2)
    name = f"at half that load ({capacity // 2} tracks)"
    wanted = f"first text p50 ≤ {FIRST_TEXT_P50_SEC} s, final p95 ≤ {FINAL_P95_SEC} s"
    if row is None or row.first_text_p50_s is None or row.final_p95_s is None:
        return Bar(
            name=name, wanted=wanted, found="not measured", met=None if row is None else False
        )
    return Bar(
        name=name,
        wanted=wanted,
        found=f"{row.first_text_p50_s:.2f} s and {row.final_p95_s:.2f} s",
        met=row.first_text_p50_s <= FIRST_TEXT_P50_SEC and row.final_p95_s <= FINAL_P95_SEC,
    )


def _accuracy(ours: Measured, capacity: int, offline: Offline | None) -> Bar:
    row = _row(ours, capacity)
    wanted = "no worse than the best offline decode of the same whole tracks"
    if row is None or row.wer is None or offline is None:
        return Bar(
            name="word error rate at capacity", wanted=wanted, found="not measured", met=None
        )
    return Bar(
        name=f"word error rate at capacity ({capacity} tracks)",
        wanted=wanted,
        found=f"{row.wer:.2%} live; {offline.best_wer:.2%} offline ({offline.tracks} tracks, "
        f"{offline.utterances} utterances); {offline.wer:.2%} with cuts that only the script knows",
        met=row.wer <= offline.best_wer,
    )


def _row(one: Measured, tracks: int) -> Row | None:
    return next((row for row in one.rows if row.tracks == tracks), None)
