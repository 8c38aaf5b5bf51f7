"""Captions of one track: frames in, partials and finals out.

Cadence is counted in samples, so nothing here needs a clock. Recognition runs in tasks: `feed`
never waits for a model. Finals come out in the order they were spoken.
"""

from __future__ import annotations

import asyncio

from models.base import Recogniser, Samples, VoiceDetector
from pipelines.cadence import Cadence
from pipelines.caption_sink import CaptionSink
from pipelines.events import Speaker
from pipelines.finals import MAX_OUTSTANDING_FINALS, Finals, UtteranceTrace, untraced
from pipelines.hearing import Steps, hear_alone
from pipelines.language import LanguageMemory
from pipelines.partials import Partials
from pipelines.segmenter import Segmenter, SegmenterEvent, SpeechEnded, SpeechStarted
from pipelines.segments import Track
from pipelines.settings import CaptionSettings


class TrackCaptions:
    """One track's captions: `feed`, or `steps`, then `finish` and `drain`, one after the other.

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
        trace: UtteranceTrace = untraced,
    ) -> None:
        track = Track(meeting_id=meeting_id, speaker=speaker)
        cadence = Cadence(settings.partial_every_sec, settings.first_partial_sec)
        memory = LanguageMemory(settings.languages)
        self._segmenter = Segmenter(detector, settings)
        self._partials = Partials(
            track=track,
            recogniser=recogniser,
            sink=sink,
            memory=memory,
            settings=settings,
            cadence=cadence,
            done=self._note_error,
        )
        self._finals = Finals(
            track=track,
            recogniser=recogniser,
            sink=sink,
            memory=memory,
            settings=settings,
            cadence=cadence,
            max_outstanding=max_outstanding,
            shown=self._partials.take_back,
            done=self._note_error,
            trace=trace,
        )
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
        hear_alone(self.steps(samples, at_sample))
        await asyncio.sleep(0)

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        """As `feed`, run by who asks for the probabilities of many tracks together."""
        self._raise_error()
        self._handle((yield from self._segmenter.steps(samples, at_sample)))
        if self._segmenter.open is not None:
            self._partials.ask(self._segmenter.open, self._segmenter.open_samples)

    async def finish(self) -> None:
        """Mute, leave or stop: end the open utterance; its final comes out as any other."""
        self.pause()
        await asyncio.sleep(0)

    def pause(self) -> None:
        """As `finish`, without letting others run."""
        self._raise_error()
        self._handle(self._segmenter.finish())

    async def drain(self) -> None:
        """Wait until every final is out. Cancelling is safe: the finals go on."""
        while tasks := self._finals.tasks:
            await asyncio.wait(tasks)
        self._raise_error()

    async def aclose(self) -> None:
        """Stop at once, without waiting for finals: the meeting has been taken over."""
        tasks = self._finals.tasks
        for task in tasks:
            task.cancel()
        if (partial := self._partials.stop()) is not None:
            tasks.add(partial)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _handle(self, events: list[SegmenterEvent]) -> None:
        for event in events:
            match event:
                case SpeechStarted(first_speech_sample=first):
                    self._partials.begin(first)
                case SpeechEnded(utterance=utterance):
                    self._finals.add(utterance, self._partials.stop())

    def _note_error(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and self._error is None:
            self._error = task.exception()
