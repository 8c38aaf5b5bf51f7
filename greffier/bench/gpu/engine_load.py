"""The engine alone under the requests of many speakers, in real time: no HTTP, no worker.

For shapes whose text means nothing: what is counted is when each answer comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from greffier.bench.ranks import rank, seconds
from greffier.bench.speech import Utterance
from greffier.bench.track_script import write_script
from models.base import SAMPLE_RATE, Kind, ModelError, RecognitionRequest, Samples
from models.engine.engine import Engine
from models.settings import AsrSettings
from models.whisper.model import WhisperModel
from pipelines.settings import CaptionSettings

DRAIN_SEC = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A request due `at_sec`; `spoken_sec`: when the speech it is judged from began or ended."""

    at_sec: float
    spoken_sec: float
    request: RecognitionRequest
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRow:
    """One number of tracks. None: never came."""

    tracks: int
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    final_p99_s: float | None
    partials: int
    partials_shed: int
    late_p99_s: float

    def holds(self, bar_sec: float) -> bool:
        """Whether finals were in time, and the requests themselves."""
        return (
            self.final_p95_s is not None and self.final_p95_s <= bar_sec and self.late_p99_s < 0.1
        )

    def as_dict(self) -> dict[str, object]:
        """For the JSON report."""
        return asdict(self)

    def cells(self) -> list[str]:
        """For a table."""
        return [
            str(self.tracks),
            f"{_two(self.first_text_p50_s)} / {_two(self.first_text_p95_s)}",
            f"{_two(self.final_p50_s)} / {_two(self.final_p95_s)} / {_two(self.final_p99_s)}",
            f"{self.partials_shed} of {self.partials}",
        ]


def requests_of(
    utterances: Sequence[Utterance],
    *,
    tracks: int,
    seconds: float,
    settings: CaptionSettings | None = None,
) -> list[Timed]:
    """Return what the worker would ask for these tracks, in the order of time. Pure."""
    settings = settings or CaptionSettings()
    preroll = round(settings.preroll_sec * SAMPLE_RATE)
    tail = round(settings.min_silence_sec / 2 * SAMPLE_RATE)
    found: list[Timed] = []
    # Tracks of one script don't cost memory; each begins somewhere else in it.
    scripts = [
        write_script(utterances, number=at, seconds=seconds, seed=1, share=0.7)
        for at in range(min(tracks, 24))
    ]
    for track in range(tracks):
        script = scripts[track % len(scripts)]
        shift = seconds * (track // len(scripts)) / max(tracks // len(scripts), 1)
        for number, line in enumerate(script.lines):
            begin = max(line.first_sample - preroll, 0)
            name = f"m/{track}/{number}"
            speech = (line.end_sample - line.first_sample) / SAMPLE_RATE
            at = settings.first_partial_sec
            first = True
            while at < speech:
                end = line.first_sample + round(at * SAMPLE_RATE)
                found.append(
                    Timed(
                        at_sec=(end / SAMPLE_RATE + shift) % seconds,
                        spoken_sec=(line.first_sample / SAMPLE_RATE + shift) % seconds,
                        request=_request(name, track, Kind.PARTIAL, script.samples[begin:end]),
                        first=first,
                    )
                )
                at, first = at + settings.partial_every_sec, False
            end = min(line.end_sample + tail, len(script.samples))
            spoken = line.end_sample / SAMPLE_RATE
            found.append(
                Timed(
                    at_sec=(spoken + settings.min_silence_sec + shift) % seconds,
                    spoken_sec=(spoken + shift) % seconds,
                    request=_request(name, track, Kind.FINAL, script.samples[begin:end]),
                    first=False,
                )
            )
    return sorted(found, key=lambda one: one.at_sec)


def _request(name: str, track: int, kind: Kind, samples: Samples) -> RecognitionRequest:
    return RecognitionRequest(
        utterance_id=name, kind=kind, samples=samples, language="en", track_id=str(track)
    )


async def measure_engine(
    model: WhisperModel, asr: AsrSettings, plan: Sequence[Timed], *, seconds: float
) -> EngineRow:
    """Send each request when it is due; return what came of them."""
    engine = Engine(model, asr)
    engine.start()
    first: list[float] = []
    final: list[float] = []
    late: list[float] = []
    shed = 0
    start = time.monotonic()

    async def ask(one: Timed) -> None:
        nonlocal shed
        before = time.monotonic() - start - one.at_sec
        since = one.at_sec - one.spoken_sec
        since = since if since >= 0 else since + seconds  # it began before the seam
        try:
            await engine.submit(one.request)
        except ModelError:
            shed += one.request.kind is Kind.PARTIAL
            took = float("inf")
        else:
            took = time.monotonic() - start - one.at_sec - before + max(before, 0.0) + since
        if one.request.kind is Kind.FINAL:
            final.append(took)
        elif one.first:
            first.append(took)

    tasks = []
    try:
        for one in plan:
            await asyncio.sleep(max(start + one.at_sec - time.monotonic(), 0.0))
            late.append(time.monotonic() - start - one.at_sec)
            tasks.append(asyncio.create_task(ask(one)))
        _, waiting = await asyncio.wait(tasks, timeout=DRAIN_SEC)
        final += [float("inf")] * len(waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        await asyncio.to_thread(engine.stop)
    return EngineRow(
        tracks=len({one.request.track_id for one in plan}),
        first_text_p50_s=_seconds(first, 50),
        first_text_p95_s=_seconds(first, 95),
        final_p50_s=_seconds(final, 50),
        final_p95_s=_seconds(final, 95),
        final_p99_s=_seconds(final, 99),
        partials=sum(1 for one in plan if one.request.kind is Kind.PARTIAL),
        partials_shed=shed,
        late_p99_s=round(rank(late, 99) or 0.0, 4),
    )


def _seconds(values: Sequence[float], q: float) -> float | None:
    return seconds(rank(values, q))


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
