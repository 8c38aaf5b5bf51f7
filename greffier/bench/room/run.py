"""`greffier bench room`: one stack, rooms of growing size one after the other."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from greffier.bench.machine import fingerprint, machine
from greffier.bench.room.figures import RoomRow
from greffier.bench.room.participants import Manner
from greffier.bench.room.point import Size, measure
from greffier.bench.room.report import RoomOutcome, line, write
from greffier.bench.speech import from_meeting
from greffier.bench.track_script import TrackScript, write_script
from greffier.errors import CommandError
from greffier.settings import Settings
from greffier.stack import Stack
from greffier.supervisor import ProcessFailed
from models.store.store import resolve

_screen = Console(stderr=True, highlight=False, soft_wrap=True)
_text = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What to measure: sizes of the room, and how many in it speak for `seconds`."""

    participants: tuple[int, ...]
    speaking: int
    silence: Manner
    seconds: float
    quiet_sec: float
    share: float
    seed: int


def bench_room(settings: Settings, plan: RoomPlan, *, out: Path, json_file: Path | None) -> None:
    """Measure and write the report. Raises CommandError for sizes that can't be."""
    if not plan.participants or min(plan.participants) < plan.speaking:
        raise CommandError("--participants: give numbers, none of them below --speaking")
    model = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    utterances = from_meeting()
    scripts = [
        write_script(utterances, number=n, seconds=plan.seconds, seed=plan.seed, share=plan.share)
        for n in range(plan.speaking)
    ]
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    rows: list[RoomRow] = []
    failure = ""
    try:
        asyncio.run(_measure(settings, plan, scripts, folder, rows))
        shutil.rmtree(folder, ignore_errors=True)
    except ProcessFailed as error:
        # A size that this machine doesn't hold is a result, beside those that it does.
        failure = f"{error}; the logs are in {folder}"
        if not rows:
            raise ProcessFailed(failure) from error
        _screen.print(failure, markup=False)
    outcome = RoomOutcome(
        command=shlex.join(["greffier", *sys.argv[1:]]),
        date=datetime.now(UTC).date().isoformat(),
        model=fingerprint(model),
        seconds=plan.seconds,
        quiet_sec=plan.quiet_sec,
        share=plan.share,
        silence=plan.silence,
        failure=failure.partition(";")[0],
        streams=settings.agent.streams,
        machine=machine(),
        rows=tuple(rows),
    )
    for path in write(outcome, out, json_file):
        _text.print(str(path), markup=False)


async def _measure(
    settings: Settings,
    plan: RoomPlan,
    scripts: Sequence[TrackScript],
    folder: Path,
    rows: list[RoomRow],
) -> None:
    with _screen.status("Starting …") as status:
        async with Stack(
            settings, folder=folder, progress=lambda name: status.update(f"Starting {name} …")
        ) as stack:
            for participants in sorted(set(plan.participants)):
                size = Size(
                    participants=participants, silence=plan.silence, quiet_sec=plan.quiet_sec
                )

                def show(what: str, participants: int = participants) -> None:
                    status.update(f"{participants} participants: {what} …")

                await measure(stack, size, scripts, done=rows.append, progress=show)
                _screen.print(line(rows, len(rows) - 1), markup=False)
