"""Greffier's own captions under load, event by event: what overload and kills do to them.

One `greffier asr` under a supervisor, and for each track what the worker does. Unlike `measure`,
which reads text as any reader would, this sees the utterances themselves.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psutil

from greffier.bench.player import Played, play
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.track_script import TrackScript
from models.base import Pressure
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment

EVERY_SEC = 2.0
DRAIN_SEC = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A segment as it came out; `moment` is the clock."""

    moment: float
    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How it stood `second` s after the start. Partials and finals: came out so far, all tracks.

    `memory_mb` is the asr process's, `generator_mb` this one's. `pressure` is the level's number;
    -1 while the process does not answer.
    """

    second: float
    memory_mb: float
    generator_mb: float
    pressure: int
    queued: int
    partials: int
    finals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A whole run: finals by track, gaps by track, samples over time."""

    played: Played
    start: float
    finals: tuple[tuple[Final, ...], ...]
    gaps: tuple[tuple[Gap, ...], ...]
    samples: tuple[Sample, ...]
    partials_under: dict[Pressure, int]
    finals_under: dict[Pressure, int]


class _Ear:
    """A sink that notes everything of one track."""

    def __init__(self, tally: _Tally) -> None:
        self.finals: list[Final] = []
        self.gaps: list[Gap] = []
        self._tally = tally

    async def partial(self, caption: PartialCaption) -> None:
        self._tally.partials[caption.pressure] += 1

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        self.finals.append(Final(moment=time.monotonic(), segment=segment))
        self._tally.finals[pressure] += 1

    async def dropped(self, caption: DroppedCaption) -> None:
        pass

    async def gap(self, gap: Gap) -> None:
        self.gaps.append(gap)


class _Tally:
    def __init__(self) -> None:
        self.partials = dict.fromkeys(Pressure, 0)
        self.finals = dict.fromkeys(Pressure, 0)


async def run_live(
    system: GreffierSystem,
    scripts: Sequence[TrackScript],
    *,
    disturb: Callable[[], Awaitable[None]] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> LiveRun:
    """Play the scripts to the system, which has been started. `disturb` runs beside it.

    Every track is given `DRAIN_SEC` for its last finals.
    """
    tally = _Tally()
    ears = [_Ear(tally) for _ in scripts]
    tracks = [system.listen(script.number, ear) for script, ear in zip(scripts, ears, strict=True)]
    samples: list[Sample] = []
    start = time.monotonic()
    beside = [asyncio.create_task(_watch(system, tally, samples, start))]
    if disturb is not None:
        beside.append(asyncio.create_task(_awaited(disturb)))
    try:
        played = await play(
            [script.samples for script in scripts],
            lambda number, frame: tracks[number].feed(frame),
            clock=time.monotonic,
            sleep=asyncio.sleep,
            progress=progress,
        )
        if disturb is not None:
            beside.pop().cancel()
        await asyncio.wait(
            [asyncio.create_task(track.finish()) for track in tracks], timeout=DRAIN_SEC
        )
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.gather(*(track.aclose() for track in tracks), return_exceptions=True)
    return LiveRun(
        played=played,
        start=start,
        finals=tuple(tuple(ear.finals) for ear in ears),
        gaps=tuple(tuple(ear.gaps) for ear in ears),
        samples=tuple(samples),
        partials_under=tally.partials,
        finals_under=tally.finals,
    )


async def _awaited(disturb: Callable[[], Awaitable[None]]) -> None:
    await disturb()


async def _watch(
    system: GreffierSystem, tally: _Tally, samples: list[Sample], start: float
) -> None:
    while True:
        load = await system.load()
        samples.append(
            Sample(
                second=round(time.monotonic() - start, 1),
                memory_mb=round(_memory_bytes(system.pids) / 2**20, 1),
                generator_mb=round(_memory_bytes([os.getpid()]) / 2**20, 1),
                pressure=int(load.get("pressure", -1)),
                queued=int(load.get("queued", 0)),
                partials=sum(tally.partials.values()),
                finals=sum(tally.finals.values()),
            )
        )
        await asyncio.sleep(EVERY_SEC)


def _memory_bytes(pids: Sequence[int]) -> int:
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
