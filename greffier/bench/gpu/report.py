"""What `greffier bench gpu` found, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import ctranslate2

from greffier.bench.asr.outcome import BAR_SEC
from greffier.bench.curves import Curve, draw_curves
from greffier.bench.gpu.engine_load import EngineRow
from greffier.bench.gpu.forced import TOKENS_A_SEC
from greffier.bench.page import table, write_page
from models.settings import AsrSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTime:
    """One batch of finals: seconds, and tera-operations a second that this comes to."""

    batch: int
    window_s: float
    tokens: int
    seconds: float
    tera_ops: float

    @property
    def real_time(self) -> float:
        """Seconds of windows a second."""
        return self.batch * self.window_s / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeResult:
    """All of one shape; `capacity` None if it was not searched for."""

    shape: str
    times: tuple[BatchTime, ...]
    capacity: int | None
    rows: tuple[EngineRow, ...]
    load_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SameText:
    """Utterances of the demo meeting with the CPU's text on the device."""

    utterances: int
    same: int


def cuda_devices() -> int:
    """How many GPUs CTranslate2 can use here."""
    return int(ctranslate2.get_cuda_device_count())


def write_gpu(
    results: Sequence[ShapeResult],
    same: SameText,
    *,
    asr: AsrSettings,
    demo: str,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Write the report; return its paths."""
    verdicts = [
        f"**{one.shape}**: "
        + (
            f"**{one.capacity} speaking tracks** at p95 of finals ≤ {BAR_SEC} s"
            if one.capacity is not None
            else "capacity not searched for (--quick)"
        )
        for one in results
    ]
    verdicts.append(
        f"The demo model's text on this device is the CPU's for **{same.same} of "
        f"{same.utterances}** utterances."
    )
    best = [max(one.times, key=lambda time: time.tera_ops) for one in results]
    body = []
    for one, top in zip(results, best, strict=True):
        body += [
            f"### {one.shape}",
            table(
                ["window", "batch", "tokens", "ms", "windows' seconds a second", "Tera-ops/s"],
                [
                    [
                        f"{t.window_s:g} s",
                        t.batch,
                        t.tokens,
                        f"{t.seconds * 1000:.1f}",
                        f"{t.real_time:.0f}",
                        f"{t.tera_ops:.2f}",
                    ]
                    for t in one.times
                ],
            ),
            table(
                [
                    "speaking tracks",
                    "first text p50 / p95",
                    "final p50 / p95 / p99",
                    "partials shed",
                ],
                [row.cells() for row in sorted(one.rows, key=lambda row: row.tracks)],
            ),
            f"Loading took {one.load_s:g} s; at best {top.tera_ops:.1f} Tera-ops/s, "
            f"{top.batch} × {top.window_s:g} s.",
        ]
    curves = [
        Curve(
            title=f"{one.shape}: p95 of finals in s, by speaking tracks",
            points=[
                (row.tracks, min(row.final_p95_s or 4.0, 4.0))
                for row in sorted(one.rows, key=lambda row: row.tracks)
            ],
            bounds=(BAR_SEC,),
        )
        for one in results
    ]
    return write_page(
        out,
        title="Whisper's shapes on this device",
        verdicts=verdicts,
        how=(
            f"Weights are random, so every decode is made {TOKENS_A_SEC:g} tokens a second of "
            "sound long. A batch is timed from mel to text with word times, beam "
            f"{asr.beam_final}. For the tracks, requests as the worker sends them (pre-roll, first "
            "partial, then one a second, finals after the closing silence) come at the pace of "
            "speech, 70% of the time, to the real engine: queue, mel, model; HTTP and the worker "
            "are elsewhere. Latency counts the closing silence. Operations are those of the matrix "
            "products at these sizes, two a multiplication and addition."
        ),
        body=body,
        svg=draw_curves(
            curves, label="Latency of finals by speaking tracks", axis="speaking tracks"
        ),
        figures={
            "capacity": {one.shape: one.capacity for one in results},
            "rows": [
                {"system": f"greffier {one.shape}", **row.as_dict()}
                for one in results
                for row in one.rows
            ],
            "times": {one.shape: [asdict(t) for t in one.times] for one in results},
            "correctness": {"cpu_text": asdict(same)},
        },
        about={
            "device": asr.device
            + (f", {cuda_devices()} GPUs seen" if asr.device == "cuda" else ""),
            "compute type": asr.compute_type,
            "demo model": demo,
        },
        json_file=json_file,
    )
