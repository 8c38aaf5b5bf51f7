"""Cuts one track into utterances. Pure: samples and positions in, frozen events out.

Four states: QUIET → STARTING → SPEAKING ⇄ STOPPING → QUIET. Our own buffer holds the pre-roll and
the open utterance, so nothing is lost at mute, leave or stop, nor when somebody speaks at length.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import StrEnum

import numpy as np

from models.base import SAMPLE_RATE, Asked, Samples, VoiceDetector
from pipelines.settings import CaptionSettings
from pipelines.speech.cut import quietest_boundary, quietest_point
from pipelines.speech.hearing import hear_alone
from pipelines.speech.sample_buffer import SampleBuffer
from pipelines.speech.utterance import (
    OpenUtterance,
    SegmenterEvent,
    SpeechEnded,
    SpeechStarted,
    Utterance,
)

HYSTERESIS = 0.15
"""Speech goes on until the probability is this far below the threshold (Silero's own practice)."""
CUT_SHARE = 0.3
"""Long speech is cut in this last part of it: among the words of six seconds there are two that
don't run into each other."""
LONG_LINE_SILENCE = 0.6
"""The part of the closing silence that ends a line of `long_line_sec`: several sentences in one
line are read worse, and the first of them waits for the last.

Over the 24 meetings of `greffier bench captions --quick`: from 5 s on, 3.49 % of the words are
wrong and a sentence's final comes within 3.97 s (p95); from 2.5 s on, 3.33 % and 3.37 s, with less
erased, too. All of them are synthetic voices, which pause less within a sentence than people do.
"""
TAIL_OF_SILENCE = 0.5
"""The part of the closing silence an utterance keeps; the rest is pre-roll of the next one."""


class State(StrEnum):
    """Where a track is."""

    QUIET = "quiet"
    STARTING = "starting"
    SPEAKING = "speaking"
    STOPPING = "stopping"


class Segmenter:
    """The state machine of one track."""

    def __init__(self, detector: VoiceDetector, settings: CaptionSettings) -> None:
        self._detector = detector
        self._threshold = settings.vad_threshold
        self._release = max(settings.vad_threshold - HYSTERESIS, settings.vad_threshold / 2)
        self._min_speech = round(settings.min_speech_sec * SAMPLE_RATE)
        self._min_silence = round(settings.min_silence_sec * SAMPLE_RATE)
        self._tail = round(settings.min_silence_sec * TAIL_OF_SILENCE * SAMPLE_RATE)
        self._preroll = round(settings.preroll_sec * SAMPLE_RATE)
        self._long_line = round(settings.long_line_sec * SAMPLE_RATE)
        self._longest = round(settings.max_utterance_sec * SAMPLE_RATE)
        self._search = round(settings.max_utterance_sec * CUT_SHARE * SAMPLE_RATE)
        self.state = State.QUIET
        self.stale_samples = 0
        """Samples left out because their position had already been heard."""
        self._number = 0
        self._floor = 0  # no utterance may begin before this: it was heard already
        self._buffer: SampleBuffer | None = None
        self._window_at = 0
        self._start = 0
        self._speech_start = 0
        self._speech_end = 0
        self.boundaries: Sequence[int] = ()
        """Where words of the open utterance are known to meet: long speech is cut there."""
        self._voice: list[float] = []  # the detector's probabilities from `_speech_start` on

    def push(self, samples: Samples, at_sample: int) -> list[SegmenterEvent]:
        """Take a frame of any size whose first sample is the meeting's sample `at_sample`.

        A jump forward ends the open utterance; samples already heard are left out.
        """
        return hear_alone(self.steps(samples, at_sample))

    def steps(
        self, samples: Samples, at_sample: int
    ) -> Generator[Asked, float, list[SegmenterEvent]]:
        """As `push`, but each window's probability is asked of whoever runs this.

        So that windows of many tracks can be answered together (`pipelines.speech.hearing`).
        """
        events: list[SegmenterEvent] = []
        if self._buffer is not None and at_sample > self._buffer.end:
            events += self.finish()
        heard = max((self._floor if self._buffer is None else self._buffer.end) - at_sample, 0)
        if heard:
            self.stale_samples += min(heard, len(samples))
            samples, at_sample = samples[heard:], at_sample + heard
        if not len(samples):
            return events
        if (buffer := self._buffer) is None:
            buffer = self._buffer = SampleBuffer(at_sample)
            self._window_at = at_sample
        buffer.append(samples)
        window, begin = self._detector.window_samples, self._window_at
        while (end := begin + window) <= buffer.end:
            probability = yield self._detector, buffer.view(begin, end)
            self._window_at = end
            self._window(buffer, probability, begin, end, events)
            begin = end
        return events

    def finish(self) -> list[SegmenterEvent]:
        """End whatever is open (mute, leave, stop, a hole); a new stream may follow."""
        events: list[SegmenterEvent] = []
        buffer = self._buffer
        if buffer is None:
            return events
        if self.state is State.STARTING and buffer.end - self._speech_start >= self._min_speech:
            events.append(self._started())
            self.state, self._speech_end = State.SPEAKING, buffer.end
        if self.state is State.SPEAKING:
            self._speech_end = buffer.end
            events.append(self._ended(buffer, buffer.end, cut=False))
        elif self.state is State.STOPPING:
            end = min(buffer.end, self._speech_end + self._tail)
            events.append(self._ended(buffer, end, cut=False))
        self._floor = buffer.end
        self._buffer = None
        self.state = State.QUIET
        self._detector.reset()
        return events

    def skip(self, until_sample: int) -> None:
        """After `finish`: nothing before this position comes any more."""
        self._floor = max(self._floor, until_sample)

    @property
    def _is_open(self) -> bool:
        return self.state is State.SPEAKING or self.state is State.STOPPING

    @property
    def open(self) -> OpenUtterance | None:
        """The utterance that goes on, if there is one."""
        if not self._is_open:
            return None
        return OpenUtterance(
            number=self._number,
            start_sample=self._start,
            speech_start_sample=self._speech_start,
            speech_end_sample=self._speech_end,
        )

    @property
    def settled_sample(self) -> int:
        """No utterance to come begins before this position: what is there is ended, or silence."""
        if self._buffer is None:
            return self._floor
        if self.state is State.QUIET:
            return max(self._buffer.start, self._floor)
        return self._start

    def open_samples(self) -> Samples:
        """Samples of the open utterance so far, a read-only copy; empty when none is open."""
        if self._buffer is None or not self._is_open:
            return np.zeros(0, dtype=np.float32)
        return self._buffer.slice(self._start, self._buffer.end)

    def _window(
        self,
        buffer: SampleBuffer,
        probability: float,
        begin: int,
        end: int,
        events: list[SegmenterEvent],
    ) -> None:
        self._step(buffer, probability, begin, end)
        self._voice.append(probability)
        if self.state is State.STARTING and end - self._speech_start >= self._min_speech:
            events.append(self._started())
            self.state, self._speech_end = State.SPEAKING, end
        if self.state is State.STOPPING and end - self._speech_end >= self._closing_silence():
            events.append(self._ended(buffer, min(end, self._speech_end + self._tail), cut=False))
        elif self._is_open and end - self._start >= self._longest:
            events += self._cut(buffer, end)
        if self.state is State.QUIET:
            self._voice.clear()
            buffer.discard_before(end - self._preroll)

    def _step(self, buffer: SampleBuffer, probability: float, begin: int, end: int) -> None:
        """Move from state to state by one window's probability."""
        match self.state:
            case State.QUIET:
                if probability >= self._threshold:
                    self.state, self._speech_start = State.STARTING, begin
                    self._voice.clear()
                    self._start = max(buffer.start, self._floor, begin - self._preroll)
            case State.STARTING:
                if probability < self._release:
                    self.state = State.QUIET
            case State.SPEAKING:
                if probability < self._release:
                    self.state, self._speech_end = State.STOPPING, begin
                else:
                    self._speech_end = end
            case State.STOPPING:
                if probability >= self._threshold:
                    self.state, self._speech_end = State.SPEAKING, end

    def _closing_silence(self) -> int:
        """Samples of silence that end the line that goes on."""
        long = self._speech_end - self._speech_start >= self._long_line
        return round(self._min_silence * LONG_LINE_SILENCE) if long else self._min_silence

    def _started(self) -> SpeechStarted:
        self._number += 1
        return SpeechStarted(
            number=self._number,
            start_sample=self._start,
            first_speech_sample=self._speech_start,
        )

    def _ended(self, buffer: SampleBuffer, end: int, *, cut: bool) -> SpeechEnded:
        speech_end = min(self._speech_end, end)
        windows = -(-(speech_end - self._speech_start) // self._detector.window_samples)
        voice = self._voice[: max(windows, 1)] or [0.0]
        utterance = Utterance(
            number=self._number,
            start_sample=self._start,
            end_sample=end,
            speech_start_sample=self._speech_start,
            speech_end_sample=speech_end,
            samples=buffer.slice(self._start, end),
            cut=cut,
            voice=sum(voice) / len(voice),
        )
        self._floor = end
        self._voice = []
        buffer.discard_before(end)
        self.state = State.QUIET
        return SpeechEnded(utterance=utterance)

    def _cut(self, buffer: SampleBuffer, end: int) -> list[SegmenterEvent]:
        """End a long utterance between two words; the rest goes on as the next one."""
        at = self._cut_point(buffer, end)
        if self.state is State.STOPPING and at >= self._speech_end:
            # The quietest point is the silence at the end: no speech is left to go on with.
            return [self._ended(buffer, at, cut=False)]
        state, speech_end = self.state, self._speech_end
        rest = self._voice[(at - self._speech_start) // self._detector.window_samples :]
        ended = self._ended(buffer, at, cut=True)
        self._voice = rest
        self.state, self._start, self._speech_start = state, at, at
        self._speech_end = max(speech_end, at)
        return [ended, self._started()]

    def _cut_point(self, buffer: SampleBuffer, end: int) -> int:
        search = max(self._speech_start + self._min_speech, end - self._search)
        samples = buffer.slice(search, end)
        near = [one - search for one in self.boundaries if search < one < end]
        point = quietest_boundary(samples, near)
        return search + (quietest_point(samples) if point is None else point)
