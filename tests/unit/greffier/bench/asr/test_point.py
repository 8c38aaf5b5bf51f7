"""One point with a system made of nothing: what is sent, noted and cleaned up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from greffier.bench.asr import point
from greffier.bench.asr.point import Log, measure
from greffier.bench.figures import Row
from greffier.bench.systems.base import Show
from greffier.bench.track_script import TrackScript, write_script
from greffier.supervisor import ProcessFailed
from models.base import SAMPLE_RATE, Samples
from tests.unit.greffier.bench.made import Clock, utterance


class Told:
    """A track that knows its script and says each line as soon as its last sample is there."""

    def __init__(self, script: TrackScript, show: Show, *, ends: bool) -> None:
        self.samples = 0
        self.closed = False
        self._script = script
        self._show = show
        self._ends = ends

    def feed(self, samples: Samples) -> None:
        self.samples += len(samples)
        said = [line.text for line in self._script.lines if line.end_sample <= self.samples]
        self._show(" ".join(said), "")

    async def finish(self) -> None:
        if not self._ends:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


class Fake:
    """A system without processes that takes `room` tracks."""

    name = "fake"
    settings: Mapping[str, str] = {}
    client_is_part = False
    missing: str | None = None
    pids = ()

    def __init__(self, scripts: list[TrackScript], *, room: int = 9, ends: bool = True) -> None:
        self.tracks: list[Told] = []
        self._scripts = scripts
        self._room = room
        self._ends = ends

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def open(self, number: int, language: str, show: Show) -> Told:
        if len(self.tracks) == self._room:
            raise ProcessFailed("full")
        self.tracks.append(Told(self._scripts[number], show, ends=self._ends))
        return self.tracks[-1]


async def row_of(system: Fake, given: list[TrackScript]) -> Row:
    clock = Clock()
    return await measure(system, given, clock=clock, sleep=clock.sleep)


def scripts(count: int) -> list[TrackScript]:
    pool = [utterance("one two three", 0.6), utterance("four", 0.5), utterance("five six", 0.4)]
    return [write_script(pool, number=n, seconds=2.2, seed=3, share=0.7) for n in range(count)]


async def test_a_perfect_system_gets_perfect_figures() -> None:
    """All samples reach it, nothing is lost, and its latency is a frame at most."""
    given = scripts(2)
    system = Fake(given)
    row = await row_of(system, given)
    assert [track.samples for track in system.tracks] == [round(2.2 * SAMPLE_RATE)] * 2
    assert (row.tracks, row.lost, row.wer) == (2, 0, 0.0)
    assert row.final_p95_s is not None
    assert row.final_p95_s <= 0.02
    assert row.client_cpu_s_per_audio_s > 0
    assert all(track.closed for track in system.tracks)


async def test_a_system_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point, "DRAIN_SEC", 0.0)
    given = scripts(1)
    row = await row_of(Fake(given, ends=False), given)
    assert row.lost == 0


async def test_a_refused_track_closes_the_others() -> None:
    given = scripts(3)
    system = Fake(given, room=2)
    with pytest.raises(ProcessFailed, match="full"):
        await row_of(system, given)
    assert [track.closed for track in system.tracks] == [True, True]


def test_only_changes_are_noted() -> None:
    """A peer that repeats itself is not worth memory."""
    times = iter([1.0, 2.0])
    log = Log(lambda: next(times))
    for committed, tail in (("", "a"), ("", "a"), ("a", ""), ("a", "")):
        log.show(committed, tail)
    assert [(one.moment, one.committed) for one in log.shown] == [(1.0, ""), (2.0, "a")]
