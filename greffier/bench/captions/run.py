"""`greffier bench captions`: all meetings on all cores, then the report."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from greffier.bench.captions.attribution import missing
from greffier.bench.captions.clips import Clip, load_clips
from greffier.bench.captions.composer import compose
from greffier.bench.captions.folder import read_folder
from greffier.bench.captions.layers import as_table as guards_table
from greffier.bench.captions.measure import Bench, Depth
from greffier.bench.captions.meeting import SaidMeeting
from greffier.bench.captions.outcome import Outcome, Row, Trade, together
from greffier.bench.captions.plan import PLANS, MeetingPlan
from greffier.bench.captions.policies import POLICIES, Policy
from greffier.bench.captions.report import verdicts, write
from greffier.bench.captions.webrtc import as_table as webrtc_table
from greffier.bench.captions.webrtc import through_webrtc
from greffier.bench.machine import fingerprint, machine
from greffier.errors import CommandError
from greffier.settings import Settings
from models.store.store import resolve

TRADES_EVERY = 4
"""Ways to show partials are compared over each fourth meeting: each is a play of its own."""
_screen = Console(stderr=True, highlight=False, soft_wrap=True)
_text = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure. `folder` None: the made meetings, of them those whose name begins with one
    of `only` (empty: all). `nonspeech_sec` 0: no table of guards.
    `webrtc`: the demo meeting is played as well, in real time.
    """

    seed: int
    only: tuple[str, ...]
    folder: Path | None
    model: Path | None
    quick: bool
    processes: int
    nonspeech_sec: float = 0.0
    webrtc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One meeting for one process; either made there or read there."""

    settings: Settings
    model: Path
    threads: int
    seed: int
    plan: MeetingPlan | None
    meeting: SaidMeeting | None
    depth: Depth
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A meeting's row, and one more for each policy."""

    row: Row
    trades: tuple[Row, ...]


def bench(settings: Settings, plan: Plan, *, out: Path, json_file: Path | None) -> None:
    """Measure and write the report. Raises CommandError when there is nothing to measure."""
    model = resolve(plan.model or settings.asr.model, settings.asr.models_folder).absolute()
    weights = fingerprint(model)
    tasks = _tasks(settings, plan, model)
    results, guards = _all(tasks, plan)
    tables = {"Guards: what each layer costs and gives": guards} if guards else {}
    webrtc: dict[str, Any] | None = None
    if plan.webrtc:
        # Alone on the machine: its latencies are real.
        asr = settings.asr.model_copy(update={"model": model})
        webrtc = through_webrtc(settings.model_copy(update={"asr": asr}))
        tables["Through real WebRTC"] = webrtc_table(webrtc)
    outcome = Outcome(
        command=shlex.join(["greffier", *sys.argv[1:]]),
        date=datetime.now(UTC).date().isoformat(),
        model=weights,
        speech=_speech(plan, tasks),
        seed=plan.seed,
        machine=machine(),
        settings=_settings(settings),
        rows=tuple(one.row for one in results),
        trades=_trades(results, settings),
        tables=tables,
        webrtc=webrtc,
        notes=tuple(note for note in (missing(),) if note),
    )
    for path in write(outcome, out, json_file):
        _text.print(str(path), markup=False)
    for line in verdicts(outcome.total):
        _screen.print(line.replace("**", ""), markup=False)


def _tasks(settings: Settings, plan: Plan, model: Path) -> list[Task]:
    def task(number: int, *, made: MeetingPlan | None, given: SaidMeeting | None) -> Task:
        compared = not plan.quick and number % TRADES_EVERY == TRADES_EVERY - 1
        return Task(
            settings=settings,
            model=model,
            threads=max((os.cpu_count() or 1) // plan.processes, 1),
            seed=plan.seed,
            plan=made,
            meeting=given,
            depth=Depth(loaded=not plan.quick, offline=not plan.quick),
            policies=POLICIES if compared and given is None else (),
        )

    if plan.folder is not None:
        given = read_folder(plan.folder, settings.captions.languages)
        return [task(number, made=None, given=one) for number, one in enumerate(given)]
    chosen = [one for one in PLANS if not plan.only or one.name.startswith(plan.only)]
    if not chosen:
        raise CommandError("no such meeting; they are " + ", ".join(one.name for one in PLANS))
    return [task(number, made=one, given=None) for number, one in enumerate(chosen)]


def _all(tasks: list[Task], plan: Plan) -> tuple[list[Result], str]:
    """Return the results in the order of the tasks, and the table of guards if there is to be one.

    The longest go first, so that none of them is left to one process at the end.
    """
    order = sorted(range(len(tasks)), key=lambda number: -_weight(tasks[number]))
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=_screen,
        transient=not _screen.is_terminal,
    )
    # Spawned: a forked child would inherit the threads of the libraries, stopped.
    with bar, ProcessPoolExecutor(plan.processes, mp_context=get_context("spawn")) as pool:
        running = bar.add_task("meetings", total=len(tasks))
        table = pool.submit(guards, tasks[0], plan.nonspeech_sec) if plan.nonspeech_sec else None
        futures = {pool.submit(measure, tasks[number]): number for number in order}
        found: dict[int, Result] = {}
        for future in as_completed(futures):
            found[futures[future]] = future.result()
            bar.update(running, advance=1, description=future.result().row.name)
        return [found[number] for number in range(len(tasks))], table.result() if table else ""


def _weight(task: Task) -> float:
    people = task.plan.people if task.plan else len(task.meeting.tracks) if task.meeting else 1
    return people + 10 * bool(task.policies)


_clips: list[Clip] = []
_benches: dict[Path, Bench] = {}


def measure(task: Task) -> Result:
    """Measure one meeting, in whatever process this is; its models and clips are kept."""
    one = _bench(task)
    meeting = task.meeting
    if meeting is None:
        assert task.plan is not None
        if not _clips:
            _clips.extend(load_clips())
        meeting = compose(task.plan, _clips, seed=task.seed)
    row = one.measure(meeting, task.depth)
    plain = Depth(loaded=False, offline=False, attributed=False)
    trades = tuple(
        one.measure(meeting, plain, captions=policy.applied(task.settings.captions))
        for policy in task.policies
    )
    one.forget(meeting)
    return Result(row=row, trades=trades)


def guards(task: Task, seconds: float) -> str:
    """Return the table of guards, worked out in whatever process this is."""
    return guards_table(_bench(task).layers(seconds))


def _bench(task: Task) -> Bench:
    if task.model not in _benches:
        _benches[task.model] = Bench(task.settings, task.model, threads=task.threads)
    return _benches[task.model]


def _trades(results: Iterable[Result], settings: Settings) -> tuple[Trade, ...]:
    compared = [one.trades for one in results if one.trades]
    return tuple(
        Trade(
            name=policy.name,
            chosen=policy.applied(settings.captions) == settings.captions,
            row=together([rows[number] for rows in compared], name=policy.name),
        )
        for number, policy in enumerate(POLICIES)
        if compared
    )


def _speech(plan: Plan, tasks: list[Task]) -> str:
    if plan.folder is not None:
        return f"The meetings of the folder {plan.folder.name}."
    return (
        f"{len(tasks)} meetings composed by code (seed {plan.seed}) of the committed test set: "
        "sentences that the demo model was not trained on, spoken by eight synthetic voices in "
        "French and English."
    )


def _settings(settings: Settings) -> dict[str, str]:
    captions, asr = settings.captions, settings.asr
    return {
        "partials": f"each {captions.partial_every_sec:g} s of new speech, beam {asr.beam_partial},"
        f" without the last {captions.held_words} word(s)",
        "finals": f"after {captions.min_silence_sec:g} s of silence, beam {asr.beam_final}",
        "longest line": f"{captions.max_utterance_sec:g} s",
        "voice detection": f"Silero from {captions.vad_threshold:g}",
        "languages": ", ".join(captions.languages),
        "compute type": asr.compute_type,
    }
