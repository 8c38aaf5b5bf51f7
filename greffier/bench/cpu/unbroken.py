"""`greffier bench cost`: what a second of speech costs, however long nobody pauses."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from greffier.bench.asr.point import measure
from greffier.bench.curves import Curve, draw_curves
from greffier.bench.machine import fingerprint
from greffier.bench.page import table, write_page
from greffier.bench.speech import Utterance, from_meeting, spoken_range
from greffier.bench.systems.base import Place
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.track_script import NOISE, TAIL_SEC, Line, TrackScript
from greffier.settings import Settings
from models.base import SAMPLE_RATE, Samples
from models.store.store import resolve

LENGTHS_SEC = (3.0, 6.0, 15.0, 30.0, 60.0, 120.0)
TOLERANCE = 0.15
ROUND_SEC = 30.0
"""Short speech is repeated until a track is this long: a few seconds cost too little to measure."""
PAUSE_SEC = 1.5
BREATH_SEC = 0.15
"""Between the sentences of unbroken speech: less than what ends an utterance."""
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


def unbroken(
    utterances: Sequence[Utterance], *, number: int, length_sec: float, seed: int = 1
) -> TrackScript:
    """Return a track of one voice that speaks `length_sec` without a pause, again and again. Pure.

    A stretch ends where its seconds do, maybe inside a word.
    """
    groups: dict[tuple[str, str], list[Utterance]] = {}
    for one in utterances:
        groups.setdefault((one.voice, one.language), []).append(one)
    usual = sorted((key, group) for key, group in groups.items() if len(group) >= 3)
    (voice, language), pool = usual[number % len(usual)]
    random = np.random.default_rng([seed, number])
    wanted, pause = round(length_sec * SAMPLE_RATE), round(PAUSE_SEC * SAMPLE_RATE)
    times = max(1, int(ROUND_SEC // (length_sec + PAUSE_SEC)))
    sound: list[Samples] = []
    lines: list[Line] = []
    # Staggered, so that the tracks don't all end at the same moment.
    at = round((0.3 + 0.37 * (number % 8)) * SAMPLE_RATE)
    sound.append(np.zeros(at, dtype=np.float32))
    for _ in range(times):
        stretch, text = _stretch(pool, wanted, random)
        lines.append(Line(text=text, first_sample=at, end_sample=at + wanted))
        sound += [stretch, np.zeros(pause, dtype=np.float32)]
        at += wanted + pause
    longest = round(3.3 * SAMPLE_RATE) + times * (wanted + pause) + round(TAIL_SEC * SAMPLE_RATE)
    samples = np.concatenate([*sound, np.zeros(longest - at, dtype=np.float32)])
    samples += random.normal(0, NOISE, len(samples)).astype(np.float32)
    samples.setflags(write=False)
    return TrackScript(
        number=number, voice=voice, language=language, lines=tuple(lines), samples=samples
    )


def _stretch(
    pool: Sequence[Utterance], wanted: int, random: np.random.Generator
) -> tuple[Samples, str]:
    pieces: list[Samples] = []
    words: list[str] = []
    have = 0
    while have < wanted:
        one = pool[int(random.integers(len(pool)))]
        begin, end = spoken_range(one.samples)
        said = one.samples[begin:end]
        inside = [w.text for w in one.words if have + w.end_sec * SAMPLE_RATE - begin <= wanted]
        pieces += [said, np.zeros(round(BREATH_SEC * SAMPLE_RATE), dtype=np.float32)]
        words += inside
        have += len(said) + len(pieces[-1])
    return np.concatenate(pieces)[:wanted], " ".join(words)


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
        await _point(system, utterances, tracks, 3.0, quiet=Quiet())
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
        samples = random.normal(0, NOISE, round(ROUND_SEC * SAMPLE_RATE)).astype(np.float32)
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
    scripts = [unbroken(utterances, number=at, length_sec=length_sec) for at in range(tracks)]
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
    rows = [
        [
            f"{one.length_s:g} s",
            f"{one.speech_s:g}",
            f"{one.cpu_s_per_speech_s:.4f}",
            f"{one.cpu_s_per_speech_s / mean - 1:+.0%}",
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
        "of the asr process",
        "final p95, s",
    ]
    return write_page(
        out,
        title="What a second of unbroken speech costs, by how long nobody pauses",
        verdicts=[
            f"Between {found[0].length_s:g} s and {found[-1].length_s:g} s of unbroken speech the "
            f"cost is within ±{off:.0%} of its mean, {mean:.4f} CPU s a second: "
            + ("**flat**" if off <= TOLERANCE else "**not flat**")
            + f" (wanted: ±{TOLERANCE:.0%})."
        ],
        how=(
            f"{tracks} tracks speak at once, sentences of the demo meeting with {BREATH_SEC:g} s "
            f"between them; after each stretch there are {PAUSE_SEC:g} s of quiet. What quiet "
            "costs is measured first, on tracks without speech, and taken off: of that short "
            "stretches have more. CPU is of the asr process and of the load generator, which does "
            "what the worker does."
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
