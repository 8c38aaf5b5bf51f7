"""`greffier bench overload`: more speakers than one process can hold, for minutes."""

from __future__ import annotations

import asyncio
import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from greffier.bench.curves import Curve, draw_curves
from greffier.bench.machine import fingerprint
from greffier.bench.page import table, write_page
from greffier.bench.ranks import rank, seconds
from greffier.bench.speech import from_meeting
from greffier.bench.stress.live import LiveRun, run_live
from greffier.bench.stress.spoken import Fate, doubled, fates
from greffier.bench.systems.base import Place
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.track_script import TrackScript, write_long_script
from greffier.settings import Settings
from models.base import SAMPLE_RATE, Pressure
from models.store.store import resolve

WARM_UP_SEC = 60.0
"""Until then memory rises to what the load takes: batches become full, allocators get their arenas,
every track has its first sound in the process. A leak is what still rises afterwards."""
FLAT = 0.1
"""Memory may grow by this much from the end of the warm-up to the end of the run, by its slope."""
SLICE_SEC = 10.0
"""Of the plot of latencies: long enough for a p95 at any number of tracks that is overload."""
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shed:
    """What overload did. Latencies in seconds; None: never came."""

    tracks: int
    seconds: float
    utterances: int
    lost: int
    doubled: int
    gaps: int
    final_p50_s: float | None
    final_p95_s: float | None
    final_p99_s: float | None
    partials_under: dict[str, int]
    finals_under: dict[str, int]
    partials_a_track_minute: float
    peak_mb: float
    memory_growth: float
    memory_mb_a_minute: float
    generator_growth: float
    late_p99_s: float


def judge(run: LiveRun, scripts: Sequence[TrackScript]) -> Shed:
    """Count; pure."""
    all_fates: list[Fate] = []
    for script, finals in zip(scripts, run.finals, strict=True):
        all_fates += fates(script, finals, run.played)
    late = [one.latency_sec for one in all_fates]
    length = len(run.played.moments) / 50
    asr = growth([(one.second, one.memory_mb) for one in run.samples if one.pressure >= 0])
    own = growth([(one.second, one.generator_mb) for one in run.samples])
    return Shed(
        tracks=len(scripts),
        seconds=round(length, 1),
        utterances=len(late),
        lost=sum(1 for one in late if math.isinf(one)),
        doubled=sum(doubled(finals) for finals in run.finals),
        gaps=sum(len(one) for one in run.gaps),
        final_p50_s=seconds(rank(late, 50)),
        final_p95_s=seconds(rank(late, 95)),
        final_p99_s=seconds(rank(late, 99)),
        partials_under={level.value: count for level, count in run.partials_under.items()},
        finals_under={level.value: count for level, count in run.finals_under.items()},
        partials_a_track_minute=round(
            sum(run.partials_under.values()) / len(scripts) / (length / 60), 2
        ),
        peak_mb=max((one.memory_mb for one in run.samples), default=0.0),
        memory_growth=round(asr.share, 4),
        memory_mb_a_minute=round(asr.mb_a_minute, 3),
        generator_growth=round(own.share, 4),
        late_p99_s=run.played.late_p99_sec,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How memory changed after the warm-up: `share` of what it was then, over all of the run."""

    mb_a_minute: float
    share: float


def growth(memory_mb: Sequence[tuple[float, float]]) -> Growth:
    """The slope of (second, MB) after the warm-up, a third of a short run at most. Pure.

    By Theil and Sen, the middle one of the slopes between all pairs: what is a peak for a moment,
    or the fall at the end, does not turn it, as it would a line of least squares.
    """
    end = max((second for second, _ in memory_mb), default=0.0)
    warm = [one for one in memory_mb if one[0] >= min(WARM_UP_SEC, end / 3)]
    slopes = [
        (mb - before) / (second - earlier)
        for (earlier, before), (second, mb) in combinations(warm, 2)
        if second > earlier
    ]
    if not slopes:
        return Growth(mb_a_minute=0.0, share=0.0)
    slope = median(slopes)
    base = median(mb - slope * (second - warm[0][0]) for second, mb in warm)
    return Growth(mb_a_minute=60 * slope, share=slope * (end - warm[0][0]) / base if base else 0.0)


def late_over_time(run: LiveRun) -> list[tuple[float, float]]:
    """The p95 latency of the finals whose speech ended in each `SLICE_SEC` of the run. Pure."""
    slices: dict[int, list[float]] = {}
    for one in (final for finals in run.finals for final in finals):
        sent = run.played.sent(one.segment.end_ms * SAMPLE_RATE // 1000)
        number = int((sent - run.start) // SLICE_SEC)
        slices.setdefault(number, []).append(max(one.moment - sent, 0.0))
    return [
        ((number + 0.5) * SLICE_SEC, rank(late, 95) or 0.0)
        for number, late in sorted(slices.items())
    ]


def overload(
    settings: Settings, *, tracks: int, length_sec: float, out: Path, json_file: Path | None
) -> list[Path]:
    """Measure and write the report."""
    model = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    utterances = from_meeting()
    with _screen.status(f"writing {tracks} tracks…"):
        scripts = [
            write_long_script(utterances, number=number, seconds=length_sec, seed=1, share=0.7)
            for number in range(tracks)
        ]
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    try:
        run, metrics = asyncio.run(_run(settings, model, folder, scripts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    shed = judge(run, scripts)
    return _write(shed, run, outcomes(metrics), fingerprint(model), out, json_file)


def outcomes(metrics: str) -> dict[str, dict[str, int]]:
    """Return how many requests of each kind had which outcome, by the process's metrics. Pure."""
    found: dict[str, dict[str, int]] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == "greffier_asr_requests_total" and sample.value:
                kind = found.setdefault(sample.labels["kind"], {})
                kind[sample.labels["outcome"]] = int(sample.value)
    return found


async def _run(
    settings: Settings, model: Path, folder: Path, scripts: Sequence[TrackScript]
) -> tuple[LiveRun, str]:
    system = GreffierSystem(Place(model=model, folder=folder, settings=settings))
    try:
        await system.start()
        with _screen.status("…") as status:
            run = await run_live(
                system,
                scripts,
                progress=lambda second: status.update(f"{len(scripts)} tracks: {second:.0f} s"),
            )
            return run, await system.metrics()
    finally:
        await asyncio.shield(system.stop())


def _write(  # noqa: PLR0917 - what the report is made of
    shed: Shed,
    run: LiveRun,
    counted: dict[str, dict[str, int]],
    model: str,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    rates = [
        (after.second, (after.partials - before.partials) / (after.second - before.second))
        for before, after in pairwise(run.samples)
    ]
    times = [one.second for one in run.samples]
    curves = [
        Curve(
            title="Pressure told (0 none, 1 slow, 2 slower, 3 finals only)",
            points=[(one.second, max(one.pressure, 0)) for one in run.samples],
        ),
        Curve(title="Partials a second, all tracks", points=rates),
        Curve(title="Requests that wait", points=[(one.second, one.queued) for one in run.samples]),
        Curve(
            title="A final after its last word was sent, p95, s",
            points=late_over_time(run),
        ),
        Curve(
            title="Memory of the asr process, MB",
            points=list(zip(times, [one.memory_mb for one in run.samples], strict=True)),
        ),
    ]
    pressed = sum(count for level, count in shed.partials_under.items() if level != Pressure.NONE)
    verdicts = [
        f"**{shed.utterances - shed.lost} of {shed.utterances}** utterances got their final, "
        f"{shed.doubled} twice; {shed.gaps} gaps; p50 {_sec(shed.final_p50_s)}, "
        f"p95 {_sec(shed.final_p95_s)}, p99 {_sec(shed.final_p99_s)}.",
        f"Partials: {shed.partials_a_track_minute} a track and minute; {pressed} of "
        f"{sum(shed.partials_under.values())} said that they were rare (`pressure` in the event). "
        "The process's metrics count "
        + ", ".join(f"{many} {how}" for how, many in sorted(counted.get("partial", {}).items()))
        + " (`greffier_asr_requests_total`).",
        f"Memory of the asr process after its warm-up: {shed.memory_growth:+.1%}, "
        f"{shed.memory_mb_a_minute:+.2f} MB a minute "
        f"({'flat' if shed.memory_growth <= FLAT else '**not flat**'}), "
        f"{shed.peak_mb:.0f} MB at most; of the load generator {shed.generator_growth:+.1%}.",
    ]
    levels = [level.value for level in Pressure]
    body = [
        table(
            ["pressure when it came out", "partials", "finals"],
            [[lv, shed.partials_under[lv], shed.finals_under[lv]] for lv in levels],
        ),
        f"The load generator was {shed.late_p99_s:.3f} s late (p99).",
    ]
    figures = {
        "shed": asdict(shed),
        "requests": counted,
        "rows": [
            {
                "system": "greffier",
                "tracks": shed.tracks,
                "final_p50_s": shed.final_p50_s,
                "final_p95_s": shed.final_p95_s,
                "final_p99_s": shed.final_p99_s,
                "peak_mb": shed.peak_mb,
            }
        ],
        "samples": [asdict(one) for one in run.samples],
    }
    return write_page(
        out,
        title=f"{shed.tracks} speaking tracks for {shed.seconds:g} s: more than there is room for",
        verdicts=verdicts,
        how=(
            "Each track speaks 70% of the time, at the pace of speech; the load generator does "
            "what the worker does and shares the cores. An utterance has its final when segments "
            "cover its time; latency is from its last sample being sent to the last of them. "
            "Queue and pressure are the asr process's own figures (`GET /load`), memory is its "
            f"resident set, every 2 s. It is flat when its slope after {WARM_UP_SEC:g} s (a third "
            f"of a shorter run) adds at most {FLAT:.0%} until the end of the run."
        ),
        body=body,
        svg=draw_curves(
            curves, label="Pressure, partials, queue and memory over time", axis="seconds"
        ),
        figures=figures,
        about={"model": model},
        json_file=json_file,
    )


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
