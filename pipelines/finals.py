"""Finals of one track: recognised together, brought out in the order they were spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext

from models.base import Kind, ModelError, Recognition, RecognitionRequest
from pipelines.echo.own import Own
from pipelines.events import DroppedCaption, Gap, GapReason
from pipelines.glossary import is_confident, is_leak
from pipelines.guards import SHORT_SEC, DropReason, drop_reason
from pipelines.live.agreement import Agreed
from pipelines.live.confirmed import keep_confirmed
from pipelines.segments import speech_sec, to_ms
from pipelines.speech.loudness import loudness, voicing
from pipelines.speech.utterance import Utterance
from pipelines.track_ledger import Fate
from pipelines.track_parts import TrackParts
from pipelines.translation.translator import EnglishFinals

MAX_OUTSTANDING_FINALS = 120
"""Finals held while the model is away: 40 minutes of one voice, 150 MB. Beyond, they are gaps."""

UtteranceTrace = Callable[[str, int], AbstractContextManager[None]]
"""Entered with an utterance's id and its end (ms); inside it the final is made and committed."""


def untraced(utterance_id: str, end_ms: int) -> AbstractContextManager[None]:  # noqa: ARG001
    """Nobody keeps a trace."""
    return nullcontext()


class Finals:
    """Order and outcome. `shown` returns the confirmed words of an utterance, None if nothing of
    it was on screen; `decided` is called with the first sample of each utterance that is out, and
    what became of it.
    """

    def __init__(
        self,
        parts: TrackParts,
        *,
        max_outstanding: int,
        shown: Callable[[str], Agreed | None],
        decided: Callable[[int, Fate, str], None],
        trace: UtteranceTrace = untraced,
        prompt: Callable[[], str] = str,
        english: EnglishFinals | None = None,
    ) -> None:
        self._parts = parts
        self._max_outstanding = max_outstanding
        self._shown = shown
        self._decided = decided
        self._trace = trace
        self._prompt = prompt
        self._english = english
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
        gap = self._parts.track.hole(start_sample, end_sample, reason)
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
        self._parts.done(task)

    async def _traced(
        self, utterance: Utterance, earlier: list[asyncio.Task[None]], *, lost: bool
    ) -> None:
        utterance_id = self._parts.track.utterance_id(utterance.start_sample)
        try:
            with self._trace(utterance_id, to_ms(utterance.speech_end_sample)):
                await self._finalise(utterance, earlier, lost=lost)
        finally:
            self._parts.echo.settled(utterance_id)

    async def _finalise(
        self, utterance: Utterance, earlier: list[asyncio.Task[None]], *, lost: bool
    ) -> None:
        own = self._parts.echo.own(utterance.speech_start_sample, utterance.speech_end_sample)
        if not own.all_echo:
            utterance = own.cut(utterance)
        outcome: Recognition | GapReason = GapReason.OVERLOAD
        reason = DropReason.ECHO if own.faint else None
        if not lost and not own.faint:
            prompt = self._prompt() if is_confident(speech_sec(utterance), utterance.voice) else ""
            outcome = await self._recognise(utterance, own, prompt)
            if isinstance(outcome, Recognition) and prompt and is_leak(outcome.text, prompt):
                # What was really said, if anything, is heard without the prompt.
                outcome = await self._recognise(utterance, own, "")
        if isinstance(outcome, Recognition):
            reason = await self._drop_reason(utterance, outcome, own)
        # Only coming out is serial; the model sees all finals at once and batches them.
        if earlier:
            await asyncio.wait(earlier)
        utterance_id = self._parts.track.utterance_id(utterance.start_sample)
        shown = self._shown(utterance_id)
        start = utterance.start_sample
        if reason is not None:
            if shown is not None:
                await self._parts.sink.dropped(
                    DroppedCaption(utterance_id=utterance_id, speaker=self._parts.track.speaker)
                )
            self._decided(start, Fate.SILENCE, reason)
        elif isinstance(outcome, GapReason):
            await self._parts.sink.gap(self._parts.track.gap(utterance, outcome))
            self._decided(start, Fate.GAP, outcome)
        else:
            self._parts.memory.heard(outcome, speech_sec(utterance))
            kept = outcome
            if shown is not None:
                kept = keep_confirmed(outcome, shown.stable, tail=shown.tail, cut=utterance.cut)
            segment = self._parts.track.segment(utterance, kept)
            await self._parts.sink.final(segment, outcome.pressure)
            self._decided(start, Fate.TRANSCRIBED, "")
            if self._english is not None:
                self._english.follow(segment, self._request(utterance, own, ""))

    async def _tell(self, gap: Gap, start_sample: int, earlier: list[asyncio.Task[None]]) -> None:
        if earlier:
            await asyncio.wait(earlier)
        await self._parts.sink.gap(gap)
        self._decided(start_sample, Fate.GAP, gap.reason)

    async def _drop_reason(
        self, utterance: Utterance, recognition: Recognition, own: Own
    ) -> DropReason | None:
        said_sec = speech_sec(utterance)
        reason = drop_reason(
            recognition,
            loudness(utterance.samples[own.skip_samples(utterance.start_sample) :]),
            speech_sec=said_sec,
            # Of short speech only: it takes longer than all else that is done to an utterance here.
            voicing=voicing(utterance.samples) if said_sec < SHORT_SEC else 1.0,
        )
        if reason is not None:
            return reason
        first, end = utterance.speech_start_sample, utterance.speech_end_sample
        if own.doubtful:
            own = await self._parts.echo.once_sure(own, first, end)
        if own.faint or (
            own.all_echo and await self._parts.echo.repeats(own, first, end, recognition.text)
        ):
            return DropReason.ECHO
        if not own.sources:
            self._parts.echo.spoke(first, end)
        utterance_id = self._parts.track.utterance_id(utterance.start_sample)
        self._parts.echo.says(utterance_id, end, recognition.text)
        # Known to the others already, before its turn to come out.
        self._parts.echo.settled(utterance_id)
        return None

    async def _recognise(
        self, utterance: Utterance, own: Own, prompt: str
    ) -> Recognition | GapReason:
        request = self._request(utterance, own, prompt)
        try:
            recognition = await self._parts.recogniser.recognise(request)
        except ModelError:
            return GapReason.OUTAGE
        self._parts.cadence.tell(recognition.pressure, utterance.end_sample)
        return recognition

    def _request(self, utterance: Utterance, own: Own, prompt: str) -> RecognitionRequest:
        return self._parts.request(
            Kind.FINAL,
            utterance.start_sample,
            utterance.samples,
            speech_sec=speech_sec(utterance),
            skip_samples=own.skip_samples(utterance.start_sample),
            prompt=prompt,
        )
