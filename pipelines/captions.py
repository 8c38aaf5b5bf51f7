"""Captions of one track: frames in, partials and finals out.

Cadence is counted in samples, so nothing here needs a clock. Recognition runs in tasks: `feed`
never waits for a model. Finals come out in the order they were spoken.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelError,
    Recogniser,
    Recognition,
    RecognitionRequest,
    Samples,
    VoiceDetector,
)
from pipelines.events import DroppedCaption, Gap, GapReason, PartialCaption, Segment, Speaker, Word
from pipelines.guards import confidence, drop_reason, loudness
from pipelines.language import LanguageMemory
from pipelines.live_text import LiveText
from pipelines.segmenter import (
    OpenUtterance,
    Segmenter,
    SegmenterEvent,
    SpeechEnded,
    SpeechStarted,
    Utterance,
)
from pipelines.settings import CaptionSettings

MAX_OUTSTANDING_FINALS = 120
"""Finals held while the model is away: 40 minutes of one voice, 150 MB. Beyond, they are gaps."""


class CaptionSink(Protocol):
    """Where captions go. A final or a gap is committed to the record, then published."""

    async def partial(self, caption: PartialCaption) -> None:
        """Show the text so far; cancelled when the utterance ends meanwhile."""
        ...

    async def final(self, segment: Segment) -> None:
        """Record the segment, then show it."""
        ...

    async def dropped(self, caption: DroppedCaption) -> None:
        """Take the utterance's partials back."""
        ...

    async def gap(self, gap: Gap) -> None:
        """Record that speech was lost, then show it."""
        ...


class TrackCaptions:
    """One track's captions. `feed`, `finish` and `drain` are called from one task.

    An error of the sink ends the track: it is raised by the next call.
    """

    def __init__(
        self,
        *,
        meeting_id: str,
        speaker: Speaker,
        detector: VoiceDetector,
        recogniser: Recogniser,
        sink: CaptionSink,
        settings: CaptionSettings,
        max_outstanding: int = MAX_OUTSTANDING_FINALS,
    ) -> None:
        self._meeting_id = meeting_id
        self._speaker = speaker
        self._recogniser = recogniser
        self._sink = sink
        self._settings = settings
        self._segmenter = Segmenter(detector, settings)
        self._memory = LanguageMemory(settings.languages)
        self._every = round(settings.partial_every_sec * SAMPLE_RATE)
        self._max_outstanding = max_outstanding
        self._live = LiveText()
        self._asked_until = 0
        self._shown: set[str] = set()
        self._partial: asyncio.Task[None] | None = None
        self._finals: set[asyncio.Task[None]] = set()
        self._last_final: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    @property
    def outstanding_finals(self) -> int:
        """Ended utterances whose text is not out yet."""
        return len(self._finals)

    @property
    def stale_samples(self) -> int:
        """Samples left out because their position had already been heard."""
        return self._segmenter.stale_samples

    async def feed(self, samples: Samples, at_sample: int) -> None:
        """Take a frame; never waits for a model. Raises what the sink raised before."""
        self._raise_error()
        self._handle(self._segmenter.push(samples, at_sample))
        self._ask_partial()
        await asyncio.sleep(0)

    async def finish(self) -> None:
        """Mute, leave or stop: end the open utterance; its final comes out as any other."""
        self._raise_error()
        self._handle(self._segmenter.finish())
        await asyncio.sleep(0)

    async def drain(self) -> None:
        """Wait until every final is out. Cancelling is safe: the finals go on."""
        while self._finals:
            await asyncio.wait(set(self._finals))
        self._raise_error()

    async def aclose(self) -> None:
        """Stop at once, without waiting for finals: the meeting has been taken over."""
        tasks = [task for task in (*self._finals, self._partial) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _handle(self, events: list[SegmenterEvent]) -> None:
        for event in events:
            match event:
                case SpeechStarted(first_speech_sample=first):
                    self._live, self._asked_until = LiveText(), first
                case SpeechEnded(utterance=utterance):
                    self._end(utterance)

    def _ask_partial(self) -> None:
        opened = self._segmenter.open
        if opened is None or self._partial is not None:
            return
        if opened.speech_end_sample - self._asked_until < self._every:
            return
        self._asked_until = opened.speech_end_sample
        speech_sec = (opened.speech_end_sample - opened.speech_start_sample) / SAMPLE_RATE
        request = RecognitionRequest(
            utterance_id=self._id(opened.start_sample),
            kind=Kind.PARTIAL,
            samples=self._segmenter.open_samples(),
            language=self._memory.choose(speech_sec),
            languages=self._settings.languages,
            skip_samples=self._live.skip_samples,
        )
        self._partial = asyncio.create_task(self._show_partial(request, opened, self._live))
        self._partial.add_done_callback(self._partial_done)

    async def _show_partial(
        self, request: RecognitionRequest, opened: OpenUtterance, live: LiveText
    ) -> None:
        try:
            recognition = await self._recogniser.recognise(request)
        except ModelError:
            return  # the next partial, or the final, says it all
        if drop_reason(recognition, loudness(request.samples)) is not None:
            return
        agreed = live.update(recognition, len(request.samples))
        self._shown.add(request.utterance_id)
        await self._sink.partial(
            PartialCaption(
                utterance_id=request.utterance_id,
                speaker=self._speaker,
                start_ms=to_ms(opened.speech_start_sample),
                stable=agreed.stable,
                tail=agreed.tail,
                language=recognition.language,
            )
        )

    def _partial_done(self, task: asyncio.Task[None]) -> None:
        if self._partial is task:
            self._partial = None
        self._note_error(task)

    def _end(self, utterance: Utterance) -> None:
        partial, self._partial = self._partial, None
        if partial is not None:
            partial.cancel()
        lost = len(self._finals) >= self._max_outstanding
        task = asyncio.create_task(self._finalise(utterance, self._last_final, partial, lost=lost))
        self._last_final = task
        self._finals.add(task)
        task.add_done_callback(self._final_done)

    def _final_done(self, task: asyncio.Task[None]) -> None:
        self._finals.discard(task)
        if self._last_final is task:
            self._last_final = None
        self._note_error(task)

    def _note_error(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and self._error is None:
            self._error = task.exception()

    async def _finalise(
        self,
        utterance: Utterance,
        before: asyncio.Task[None] | None,
        partial: asyncio.Task[None] | None,
        *,
        lost: bool,
    ) -> None:
        outcome = GapReason.OVERLOAD if lost else await self._recognise_final(utterance)
        # Only coming out is serial; the model sees all finals at once and batches them.
        earlier = [task for task in (before, partial) if task is not None]
        if earlier:
            await asyncio.wait(earlier)
        utterance_id = self._id(utterance.start_sample)
        shown = utterance_id in self._shown
        self._shown.discard(utterance_id)
        if isinstance(outcome, GapReason):
            await self._sink.gap(self._gap(utterance, outcome))
        elif drop_reason(outcome, loudness(utterance.samples)) is None:
            self._memory.heard(outcome.language, _speech_sec(utterance))
            await self._sink.final(self._segment(utterance, outcome))
        elif shown:
            await self._sink.dropped(
                DroppedCaption(utterance_id=utterance_id, speaker=self._speaker)
            )

    async def _recognise_final(self, utterance: Utterance) -> Recognition | GapReason:
        try:
            return await self._recogniser.recognise(
                RecognitionRequest(
                    utterance_id=self._id(utterance.start_sample),
                    kind=Kind.FINAL,
                    samples=utterance.samples,
                    language=self._memory.choose(_speech_sec(utterance)),
                    languages=self._settings.languages,
                )
            )
        except ModelError:
            return GapReason.OUTAGE

    def _id(self, start_sample: int) -> str:
        # From the position alone: the same speech, replayed after a crash, is the same line.
        return f"{self._meeting_id}/{self._speaker.track_sid}/{start_sample}"

    def _gap(self, utterance: Utterance, reason: GapReason) -> Gap:
        return Gap(
            id=self._id(utterance.start_sample),
            speaker=self._speaker,
            start_ms=to_ms(utterance.speech_start_sample),
            end_ms=to_ms(utterance.speech_end_sample),
            reason=reason,
        )

    def _segment(self, utterance: Utterance, recognition: Recognition) -> Segment:
        return Segment(
            id=self._id(utterance.start_sample),
            speaker=self._speaker,
            start_ms=to_ms(utterance.speech_start_sample),
            end_ms=to_ms(utterance.speech_end_sample),
            text=recognition.text.strip(),
            language=recognition.language,
            confidence=round(confidence(recognition), 4),
            words=meeting_words(utterance, recognition),
        )


def to_ms(sample: int) -> int:
    """Meeting samples to meeting milliseconds."""
    return sample * 1000 // SAMPLE_RATE


def meeting_words(utterance: Utterance, recognition: Recognition) -> tuple[Word, ...]:
    """The words with times in meeting milliseconds, inside the utterance and in order."""
    first, last = to_ms(utterance.start_sample), to_ms(utterance.end_sample)
    words: list[Word] = []
    for word in recognition.words:
        start = min(max(first + round(word.start_sec * 1000), first), last)
        end = min(max(first + round(word.end_sec * 1000), start), last)
        words.append(
            Word(
                text=word.text,
                start_ms=start,
                end_ms=end,
                probability=round(min(max(word.probability, 0.0), 1.0), 4),
            )
        )
    return tuple(words)


def _speech_sec(utterance: Utterance) -> float:
    return (utterance.speech_end_sample - utterance.speech_start_sample) / SAMPLE_RATE
