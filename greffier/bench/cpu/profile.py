"""`greffier bench profile`: where the CPU seconds of a second of audio go, and what is needed."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from rich.console import Console

from greffier.bench.cpu.stages import Ledger, MeasuredModel, run_stages
from greffier.bench.curves import Curve, draw_curves
from greffier.bench.figures import errors_of
from greffier.bench.gpu.shapes import Shape, build
from greffier.bench.machine import fingerprint
from greffier.bench.page import table, write_page
from greffier.bench.speech import from_meeting
from greffier.bench.track_script import write_script
from greffier.settings import Settings
from models.base import SAMPLE_RATE, Kind
from models.settings import AsrSettings
from models.store.store import resolve
from models.whisper.sound import Sound

DEMO = Shape(width=192, heads=3, encoder_layers=4, decoder_layers=2)
WIDE = Shape(width=1280, heads=20, encoder_layers=4, decoder_layers=1)
"""Products so large that they run as fast as they ever do: the rate the others are held against."""
WIDE_WINDOW_SEC = 8.0
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One number of tracks. Seconds of CPU a second of audio, by stage."""

    tracks: int
    stages: dict[str, float]
    giga_operations: dict[str, float]
    wer: float
    items_a_batch: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.stages.values())


def profile(
    settings: Settings,
    *,
    tracks: Sequence[int],
    length_sec: float,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Measure and write the report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    path = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    with _screen.status("the rate of large products…"):
        rate = product_rate(path, threads=1)
    model = MeasuredModel.load(
        path, settings.asr.model_copy(update={"device": "cpu", "threads": 1})
    )
    is_demo = path == type(settings.asr).model_fields["model"].default
    model.shape = DEMO if is_demo else None
    found = []
    for number in tracks:
        with _screen.status(f"{number} tracks…"):
            found.append(_profile(model, settings, number, length_sec))
        _screen.print(f"{number} tracks: {found[-1].total:.4f} CPU s a second of audio")
    return _write(
        found, rate, length_sec=length_sec, model=fingerprint(path), out=out, to=json_file
    )


def product_rate(tokenizer_of: Path, *, threads: int) -> float:
    """Return how many int8 operations a CPU second the encoder's large products reach here."""
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    try:
        wide = build(WIDE, folder / "wide", tokenizer_of=tokenizer_of, quantization="int8")
        model = MeasuredModel.load(
            wide, AsrSettings(device="cpu", compute_type="int8", threads=threads)
        )
        ledger = model.ledger = Ledger()
        noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
        item = model.prepare(
            Sound.whole(noise), window_sec=WIDE_WINDOW_SEC, kind=Kind.PARTIAL, language="en"
        )
        model._encode([item])
        ledger.cpu_sec.clear()
        for _ in range(3):
            model._encode([item])
        return 3 * WIDE.encoder_flops(round(WIDE_WINDOW_SEC * 100)) / ledger.cpu_sec["encode"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _profile(model: MeasuredModel, settings: Settings, tracks: int, length_sec: float) -> Profile:
    utterances = from_meeting()
    scripts = [
        write_script(utterances, number=at, seconds=length_sec, seed=1, share=0.7)
        for at in range(tracks)
    ]
    ledger, texts = asyncio.run(run_stages(model, settings.asr, settings.captions, scripts))
    audio = tracks * length_sec
    counts = [
        errors_of(" ".join(line.text for line in script.lines), text)
        for script, text in zip(scripts, texts, strict=True)
    ]
    order = sorted(ledger.cpu_sec, key=lambda name: -ledger.cpu_sec[name])
    return Profile(
        tracks=tracks,
        stages={name: round(ledger.cpu_sec[name] / audio, 6) for name in order},
        giga_operations={k: round(v / audio / 1e9, 4) for k, v in ledger.operations.items()},
        wer=round(sum(e for e, _ in counts) / max(sum(w for _, w in counts), 1), 4),
        items_a_batch=round(ledger.items / max(ledger.batches, 1), 2),
    )


def _write(
    found: Sequence[Profile],
    rate: float,
    *,
    length_sec: float,
    model: str,
    out: Path,
    to: Path | None,
) -> list[Path]:
    last = found[-1]
    needed = sum(last.giga_operations.values()) * 1e9 / rate
    spent = last.stages.get("encode", 0.0) + sum(
        value for name, value in last.stages.items() if name.startswith("decode")
    )
    verdicts = [
        f"At {last.tracks} tracks a second of audio costs **{last.total:.4f} CPU s** without HTTP; "
        f"most of it goes to {', '.join(list(last.stages)[:3])}."
    ]
    if needed:
        verdicts.append(
            f"The matrix products of encoder and decoder, {sum(last.giga_operations.values()):.2f} "
            f"giga-operations a second of audio, would take {needed:.5f} CPU s at the "
            f"{rate / 1e12:.2f} Tera-operations a CPU second that large int8 products reach here; "
            f"encoding and decoding take {spent:.4f}: {spent / needed:.0f} times the arithmetic."
        )
    names = list(last.stages)
    rows = [[name, *(f"{one.stages.get(name, 0.0) * 1000:.2f}" for one in found)] for name in names]
    rows += [
        ["**all**", *(f"{one.total * 1000:.2f}" for one in found)],
        ["items a batch", *(f"{one.items_a_batch:g}" for one in found)],
        ["WER", *(f"{one.wer:.2%}" for one in found)],
    ]
    return write_page(
        out,
        title="Where the CPU seconds go",
        verdicts=verdicts,
        how=(
            "The worker's and the recognition process's own code on one thread, tracks of "
            f"{length_sec:g} s, 70% of them speech, requests decoded every 0.2 s of meeting time. "
            "CPU time of the process, by stage; HTTP and the load generator are left out. The rate "
            "of large products is that of an encoder of large-v3's width, int8, one thread. "
            "Operations are two a multiplication and addition; softmax, normalisation, quantising "
            "and the search over 51,865 tokens are no matrix products, and no operations here."
        ),
        body=[
            table(["CPU ms a second of audio", *(f"{one.tracks} tracks" for one in found)], rows)
        ],
        svg=draw_curves(
            [
                Curve(
                    title="CPU ms a second of audio, by speaking tracks",
                    points=[(one.tracks, one.total * 1000) for one in found],
                )
            ],
            label="CPU time a second of audio by tracks",
            axis="speaking tracks",
        ),
        figures={
            "profiles": [
                {
                    "tracks": one.tracks,
                    "cpu_s_per_audio_s": one.stages,
                    "giga_operations_per_audio_s": one.giga_operations,
                    "items_a_batch": one.items_a_batch,
                    "wer": one.wer,
                }
                for one in found
            ],
            "tera_operations_per_cpu_s": round(rate / 1e12, 3),
        },
        about={"model": model},
        json_file=to,
    )
