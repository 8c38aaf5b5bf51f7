"""Greffier's own work, stage by stage, on one thread and in no hurry: CPU time, not latency.

Tracks are heard and their requests decoded in ticks of meeting time, so that batches are as they
are under load, while what others do to this machine at the same time hardly shows.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from greffier.bench.gpu.shapes import Shape
from greffier.bench.track_script import TrackScript
from models.base import (
    SAMPLE_RATE,
    Asked,
    Kind,
    Pressure,
    RecognisedWord,
    Recognition,
    RecognitionRequest,
)
from models.engine.batching import BatchKey, window_sec
from models.engine.job import recognition_of
from models.settings import AsrSettings
from models.vad import SileroModel
from models.whisper.alignment import Alignment
from models.whisper.decoded import Decoded
from models.whisper.files import Loaded
from models.whisper.item import Prepared
from models.whisper.model import WhisperModel
from models.whisper.search import Search
from models.whisper.sound import Session, Sound
from models.whisper.tokens import Tokens
from models.wire.messages import from_pcm, to_pcm
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import hear_together

FRAME_SAMPLES = SAMPLE_RATE // 20
TICK_FRAMES = 4
"""0.2 s: about what requests wait for a batch at capacity."""


@dataclass(slots=True)
class Ledger:
    """CPU seconds by stage, and the operations of the matrix products in encoder and decoder."""

    cpu_sec: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    operations: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    batches: int = 0
    items: int = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Book what is done meanwhile; stages don't nest."""
        before = time.process_time()
        try:
            yield
        finally:
            self.cpu_sec[name] += time.process_time() - before


class MeasuredModel(WhisperModel):
    """A model that books its stages."""

    ledger: Ledger
    shape: Shape | None = None

    def __init__(self, loaded: Loaded, settings: AsrSettings) -> None:
        super().__init__(loaded, settings)
        self._search = _MeasuredSearch(self, self._model, self._tokens)
        self._alignment = _MeasuredAlignment(self, self._model, self._tokens)

    def _encode(self, batch: Sequence[Prepared]) -> Any:
        with self.ledger.stage("encode"):
            encoded = super()._encode(batch)
        if self.shape is not None:
            frames = max(item.mel.shape[1] for item in batch)
            self.ledger.operations["encode"] += len(batch) * self.shape.encoder_flops(frames)
        return encoded

    def _languages(self, encoded: Any, batch: Sequence[Prepared]) -> list[tuple[str, float | None]]:
        with self.ledger.stage("detect language"):
            return super()._languages(encoded, batch)


class _MeasuredSearch(Search):
    def __init__(self, owner: MeasuredModel, model: Any, tokens: Tokens) -> None:
        super().__init__(model, tokens)
        self._owner = owner

    def run(
        self,
        encoded: Any,
        batch: Sequence[Prepared],
        languages: Sequence[str],
        *,
        beam: int,
        hotter: bool = False,
    ) -> list[Decoded]:
        ledger, shape = self._owner.ledger, self._owner.shape
        with ledger.stage(f"decode {batch[0].kind.value}s"):
            decoded = super().run(encoded, batch, languages, beam=beam, hotter=hotter)
        if shape is not None:
            frames = max(item.mel.shape[1] for item in batch)
            steps = max(len(one.tokens) for one in decoded) + 1
            ledger.operations["decode"] += len(batch) * (
                shape.prompt_flops(frames) + beam * steps * shape.token_flops(frames)
            )
        return decoded


class _MeasuredAlignment(Alignment):
    def __init__(self, owner: MeasuredModel, model: Any, tokens: Tokens) -> None:
        super().__init__(model, tokens)
        self._owner = owner

    def words(self, *given: Any, wanted: Sequence[int]) -> list[tuple[RecognisedWord, ...]]:
        with self._owner.ledger.stage("word times"):
            return super().words(*given, wanted=wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    request: RecognitionRequest
    prepared: Prepared
    reply: asyncio.Future[Recognition]

    @property
    def key(self) -> BatchKey:
        return BatchKey(
            kind=self.request.kind,
            window_sec=self.prepared.mel.shape[1] / 100,
            prompt_tokens=len(self.prepared.prompt),
        )


class Bench:
    """A recogniser that decodes when `tick` is called."""

    def __init__(self, model: MeasuredModel, settings: AsrSettings, ledger: Ledger) -> None:
        model.ledger = ledger
        self._model = model
        self._settings = settings
        self._ledger = ledger
        self._sessions: dict[str, Session] = {}
        self._waiting: list[_Waiting] = []

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """See `models.base.Recogniser`."""
        session = self._sessions.setdefault(request.utterance_id, Session(touched_sec=0.0))
        with self._ledger.stage("samples to bytes and back"):
            session.take(session.have, from_pcm(to_pcm(request.samples[session.have :])))
        if request.kind is Kind.FINAL:
            del self._sessions[request.utterance_id]
        sound = Sound(session=session, first=request.skip_samples, until=len(request.samples))
        with self._ledger.stage("log-mel"):
            prepared = self._model.prepare(
                sound,
                window_sec=window_sec(sound.samples, self._settings.window_pad_sec),
                kind=request.kind,
                language=request.language,
                languages=request.languages,
                language_prior=request.language_prior,
            )
        one = _Waiting(
            request=request, prepared=prepared, reply=asyncio.get_running_loop().create_future()
        )
        self._waiting.append(one)
        try:
            return await one.reply
        finally:
            if one in self._waiting:
                self._waiting.remove(one)

    def tick(self) -> None:
        """Decode all that waits, finals first, in batches as the queue makes them."""
        left, self._waiting = sorted(self._waiting, key=lambda one: one.request.kind.value), []
        while left:
            first = left[0].key
            batch = [one for one in left if one.key.joins(first)][: self._settings.max_batch]
            left = [one for one in left if one not in batch]
            before = sum(self._ledger.cpu_sec.values())
            begin = time.process_time()
            texts = self._model.transcribe([one.prepared for one in batch])
            inside = sum(self._ledger.cpu_sec.values()) - before
            self._ledger.cpu_sec["Python around the model"] += time.process_time() - begin - inside
            self._ledger.batches += 1
            self._ledger.items += len(batch)
            for one, text in zip(batch, texts, strict=True):
                if not one.reply.done():
                    one.reply.set_result(recognition_of(one.request, text))


class _Finals:
    def __init__(self) -> None:
        self.texts: list[str] = []

    async def partial(self, caption: PartialCaption) -> None:
        pass

    async def final(self, segment: Segment, pressure: Pressure) -> None:  # noqa: ARG002
        self.texts.append(segment.text)

    async def dropped(self, caption: DroppedCaption) -> None:
        pass

    async def gap(self, gap: Gap) -> None:
        pass


async def run_stages(
    model: MeasuredModel,
    asr: AsrSettings,
    captions: CaptionSettings,
    scripts: Sequence[TrackScript],
) -> tuple[Ledger, list[str]]:
    """Hear and decode all tracks; return the ledger and each track's whole text."""
    ledger = Ledger()
    bench = Bench(model, asr, ledger)
    voices = SileroModel()

    def detect(asked: Sequence[Asked]) -> list[float]:
        with ledger.stage("voice detection"):
            return voices.probabilities(asked)

    sinks = [_Finals() for _ in scripts]
    tracks = [
        TrackCaptions(
            meeting_id="bench",
            speaker=Speaker(identity=str(at), name="", track_sid=str(at)),
            detector=voices.detector(),
            recogniser=bench,
            sink=sink,
            settings=captions,
        )
        for at, sink in enumerate(sinks)
    ]
    begin = time.process_time()
    for frame in range(len(scripts[0].samples) // FRAME_SAMPLES):
        at = frame * FRAME_SAMPLES
        hear_together(
            [
                track.steps(script.samples[at : at + FRAME_SAMPLES], at)
                for track, script in zip(tracks, scripts, strict=True)
            ],
            detect,
        )
        await asyncio.sleep(0)
        if frame % TICK_FRAMES == 0:
            await _settle(bench)
    for track in tracks:
        await track.finish()
    for _ in range(TICK_FRAMES):
        await _settle(bench)
    for track in tracks:
        await track.drain()
    booked = sum(ledger.cpu_sec.values())
    ledger.cpu_sec["segmenting and captions"] = time.process_time() - begin - booked
    return ledger, [" ".join(sink.texts) for sink in sinks]


async def _settle(bench: Bench) -> None:
    bench.tick()
    for _ in range(3):
        await asyncio.sleep(0)
