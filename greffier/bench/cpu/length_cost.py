"""`greffier bench cost`: what a second of speech costs, however long nobody pauses."""

from __future__ import annotations

import asyncio
import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from rich.console import Console

from greffier.bench.asr.point import measure
from greffier.bench.cpu.unbroken import BREATH_SEC, PAUSE_SEC, unbroken
from greffier.bench.curves import Curve, draw_curves
from greffier.bench.machine import fingerprint
from greffier.bench.page import table, write_page
from greffier.bench.speech import Utterance, from_meeting
from greffier.bench.systems.base import Place
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.track_script import NOISE, TrackScript
from greffier.settings import Settings
from models.base import SAMPLE_RATE
from models.store.store import resolve

LENGTHS_SEC = (3.0, 6.0, 15.0, 30.0, 60.0, 120.0)
TOLERANCE = 0.15
LEAST_SPEECH_SEC = 300.0
"""Speech of all tracks for each length: with less, what happens to be said outweighs how long."""
ROUNDS = 2
"""Of a length, where one round needn't be longer than its share: their distance is the noise."""
QUIET_SEC = 30.0
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthCost:
    """CPU seconds of all processes a second of speech; `speech_sec` of it were measured."""

    length_s: float
    speech_s: float
    cpu_s_per_speech_s: float
    server_cpu_s_per_speech_s: float
    wer: float | None
    final_p95_s: float | None
    rounds_cpu_s_per_speech_s: tuple[float, ...] = ()

    @property
    def noise(self) -> float | None:
        """Half the distance of the cheapest and the dearest round, as a share; None of one."""
        rounds = self.rounds_cpu_s_per_speech_s
        if len(rounds) < 2:
            return None
        return (max(rounds) - min(rounds)) / 2 / self.cpu_s_per_speech_s


def stretches(length_sec: float, tracks: int) -> tuple[int, ...]:
    """How often each track speaks so long, in each round: `LEAST_SPEECH_SEC` in all. Pure."""
    wanted = math.ceil(LEAST_SPEECH_SEC / (tracks * length_sec))
    rounds = min(ROUNDS, wanted)
    return (math.ceil(wanted / rounds),) * rounds


def cost(
    settings: Settings,
    *,
    tracks: int,
    lengths_sec: Sequence[float],
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Measure and write the report."""
    model = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    try:
        system = GreffierSystem(Place(model=model, folder=folder, settings=settings))
        found = asyncio.run(_run(system, tracks, lengths_sec))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _write(found, tracks, fingerprint(model), out, json_file)


async def _run(
    system: GreffierSystem, tracks: int, lengths_sec: Sequence[float]
) -> list[LengthCost]:
    utterances = from_meeting()
    found: list[LengthCost] = []
    try:
        await system.start()
        # What only the first seconds cost, such as pages that are touched, is nobody's.
        await _round(system, utterances, tracks, 3.0, times=6, seed=0, quiet=Quiet())
        quiet = await _quiet(system, tracks)
        _screen.print(f"quiet: {quiet.cpu_s:.4f} CPU s a second", markup=False)
        for length in lengths_sec:
            found.append(await _point(system, utterances, tracks, length, quiet=quiet))
            _screen.print(
                f"{length:g} s: {found[-1].cpu_s_per_speech_s:.4f} CPU s a second of speech",
                markup=False,
            )
    finally:
        await asyncio.shield(system.stop())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """CPU seconds a second of a track on which nobody speaks."""

    cpu_s: float = 0.0
    server_cpu_s: float = 0.0


async def _quiet(system: GreffierSystem, tracks: int) -> Quiet:
    random = np.random.default_rng(0)
    scripts = []
    for number in range(tracks):
        samples = random.normal(0, NOISE, round(QUIET_SEC * SAMPLE_RATE)).astype(np.float32)
        samples.setflags(write=False)
        scripts.append(
            TrackScript(number=number, voice="", language="en", lines=(), samples=samples)
        )
    row = await measure(system, scripts)
    return Quiet(
        cpu_s=row.cpu_s_per_audio_s,
        server_cpu_s=row.cpu_s_per_audio_s - row.client_cpu_s_per_audio_s,
    )


async def _point(
    system: GreffierSystem,
    utterances: Sequence[Utterance],
    tracks: int,
    length_sec: float,
    *,
    quiet: Quiet,
) -> LengthCost:
    return mean_of(
        [
            await _round(
                system, utterances, tracks, length_sec, times=times, seed=seed, quiet=quiet
            )
            for seed, times in enumerate(stretches(length_sec, tracks), 1)
        ]
    )


async def _round(
    system: GreffierSystem,
    utterances: Sequence[Utterance],
    tracks: int,
    length_sec: float,
    *,
    times: int,
    seed: int,
    quiet: Quiet,
) -> LengthCost:
    scripts = [
        unbroken(utterances, number=at, length_sec=length_sec, times=times, seed=seed)
        for at in range(tracks)
    ]
    row = await measure(system, scripts)
    audio = sum(len(script.samples) for script in scripts) / SAMPLE_RATE
    speech = sum(len(script.lines) for script in scripts) * length_sec
    server = row.cpu_s_per_audio_s - row.client_cpu_s_per_audio_s
    return LengthCost(
        length_s=length_sec,
        speech_s=round(speech, 1),
        cpu_s_per_speech_s=round(of_speech(row.cpu_s_per_audio_s, quiet.cpu_s, audio, speech), 5),
        server_cpu_s_per_speech_s=round(of_speech(server, quiet.server_cpu_s, audio, speech), 5),
        wer=row.wer,
        final_p95_s=row.final_p95_s,
    )


def mean_of(rounds: Sequence[LengthCost]) -> LengthCost:
    """One length's rounds, equally long, as one. Pure."""
    wers = [one.wer for one in rounds if one.wer is not None]
    p95s = [one.final_p95_s for one in rounds if one.final_p95_s is not None]
    return LengthCost(
        length_s=rounds[0].length_s,
        speech_s=sum(one.speech_s for one in rounds),
        cpu_s_per_speech_s=round(fmean(one.cpu_s_per_speech_s for one in rounds), 5),
        server_cpu_s_per_speech_s=round(fmean(one.server_cpu_s_per_speech_s for one in rounds), 5),
        wer=round(fmean(wers), 4) if wers else None,
        final_p95_s=max(p95s, default=None),
        rounds_cpu_s_per_speech_s=tuple(one.cpu_s_per_speech_s for one in rounds),
    )


def of_speech(per_audio_s: float, per_quiet_s: float, audio_s: float, speech_s: float) -> float:
    """What a second of speech costs in audio that is partly quiet. Pure."""
    return (per_audio_s * audio_s - per_quiet_s * (audio_s - speech_s)) / speech_s


def spread(found: Sequence[LengthCost]) -> float:
    """Return the farthest distance from the mean cost, as a share of it."""
    costs = [one.cpu_s_per_speech_s for one in found]
    mean = sum(costs) / len(costs)
    return max(abs(one - mean) for one in costs) / mean


def _write(
    found: Sequence[LengthCost], tracks: int, model: str, out: Path, json_file: Path | None
) -> list[Path]:
    mean = sum(one.cpu_s_per_speech_s for one in found) / len(found)
    off = spread(found)
    noises = [one.noise for one in found if one.noise is not None]
    rows = [
        [
            f"{one.length_s:g} s",
            f"{one.speech_s:g}",
            f"{one.cpu_s_per_speech_s:.4f}",
            f"{one.cpu_s_per_speech_s / mean - 1:+.0%}",
            "–" if one.noise is None else f"±{one.noise:.0%}",
            f"{one.server_cpu_s_per_speech_s:.4f}",
            "–" if one.final_p95_s is None else f"{one.final_p95_s:.2f}",
        ]
        for one in found
    ]
    head = [
        "unbroken speech",
        "seconds measured",
        "CPU s a second",
        "from the mean",
        "between rounds",
        "of the asr process",
        "final p95, s",
    ]
    return write_page(
        out,
        title="What a second of unbroken speech costs, by how long nobody pauses",
        verdicts=[
            f"Between {found[0].length_s:g} s and {found[-1].length_s:g} s of unbroken speech the "
            f"cost is within ±{off:.2%} of its mean, {mean:.4f} CPU s a second: "
            + ("**flat**" if off <= TOLERANCE else "**not flat**")
            + f" (wanted: ±{TOLERANCE:.0%})."
            + (
                f" Two rounds of one length, other sentences, differ from theirs by up to "
                f"±{max(noises):.0%}."
                if noises
                else ""
            )
        ],
        how=(
            f"{tracks} tracks speak at once, sentences of the demo meeting with {BREATH_SEC:g} s "
            f"between them; after each stretch there are {PAUSE_SEC:g} s of quiet. What quiet "
            "costs is measured first, on tracks without speech, and taken off: of that short "
            "stretches have more. CPU is of the asr process and of the load generator, which does "
            f"what the worker does. Of each length {LEAST_SPEECH_SEC:g} s or more are measured, in "
            "two rounds of other sentences unless one stretch of each track is enough; the final's "
            "time is the later round's, and one stretch too late where its last words were misread "
            "and the next stretch has the same ones."
        ),
        body=[table(head, rows)],
        svg=draw_curves(
            [
                Curve(
                    title="CPU seconds a second of speech; dashed: ±15% of the mean",
                    points=[(one.length_s, one.cpu_s_per_speech_s) for one in found],
                    bounds=(mean * (1 - TOLERANCE), mean * (1 + TOLERANCE)),
                )
            ],
            label="Cost a second of speech by the length of unbroken speech",
            axis="seconds of unbroken speech",
        ),
        figures={"costs": [asdict(one) for one in found], "spread": round(off, 4)},
        about={"model": model},
        json_file=json_file,
    )
