"""Captions of one track: frames in, partials and finals out.

Cadence is counted in samples, so nothing here needs a clock. Recognition runs in tasks: `feed`
never waits for a model. Finals come out in the order they were spoken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from models.base import Recogniser, Samples, VoiceDetector
from pipelines.caption_sink import CaptionSink
from pipelines.echo.meeting_echo import MeetingEcho, TrackEcho
from pipelines.events import GapReason, Speaker
from pipelines.finals import MAX_OUTSTANDING_FINALS, Finals, UtteranceTrace, untraced
from pipelines.language import LanguageMemory, nobody_said
from pipelines.live.cadence import Cadence
from pipelines.live.partials import Partials
from pipelines.segments import Track
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import Steps, hear_alone
from pipelines.speech.segmenter import Segmenter, State
from pipelines.speech.utterance import SegmenterEvent, SpeechEnded, SpeechStarted
from pipelines.track_ledger import LEAST_GAP_SAMPLES, MOMENT, MUTED, Fate, Interval, TrackLedger
from pipelines.track_parts import TrackParts
from pipelines.translation.translator import EnglishFinals


class TrackCaptions:
    """One track's captions: `feed`, or `steps`, then `finish` and `drain`, one after the other.

    An error of the sink ends the track: it is raised by the next call. `settled` is called with
    each interval of the track, in order, once it is known what has become of it.
    `spoken` is the speaker's language, where somebody has set it.
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
        settled: Callable[[Interval], None] = lambda _: None,
        echo: TrackEcho | None = None,
        prompt: Callable[[], str] = str,
        spoken: Callable[[], str | None] = nobody_said,
        english: EnglishFinals | None = None,
    ) -> None:
        self._echo = echo or MeetingEcho().track(speaker.track_sid)
        self._track = track = Track(meeting_id=meeting_id, speaker=speaker)
        self._segmenter = Segmenter(detector, settings)
        self._ledger = TrackLedger(settled)
        parts = TrackParts(
            track=track,
            recogniser=recogniser,
            sink=sink,
            memory=LanguageMemory(settings.languages, spoken),
            settings=settings,
            cadence=Cadence(settings.partial_every_sec, settings.first_partial_sec),
            echo=self._echo,
            done=self._note_error,
        )
        self._partials = Partials(parts)
        self._finals = Finals(
            parts,
            max_outstanding=max_outstanding,
            prompt=prompt,
            english=english,
            shown=self._partials.take_back,
            decided=self._decided,
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

    @property
    def quiet(self) -> bool:
        """Nobody speaks: between two utterances, samples may be left out or filled in."""
        return self._segmenter.state is State.QUIET

    @property
    def settled_sample(self) -> int | None:
        """Up to here all is in the record, or was silence; None before the first sample."""
        return self._ledger.settled

    @property
    def end_sample(self) -> int | None:
        """Position after the last sample that is accounted for; None before the first."""
        return self._ledger.end

    def begin(self, at_sample: int) -> None:
        """The track is accounted for from here on, though nothing was heard yet."""
        self._ledger.begin(at_sample)

    def skip(self, until_sample: int, reason: GapReason | None) -> None:
        """Nothing was heard up to `until_sample`: a gap, or, without a reason, muted."""
        self.pause()
        start = self._ledger.begin(until_sample)
        if reason is not None and until_sample - start >= LEAST_GAP_SAMPLES:
            self._ledger.claim(start, until_sample)
            self._finals.add_hole(start, until_sample, reason)
        else:
            self._ledger.skip(until_sample, MUTED if reason is None else MOMENT)
        self._segmenter.skip(until_sample)
        self._settle()

    async def feed(self, samples: Samples, at_sample: int) -> None:
        """Take a frame; never waits for a model. Raises what the sink raised before."""
        hear_alone(self.steps(samples, at_sample))
        await asyncio.sleep(0)

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        """As `feed`, run by who asks for the probabilities of many tracks together.

        A hole before the samples that nobody has explained (see `skip`) is a gap.
        """
        self._raise_error()
        if at_sample > self._ledger.begin(at_sample):
            self.skip(at_sample, GapReason.OUTAGE)
        self._ledger.hear(at_sample + len(samples))
        self._echo.hear(samples, at_sample)
        self._segmenter.boundaries = self._partials.boundaries
        self._handle((yield from self._segmenter.steps(samples, at_sample)))
        self._settle()
        if (opened := self._segmenter.open) is not None:
            self._partials.ask(opened, self._segmenter.open_samples)

    async def finish(self) -> None:
        """Mute, leave or stop: end the open utterance; its final comes out as any other."""
        self.pause()
        await asyncio.sleep(0)

    def pause(self) -> None:
        """As `finish`, without letting others run."""
        self._raise_error()
        self._handle(self._segmenter.finish())
        self._settle()

    async def drain(self) -> None:
        """Wait until every final is out. Cancelling is safe: the finals go on."""
        while tasks := self._finals.tasks:
            await asyncio.wait(tasks)
        self._raise_error()

    async def aclose(self) -> None:
        """Stop at once, without waiting for finals: the meeting has been taken over."""
        self._echo.close()
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
                case SpeechStarted(start_sample=start, first_speech_sample=first):
                    self._echo.begun(self._track.utterance_id(start), first)
                    self._partials.begin(first)
                case SpeechEnded(utterance=utterance):
                    self._ledger.claim(utterance.start_sample, utterance.end_sample)
                    self._finals.add(utterance, self._partials.stop())

    def _decided(self, start_sample: int, fate: Fate, reason: str) -> None:
        self._ledger.decide(start_sample, fate, reason)
        self._settle()

    def _settle(self) -> None:
        self._ledger.settle(self._segmenter.settled_sample)

    def _note_error(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and self._error is None:
            self._error = task.exception()
