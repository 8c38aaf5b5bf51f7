"""`greffier bench gpu`: the real shapes of Whisper on this device, and the demo model's text there.

Three things a shape: what a batch takes, by batch size and window; how far that is from the
arithmetic; how many speaking tracks the engine holds in time, its own queue, mel and threads
included. Weights are random, so each decode is made as long as speech of that length would be.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import structlog
from rich.console import Console

from greffier.bench.asr.capacity import search
from greffier.bench.asr.outcome import BAR_SEC
from greffier.bench.gpu.engine_load import EngineRow, measure_engine, requests_of
from greffier.bench.gpu.forced import ForcedModel
from greffier.bench.gpu.report import (
    BatchTime,
    SameText,
    ShapeResult,
    cuda_devices,
    write_gpu,
)
from greffier.bench.gpu.shapes import SHAPES, Shape, build
from greffier.bench.machine import fingerprint
from greffier.bench.speech import from_meeting
from greffier.errors import CommandError
from greffier.settings import Settings
from models.base import SAMPLE_RATE, Kind
from models.settings import AsrSettings
from models.store.store import resolve
from models.whisper.item import Prepared
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound

BATCHES = (1, 4, 16, 32, 64)
WINDOWS_SEC = (2.0, 4.0, 8.0, 30.0)
REPEATS = 5
FIRST_TRACKS = 16
MOST_TRACKS = 4_096
_screen = Console(stderr=True, highlight=False, soft_wrap=True)


def gpu(
    settings: Settings,
    *,
    shapes: Sequence[str],
    device: str,
    compute_type: str,
    quick: bool,
    out: Path,
    json_file: Path | None,
) -> list[Path]:
    """Measure and write the report. Raises CommandError: no GPU here, no such shape."""
    unknown = [name for name in shapes if name not in SHAPES]
    if unknown or not shapes:
        raise CommandError(f"unknown: {', '.join(unknown)}; the shapes are {', '.join(SHAPES)}")
    if device == "cuda" and not cuda_devices():
        raise CommandError(
            "there is no GPU here that CTranslate2 can use; on a machine with one, run "
            "`greffier bench gpu` again (to try the command on a CPU: --device cpu --shapes tiny "
            "--quick)"
        )
    # The engine runs in this process, and would tell of each batch between the lines of progress.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    demo = resolve(settings.asr.model, settings.asr.models_folder).absolute()
    asr = settings.asr.model_copy(update={"device": device, "compute_type": compute_type})
    folder = Path(tempfile.mkdtemp(prefix="greffier-bench-"))
    results = []
    try:
        for name in shapes:
            path = folder / name
            with _screen.status(f"{name}: making random weights…"):
                build(SHAPES[name], path, tokenizer_of=demo, quantization=_saved_as(compute_type))
            results.append(_measure(name, path, asr, quick=quick))
            shutil.rmtree(path)
        with _screen.status("the demo model's text…"):
            same = same_text(demo, asr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return write_gpu(results, same, asr=asr, demo=fingerprint(demo), out=out, json_file=json_file)


def _saved_as(compute_type: str) -> str:
    return compute_type if compute_type in {"int8", "float32"} else "float16"


def _measure(name: str, path: Path, asr: AsrSettings, *, quick: bool) -> ShapeResult:
    before = time.monotonic()
    model = ForcedModel.load(path, asr)
    loaded_sec = time.monotonic() - before
    batches, windows = (BATCHES[:2], WINDOWS_SEC[:2]) if quick else (BATCHES, WINDOWS_SEC)
    times = []
    for window in windows:
        for batch in batches:
            with _screen.status(f"{name}: {batch} × {window:g} s…"):
                times.append(_time(model, SHAPES[name], batch, window, 1 if quick else REPEATS))
    capacity, rows = _capacity(name, model, asr, quick=quick)
    model.unload()
    return ShapeResult(
        shape=name,
        times=tuple(times),
        capacity=capacity,
        rows=tuple(rows),
        load_s=round(loaded_sec, 2),
    )


def _time(
    model: ForcedModel, shape: Shape, batch: int, window_sec: float, repeats: int
) -> BatchTime:
    items = [_item(model, window_sec, seed) for seed in range(batch)]
    model.transcribe(items)  # kernels are chosen and memory is taken at the first of its size
    begin = time.monotonic()
    for _ in range(repeats):
        model.transcribe(items)
    took = (time.monotonic() - begin) / repeats
    frames, tokens = round(window_sec * 100), model.tokens_of(items[0].audio_sec)
    ops = batch * (
        shape.encoder_flops(frames)
        + shape.prompt_flops(frames)
        + tokens * shape.token_flops(frames)
    )
    return BatchTime(
        batch=batch,
        window_s=window_sec,
        tokens=tokens,
        seconds=round(took, 5),
        tera_ops=round(ops / took / 1e12, 3),
    )


def _item(model: WhisperModel, window_sec: float, seed: int) -> Prepared:
    samples = np.random.default_rng(seed).normal(0, 0.1, round((window_sec - 0.5) * SAMPLE_RATE))
    sound = Sound.whole(samples.astype(np.float32))
    return model.prepare(sound, window_sec=window_sec, kind=Kind.FINAL, language="en")


def _capacity(
    name: str, model: ForcedModel, asr: AsrSettings, *, quick: bool
) -> tuple[int | None, list[EngineRow]]:
    """Search for the most tracks that the engine holds; quick: one point only."""
    seconds = 6.0 if quick else 20.0
    utterances = from_meeting()
    rows: list[EngineRow] = []

    def holds(tracks: int) -> bool:
        with _screen.status(f"{name}: {tracks} tracks…"):
            plan = requests_of(utterances, tracks=tracks, seconds=seconds)
            rows.append(asyncio.run(measure_engine(model, asr, plan, seconds=seconds)))
        _screen.print(f"  {name}, {tracks} tracks: p95 of finals {rows[-1].final_p95_s} s")
        return rows[-1].holds(BAR_SEC)

    if quick:
        holds(1)
        return None, rows
    return _found(search(FIRST_TRACKS, MOST_TRACKS), holds), rows


def _found(steps: object, holds: Callable[[int], bool]) -> int:
    number = next(steps)  # type: ignore[call-overload]
    while True:
        try:
            number = steps.send(holds(number))  # type: ignore[attr-defined]
        except StopIteration as done:
            return int(done.value)


def same_text(demo: Path, asr: AsrSettings) -> SameText:
    """Decode the demo meeting on the CPU and on the device, one utterance at a time."""
    texts = []
    for device, compute_type in (("cpu", "default"), (asr.device, asr.compute_type)):
        model = WhisperModel.load(
            demo, AsrSettings(device=device, compute_type=compute_type, beam_final=5)
        )
        said = []
        for one in from_meeting():
            sound = Sound.whole(one.samples)
            item = model.prepare(sound, window_sec=30, kind=Kind.FINAL, language=one.language)
            said.append(model.transcribe([item])[0].text)
        texts.append(said)
        model.unload()
    same = sum(1 for here, there in zip(*texts, strict=True) if here == there)
    return SameText(utterances=len(texts[0]), same=same)
