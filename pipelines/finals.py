"""Finals of one track: recognised together, brought out in the order they were spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext

from models.base import Kind, ModelError, Recogniser, Recognition, RecognitionRequest
from pipelines.cadence import Cadence
from pipelines.caption_sink import CaptionSink
from pipelines.confirmed import keep_confirmed
from pipelines.events import DroppedCaption, Gap, GapReason
from pipelines.guards import SHORT_SEC, DropReason, drop_reason
from pipelines.language import LanguageMemory
from pipelines.loudness import loudness, voicing
from pipelines.segmenter import Utterance
from pipelines.segments import Track, speech_sec, to_ms
from pipelines.settings import CaptionSettings
from pipelines.track_ledger import Fate

MAX_OUTSTANDING_FINALS = 120
"""Finals held while the model is away: 40 minutes of one voice, 150 MB. Beyond, they are gaps."""

UtteranceTrace = Callable[[str, int], AbstractContextManager[None]]
"""Entered with an utterance's id and its end (ms); inside it the final is made and committed."""


def untraced(utterance_id: str, end_ms: int) -> AbstractContextManager[None]:  # noqa: ARG001
    """Nobody keeps a trace."""
    return nullcontext()


class Finals:
    """Order and outcome. `shown` returns the confirmed words of an utterance, None if nothing of
    it was on screen; `done` is called with each task that has ended, for its error;
    `decided` with the first sample of each utterance that is out, and what became of it.
    """

    def __init__(
        self,
        *,
        track: Track,
        recogniser: Recogniser,
        sink: CaptionSink,
        memory: LanguageMemory,
        settings: CaptionSettings,
        cadence: Cadence,
        max_outstanding: int,
        shown: Callable[[str], str | None],
        decided: Callable[[int, Fate, str], None],
        done: Callable[[asyncio.Task[None]], None],
        trace: UtteranceTrace = untraced,
    ) -> None:
        self._track = track
        self._recogniser = recogniser
        self._sink = sink
        self._memory = memory
        self._languages = settings.languages
        self._cadence = cadence
        self._max_outstanding = max_outstanding
        self._shown = shown
        self._decided = decided
        self._done = done
        self._trace = trace
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Those that are not out yet."""
        return set(self._tasks)

    def add(self, utterance: Utterance, partial: asyncio.Task[None] | None) -> None:
        """Bring the ended utterance out, after those before it and after its last `partial`."""
        lost = len(self._tasks) >= self._max_outstanding
        earlier = [task for task in (self._last, partial) if task is not None]
        self._add(self._traced(utterance, earlier, lost=lost))

    def add_hole(self, start_sample: int, end_sample: int, reason: GapReason) -> None:
        """Tell that these samples were never heard, after the finals before."""
        gap = self._track.hole(start_sample, end_sample, reason)
        self._add(self._tell(gap, start_sample, [self._last] if self._last else []))

    def _add(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._last = task
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._last is task:
            self._last = None
        self._done(task)

    async def _traced(
        self, utterance: Utterance, earlier: list[asyncio.Task[None]], *, lost: bool
    ) -> None:
        utterance_id = self._track.utterance_id(utterance.start_sample)
        with self._trace(utterance_id, to_ms(utterance.speech_end_sample)):
            await self._finalise(utterance, earlier, lost=lost)

    async def _finalise(
        self, utterance: Utterance, earlier: list[asyncio.Task[None]], *, lost: bool
    ) -> None:
        outcome = GapReason.OVERLOAD if lost else await self._recognise(utterance)
        # Only coming out is serial; the model sees all finals at once and batches them.
        if earlier:
            await asyncio.wait(earlier)
        utterance_id = self._track.utterance_id(utterance.start_sample)
        confirmed = self._shown(utterance_id)
        start = utterance.start_sample
        if isinstance(outcome, GapReason):
            await self._sink.gap(self._track.gap(utterance, outcome))
            self._decided(start, Fate.GAP, outcome)
        elif (dropped := self._drop_reason(utterance, outcome)) is None:
            self._memory.heard(outcome.language, speech_sec(utterance))
            kept = keep_confirmed(outcome, confirmed or "", cut=utterance.cut)
            await self._sink.final(self._track.segment(utterance, kept), outcome.pressure)
            self._decided(start, Fate.TRANSCRIBED, "")
        else:
            if confirmed is not None:
                await self._sink.dropped(
                    DroppedCaption(utterance_id=utterance_id, speaker=self._track.speaker)
                )
            self._decided(start, Fate.SILENCE, dropped)

    async def _tell(self, gap: Gap, start_sample: int, earlier: list[asyncio.Task[None]]) -> None:
        if earlier:
            await asyncio.wait(earlier)
        await self._sink.gap(gap)
        self._decided(start_sample, Fate.GAP, gap.reason)

    def _drop_reason(self, utterance: Utterance, recognition: Recognition) -> DropReason | None:
        said_sec = speech_sec(utterance)
        return drop_reason(
            recognition,
            loudness(utterance.samples),
            speech_sec=said_sec,
            # Of short speech only: it takes longer than all else that is done to an utterance here.
            voicing=voicing(utterance.samples) if said_sec < SHORT_SEC else 1.0,
        )

    async def _recognise(self, utterance: Utterance) -> Recognition | GapReason:
        try:
            recognition = await self._recogniser.recognise(
                RecognitionRequest(
                    utterance_id=self._track.utterance_id(utterance.start_sample),
                    kind=Kind.FINAL,
                    meeting_id=self._track.meeting_id,
                    track_id=self._track.speaker.track_sid,
                    samples=utterance.samples,
                    language=self._memory.choose(speech_sec(utterance)),
                    languages=self._languages,
                )
            )
        except ModelError:
            return GapReason.OUTAGE
        self._cadence.tell(recognition.pressure, utterance.end_sample)
        return recognition
