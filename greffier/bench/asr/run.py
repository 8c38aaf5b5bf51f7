"""`greffier bench asr`: each system in turn, on the same tracks, alone on the machine."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from greffier.bench.asr.bars import OURS, best_peer
from greffier.bench.asr.capacity import FIRST, find_capacity
from greffier.bench.asr.offline import Offline, decode_offline
from greffier.bench.asr.outcome import BAR_SEC, Measured, Outcome
from greffier.bench.asr.point import measure
from greffier.bench.asr.report import counted, verdict, write
from greffier.bench.figures import Row
from greffier.bench.machine import fingerprint, machine
from greffier.bench.speech import Utterance, from_folder, from_meeting
from greffier.bench.systems import SYSTEMS
from greffier.bench.systems.base import Place, System
from greffier.bench.track_script import TrackScript, write_script
from greffier.errors import CommandError
from greffier.settings import Settings
from greffier.supervisor import ProcessFailed
from models.store.store import resolve

OFFLINE_TRACKS = 32
"""How many of the tracks are decoded off line, at most, where nothing is judged by it."""
_FIRST = {OURS: 16}
"""Where the search begins, for a system that is known to hold more than the others."""

_screen = Console(stderr=True, highlight=False, soft_wrap=True)
_text = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure. `tracks` 0: search for the capacity. `speech` None: the demo meeting."""

    systems: tuple[str, ...]
    tracks: int
    seconds: float
    share: float
    seed: int
    model: Path | None
    speech: Path | None
    language: str


def bench(settings: Settings, plan: Plan, *, out: Path, json_file: Path | None) -> None:
    """Measure and write the report. Raises CommandError for a system that nobody knows."""
    unknown = [name for name in plan.systems if name not in SYSTEMS]
    if unknown or not plan.systems:
        raise CommandError(f"unknown: {', '.join(unknown)}; the systems are {', '.join(SYSTEMS)}")
    model = resolve(plan.model or settings.asr.model, settings.asr.models_folder).absolute()
    weights = fingerprint(model)
    tracks = Tracks(plan)
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    try:
        place = Place(model=model, folder=folder, settings=settings)
        measured = asyncio.run(_all(plan, place, tracks))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    offline = _offline(model, tracks.first(_decoded_offline(plan, measured)), settings)
    if fingerprint(model) != weights:
        raise CommandError(
            f"{model} was changed meanwhile: the systems heard with different models"
        )
    outcome = Outcome(
        command=shlex.join(["greffier", *sys.argv[1:]]),
        date=datetime.now(UTC).date().isoformat(),
        model=weights,
        speech=tracks.name,
        seconds=plan.seconds,
        share=plan.share,
        seed=plan.seed,
        machine=machine(),
        searched=not plan.tracks,
        systems=tuple(measured),
        offline=offline,
    )
    for path in write(outcome, out, json_file):
        _text.print(str(path), markup=False)


def _decoded_offline(plan: Plan, measured: Sequence[Measured]) -> int:
    """How many tracks: the very ones that Greffier's words at capacity are of."""
    ours = next((one for one in measured if one.system == OURS and one.capacity), None)
    if ours is not None and ours.capacity is not None:
        return ours.capacity
    return min(plan.tracks or OFFLINE_TRACKS, OFFLINE_TRACKS)


def _offline(model: Path, tracks: Sequence[TrackScript], settings: Settings) -> Offline:
    with _screen.status("the same tracks, one at a time, off line…"):
        found = decode_offline(model, tracks, settings)
    _screen.print(
        f"offline: WER {found.best_wer:.2%} of whole tracks, {found.wer:.2%} with the true cuts",
        markup=False,
    )
    return found


class Tracks:
    """The tracks of this run, each written once: every system gets the very same."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        utterances: list[Utterance] = (
            from_folder(plan.speech, plan.language) if plan.speech else from_meeting()
        )
        self._utterances = utterances
        self.name = f"{len(utterances)} utterances of " + (
            plan.speech.name if plan.speech else "the committed demo meeting"
        )
        self._script = lru_cache(maxsize=None)(self._write)

    def first(self, number: int) -> list[TrackScript]:
        """Return tracks 0 to `number`."""
        return [self._script(track) for track in range(number)]

    def _write(self, number: int) -> TrackScript:
        plan = self._plan
        script = write_script(
            self._utterances,
            number=number,
            seconds=plan.seconds,
            seed=plan.seed,
            share=plan.share,
        )
        if not script.lines:
            raise CommandError(f"no utterance fits into {plan.seconds:g} s: give more --seconds")
        return script


async def _all(plan: Plan, place: Place, tracks: Tracks) -> list[Measured]:
    measured: list[Measured] = []
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} s"),
        TimeElapsedColumn(),
        console=_screen,
        transient=True,
        # Ten times a second, as is usual, would cost more than the generator itself.
        refresh_per_second=1,
    )
    with bar:
        for name in plan.systems:
            system = SYSTEMS[name](place)
            if system.missing is not None:
                _screen.print(f"left out: {system.missing}", markup=False)
                continue
            session = _Session(system, plan, tracks, bar)
            one = await session.run()
            if not plan.tracks:
                one = await _more(one, measured, session)
            measured.append(one)
            _screen.print(verdict(one, searched=not plan.tracks).replace("**", ""), markup=False)
    return measured


async def _more(one: Measured, others: Sequence[Measured], session: _Session) -> Measured:
    """Measure Greffier also at half of what it holds, and at what the best of the others holds."""
    if one.system != OURS or not one.capacity or one.failure:
        return one
    peer = best_peer(others)
    wanted = {max(one.capacity // 2, 1), *([] if peer is None else [peer.capacity or 1])}
    more = await session.points(sorted(wanted - {row.tracks for row in one.rows}))
    rows = sorted([*one.rows, *more], key=lambda row: row.tracks)
    return replace(one, rows=tuple(rows))


class _Session:
    """One system from its start to its end."""

    def __init__(self, system: System, plan: Plan, tracks: Tracks, bar: Progress) -> None:
        self._system = system
        self._plan = plan
        self._tracks = tracks
        self._bar = bar
        self._rows: list[Row] = []
        self._running = False

    async def points(self, numbers: Sequence[int]) -> list[Row]:
        """Measure just these."""
        try:
            return [await self._point(number) for number in numbers]
        finally:
            await asyncio.shield(self._end())

    async def run(self) -> Measured:
        capacity: int | None = None
        failure: str | None = None
        try:
            if self._plan.tracks:
                await self._point(self._plan.tracks)
            else:
                capacity, _ = await find_capacity(
                    self._point, bar_sec=BAR_SEC, first=_FIRST.get(self._system.name, FIRST)
                )
            await self._stop()
        except ProcessFailed as error:
            failure = str(error)
        finally:
            await asyncio.shield(self._end())
        return Measured(
            system=self._system.name,
            settings=self._system.settings,
            rows=tuple(sorted(self._rows, key=lambda row: row.tracks)),
            capacity=capacity,
            failure=failure,
        )

    async def _point(self, number: int) -> Row:
        task = self._bar.add_task(f"{self._system.name}: starting", total=self._plan.seconds)
        try:
            if not self._running:
                self._running = True
                await self._system.start()
            self._bar.update(task, description=f"{self._system.name}: {counted(number)}")
            scripts: Sequence[TrackScript] = self._tracks.first(number)
            row = await measure(
                self._system,
                scripts,
                progress=lambda second: self._bar.update(task, completed=second),
            )
        finally:
            self._bar.remove_task(task)
        self._rows.append(row)
        _screen.print(_short(row), markup=False)
        if not row.holds(BAR_SEC):
            # What it could not do in time must not weigh on the next point.
            await self._stop()
        return row

    async def _stop(self) -> None:
        if self._running:
            self._running = False
            await self._system.stop()

    async def _end(self) -> None:
        try:
            await self._stop()
        except ProcessFailed:
            return  # the first failure is the one that is told


def _short(row: Row) -> str:
    final = "never" if row.final_p95_s is None else f"{row.final_p95_s:.2f} s"
    wer = "–" if row.wer is None else f"{row.wer:.1%}"
    late = "" if row.valid else f", generator {row.late_p99_s:.2f} s late: invalid"
    return f"  {row.system}, {counted(row.tracks)}: p95 final {final}, WER {wer}{late}"
