"""Greffier itself: a real asr process, and in the generator what the worker does for a track."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import numpy as np

from agent.audio_stream import FRAME_MS
from greffier.bench.systems.base import Place, Show
from greffier.bench.systems.process import ServerProcess
from greffier.settings import as_environment
from greffier.stack import answers, command
from greffier.supervisor import Program, Supervisor
from models.base import Pressure, Samples
from models.client.client import AsrClient
from models.vad import shared_model
from pipelines.caption_sink import CaptionSink
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.speech.hearing import Steps, hear_together


class GreffierSystem:
    """`greffier asr` on a Unix socket, with this machine's settings."""

    name = "greffier"
    client_is_part = True
    missing: str | None = None

    def __init__(self, place: Place, *, max_restarts: int = 0) -> None:
        self._place = place
        self._max_restarts = max_restarts
        self._url = f"unix:{place.folder / 'asr.sock'}"
        self._server = ServerProcess()
        self._client: AsrClient | None = None
        self._ears = _Ears()
        given = place.settings
        asr = given.asr.model_copy(update={"model": place.model, "url": self._url})
        self._settings = given.model_copy(update={"asr": asr})
        # A track keeps to one language here, but Greffier is left to find it out, as in a room.
        self.settings: Mapping[str, str] = {
            "language": "found out among " + ", ".join(given.captions.languages),
            "voice detector": "Silero, in the load generator, as in the worker: all tracks at once",
            "partials": f"after {given.captions.first_partial_sec} s, then each"
            f" {given.captions.partial_every_sec} s, beam {asr.beam_partial}",
            "finals": f"after {given.captions.min_silence_sec} s of silence, beam {asr.beam_final}"
            + (", padded to 30 s" if asr.full_window_finals else ""),
            "batch": f"at most {asr.max_batch}, waiting {asr.batch_wait_ms} ms",
            "workers": str(asr.workers or "two, half the cores each"),
            "compute type": asr.compute_type,
        }

    @property
    def pids(self) -> Sequence[int]:
        """The asr process."""
        return self._server.pids

    async def start(self) -> None:
        """Start the asr process."""
        shared_model()
        program = Program(
            name="greffier",
            argv=command("asr"),
            env=as_environment(self._settings),
            ready=answers("http://asr/health", uds=self._url.removeprefix("unix:")),
        )
        await self._server.start(
            program, Supervisor(logs=self._place.folder, max_restarts=self._max_restarts)
        )
        self._client = AsrClient(self._url)
        self._ears.start()

    async def open(self, number: int, language: str, show: Show) -> Listened:  # noqa: ARG002
        """Open a track, as the worker does for a participant."""
        return self.listen(number, _Sink(show))

    def listen(self, number: int, sink: CaptionSink) -> Listened:
        """Open a track whose captions go to `sink`."""
        assert self._client is not None
        speaker = Speaker(identity=f"speaker-{number}", name="", track_sid=f"track-{number}")
        return Listened(
            TrackCaptions(
                meeting_id="bench",
                speaker=speaker,
                detector=shared_model().detector(),
                recogniser=self._client,
                sink=sink,
                settings=self._settings.captions,
            ),
            self._ears,
        )

    async def load(self) -> dict[str, Any]:
        """What the asr process says of its load; empty while it does not answer."""
        try:
            return dict((await self._get("/load")).json())
        except (httpx.HTTPError, ValueError):
            return {}

    async def metrics(self) -> str:
        """The asr process's metrics, as Prometheus reads them; empty if it does not answer."""
        try:
            return (await self._get("/metrics")).text
        except httpx.HTTPError:
            return ""

    async def _get(self, path: str) -> httpx.Response:
        transport = httpx.AsyncHTTPTransport(uds=self._url.removeprefix("unix:"))
        async with httpx.AsyncClient(transport=transport, timeout=2) as client:
            return await client.get(f"http://asr{path}")

    async def stop(self) -> None:
        """Stop the asr process."""
        await self._ears.stop()
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        await self._server.stop()


class _Ears:
    """Hears all tracks with one task, in frames as long as the worker's."""

    def __init__(self) -> None:
        self.tracks: list[Listened] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def hear(self) -> None:
        steps = [track.steps() for track in self.tracks if track.waiting]
        failures = hear_together(steps, shared_model().probabilities)
        for failure in failures:
            if failure is not None:
                raise failure

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FRAME_MS / 1000)
            self.hear()


class Listened:
    """One track's captions, and the frames of it that nobody has heard yet."""

    def __init__(self, captions: TrackCaptions, ears: _Ears) -> None:
        self.waiting: list[Samples] = []
        self._captions = captions
        self._ears = ears
        self._position = 0
        ears.tracks.append(self)

    def feed(self, samples: Samples) -> None:
        """See `Track`."""
        self.waiting.append(samples)

    def steps(self) -> Steps[None]:
        """Hear what waits."""
        samples, position = np.concatenate(self.waiting), self._position
        self.waiting = []
        self._position += len(samples)
        return self._captions.steps(samples, position)

    async def finish(self) -> None:
        """See `Track`."""
        self._ears.hear()
        await self._captions.finish()
        await self._captions.drain()

    async def aclose(self) -> None:
        """See `Track`."""
        self._ears.tracks.remove(self)
        await self._captions.aclose()


class _Sink:
    """What a reader sees: finals in a row, then what is still being said."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._finals: list[str] = []
        self._open: dict[str, str] = {}

    async def partial(self, caption: PartialCaption) -> None:
        self._open[caption.utterance_id] = caption.text
        self._tell()

    async def final(self, segment: Segment, pressure: Pressure) -> None:  # noqa: ARG002
        self._open.pop(segment.id, None)
        self._finals.append(segment.text)
        self._tell()

    async def dropped(self, caption: DroppedCaption) -> None:
        self._open.pop(caption.utterance_id, None)
        self._tell()

    async def gap(self, gap: Gap) -> None:
        self._open.pop(gap.id, None)
        self._tell()

    def _tell(self) -> None:
        self._show(" ".join(self._finals), " ".join(self._open.values()))
