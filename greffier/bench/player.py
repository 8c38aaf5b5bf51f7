"""Plays tracks in real time: one loop and one clock for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from greffier.bench.ranks import rank
from models.base import SAMPLE_RATE, Samples

FRAME_SAMPLES = SAMPLE_RATE // 50
"""20 ms, as WebRTC gives it."""
LATE_LIMIT_SEC = 0.1


class Playable(Protocol):
    """Samples that are had slice by slice; an array is."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, part: slice, /) -> Samples:
        """A stretch of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the player did: `moments[n]` is the clock at which frame `n` of all tracks left."""

    moments: tuple[float, ...]
    late_p99_sec: float

    @property
    def valid(self) -> bool:
        """Whether the player itself kept time; if not, the run says nothing."""
        return self.late_p99_sec <= LATE_LIMIT_SEC

    def sent(self, sample: int) -> float:
        """Return the clock at which `sample` of a track had left."""
        return self.moments[min(sample // FRAME_SAMPLES, len(self.moments) - 1)]


async def play(
    tracks: Sequence[Playable],
    feed: Callable[[int, Samples], None],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    progress: Callable[[float], None] = lambda _: None,
) -> Played:
    """Give each frame to `feed(track, frame)` when a microphone would have it complete.

    Every frame is due at a fixed distance from the start, so no delay adds up. `feed` must not
    wait. The tracks are equally long; a last part of a frame is left out. Cancelling is safe.
    """
    start = clock()
    moments: list[float] = []
    late: list[float] = []
    for number in range(min(len(one) for one in tracks) // FRAME_SAMPLES):
        due = start + (number + 1) * FRAME_SAMPLES / SAMPLE_RATE
        await sleep(max(due - clock(), 0.0))
        moments.append(clock())
        begin = number * FRAME_SAMPLES
        for track, samples in enumerate(tracks):
            feed(track, samples[begin : begin + FRAME_SAMPLES])
        late.append(max(clock() - due, 0.0))
        if number % 50 == 0:
            progress(begin / SAMPLE_RATE)
    return Played(moments=tuple(moments), late_p99_sec=round(rank(late, 99) or 0.0, 4))
