"""`greffier bench kill`: the asr process is killed again and again; what becomes of the finals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from greffier.bench.curves import Curve, draw_curves
from greffier.bench.figures import words_of
from greffier.bench.machine import fingerprint
from greffier.bench.page import table, write_page
from greffier.bench.ranks import rank, seconds
from greffier.bench.speech import Utterance, from_meeting
from greffier.bench.stress.live import Final, LiveRun, run_live
from greffier.bench.stress.overload import judge
from greffier.bench.stress.spoken import fates
from greffier.bench.systems.base import Place
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.track_script import TrackScript, write_long_script
from greffier.errors import CommandError
from greffier.settings import Settings
from models.store.store import resolve

SLOW_SEC = 1.5
"""A final that takes longer was met by a kill: so few tracks are no load."""
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A speaker says one sentence only, of which a word is nobody else's."""

    utterance: Utterance
    check_word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What kills did. `wrong_speaker`: finals with another speaker's word.

    `late`: utterances whose final took longer than `SLOW_SEC`; without any, no kill met one.
    """

    tracks: int
    kills: int
    utterances: int
    lost: int
    doubled: int
    gaps: int
    wrong_speaker: int
    without_word: int
    final_p50_s: float | None
    final_p95_s: float | None
    final_p99_s: float | None
    late: int
    final_max_s: float | None


def choose_speakers(utterances: Sequence[Utterance], count: int) -> list[Speaker]:
    """Choose sentences with a long word each that no other chosen sentence has. Pure."""
    chosen: list[Utterance] = []
    for one in sorted(utterances, key=lambda u: (len(u.samples), u.text)):
        if (
            len(chosen) < count
            and _own_word(one, [*chosen])
            and all(
                _own_word(other, [one, *(x for x in chosen if x is not other)]) for other in chosen
            )
        ):
            chosen.append(one)
    speakers = []
    for one in chosen:
        word = _own_word(one, [other for other in chosen if other is not one])
        assert word is not None
        speakers.append(Speaker(utterance=one, check_word=word))
    return speakers


def _own_word(utterance: Utterance, others: Sequence[Utterance]) -> str | None:
    taken = {word for other in others for word in words_of(other.text)}
    own = [word for word in words_of(utterance.text) if word not in taken and len(word) >= 4]
    return max(own, key=len, default=None)


def wrong(finals: Sequence[Final], own: str, others: Sequence[str]) -> tuple[int, int]:
    """Return finals with another's check word, and finals without the own one. Pure."""
    said = [set(words_of(final.segment.text)) for final in finals]
    foreign = sum(1 for words in said if words & (set(others) - {own}))
    return foreign, sum(1 for words in said if own not in words)


def kill(
    settings: Settings,
    *,
    tracks: int,
    length_sec: float,
    every_sec: float,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Measure and write the report."""
    model = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    speakers = choose_speakers(from_meeting(), tracks)
    if len(speakers) < tracks:
        raise CommandError(
            f"only {len(speakers)} sentences have a word of their own: fewer --tracks"
        )
    scripts = [
        write_long_script([one.utterance], number=at, seconds=length_sec, seed=1, share=0.6)
        for at, one in enumerate(speakers)
    ]
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    try:
        run, kills = asyncio.run(_run(settings, model, folder, scripts, every_sec))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    survived = survived_of(run, scripts, speakers, len(kills))
    return _write(
        survived,
        run=run,
        kills=kills,
        speakers=speakers,
        every_sec=every_sec,
        model=fingerprint(model),
        out=out,
        json_file=json_file,
    )


def survived_of(
    run: LiveRun, scripts: Sequence[TrackScript], speakers: Sequence[Speaker], kills: int
) -> Survived:
    """Count; pure."""
    shed = judge(run, scripts)
    words = [one.check_word for one in speakers]
    took = [
        one.latency_sec
        for script, finals in zip(scripts, run.finals, strict=True)
        for one in fates(script, finals, run.played)
    ]
    counts = [wrong(finals, word, words) for finals, word in zip(run.finals, words, strict=True)]
    return Survived(
        tracks=len(scripts),
        kills=kills,
        utterances=shed.utterances,
        lost=shed.lost,
        doubled=shed.doubled,
        gaps=shed.gaps,
        wrong_speaker=sum(foreign for foreign, _ in counts),
        without_word=sum(missing for _, missing in counts),
        final_p50_s=shed.final_p50_s,
        final_p95_s=shed.final_p95_s,
        final_p99_s=shed.final_p99_s,
        late=sum(1 for one in took if one > SLOW_SEC),
        final_max_s=seconds(rank(took, 100)),
    )


async def _run(
    settings: Settings,
    model: Path,
    folder: Path,
    scripts: Sequence[TrackScript],
    every_sec: float,
) -> tuple[LiveRun, list[float]]:
    system = GreffierSystem(
        Place(model=model, folder=folder, settings=settings), max_restarts=1_000
    )
    kills: list[float] = []
    start = time.monotonic()

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(every_sec)
            for pid in system.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    kills.append(time.monotonic() - start)

    try:
        await system.start()
        start = time.monotonic()
        with _screen.status("…") as status:
            run = await run_live(
                system,
                scripts,
                disturb=again_and_again,
                progress=lambda second: status.update(f"{len(kills)} kills in {second:.0f} s"),
            )
    finally:
        await asyncio.shield(system.stop())
    return run, kills


def _write(
    found: Survived,
    *,
    run: LiveRun,
    kills: Sequence[float],
    speakers: Sequence[Speaker],
    every_sec: float,
    model: str,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    ends = [
        (final.moment - run.start, final.moment - run.played.sent(final.segment.end_ms * 16))
        for finals in run.finals
        for final in finals
    ]
    curves = [
        Curve(
            title="Seconds from the end of speech to its final; dashed: a kill",
            points=sorted(ends),
            marks=kills,
        )
    ]
    verdicts = [
        f"**{found.kills} kills** (SIGKILL every {every_sec:g} s), {found.utterances} utterances: "
        f"**{found.lost} lost, {found.doubled} doubled, {found.wrong_speaker} under the wrong "
        f"speaker**, {found.gaps} gaps.",
        f"{found.without_word} finals lack their speaker's own word: misheard, not misplaced.",
        f"Finals: p50 {_sec(found.final_p50_s)}, p95 {_sec(found.final_p95_s)}, "
        f"p99 {_sec(found.final_p99_s)}. {found.late} came later than {SLOW_SEC:g} s, the last "
        f"after {_sec(found.final_max_s)}: a kill met them, and they waited for the process.",
    ]
    return write_page(
        out,
        title=f"The recognition process is killed every {every_sec:g} s",
        verdicts=verdicts,
        how=(
            "Greffier's own supervisor starts the process again; the client sends what was not "
            "answered once more. Each track says one sentence over and over, and each sentence has "
            "a word that no other has: by it a text under the wrong speaker is seen. Finals that "
            "share time on their track, or an id, count as doubled."
        ),
        body=[
            table(
                ["track", "its word", "finals"],
                [
                    [at, one.check_word, len(finals)]
                    for at, (one, finals) in enumerate(zip(speakers, run.finals, strict=True))
                ],
            )
        ],
        svg=draw_curves(
            curves, label="Latency of finals over time, with the kills", axis="seconds"
        ),
        figures={
            "survived": asdict(found),
            "kills_s": [round(one, 1) for one in kills],
            "rows": [
                {
                    "system": "greffier",
                    "tracks": found.tracks,
                    "final_p50_s": found.final_p50_s,
                    "final_p95_s": found.final_p95_s,
                    "final_p99_s": found.final_p99_s,
                }
            ],
        },
        about={"model": model},
        json_file=json_file,
    )


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
