"""Listens to one track: frames on meeting time → captions; no stream while it is muted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from agent.audio_stream import FRAME_MS, AudioStream
from agent.room_audio import to_float
from agent.sample_clock import SampleClock
from models.base import Samples
from pipelines.events import SAMPLE_RATE
from pipelines.hearing import Steps, hear_alone

MUTE_TAIL_SAMPLES = round(0.3 * SAMPLE_RATE)
"""The mute signal overtakes the audio: the last word is still in the jitter buffer."""
LINGER_SEC = 1.0
"""A track muted for longer has no stream."""
LATE_SEC = 0.5
"""Who looks again only after this long was held up."""


class Captions(Protocol):
    """What the listener needs of `pipelines.captions.TrackCaptions`."""

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        """Take a frame."""
        ...

    def pause(self) -> None:
        """End the open utterance."""
        ...

    async def drain(self) -> None:
        """Wait for its finals."""
        ...

    async def aclose(self) -> None:
        """Stop at once."""
        ...


class TrackListener:
    """One track. `steps` hears, when `Listeners` says; `run` brings everything to its end.

    `meeting_sec` is the meeting's time by the wall clock; `lost` records a gap. There are no
    captions, and nothing of them in memory, until the track first has sound.
    """

    def __init__(
        self,
        *,
        open_stream: Callable[[], AudioStream],
        muted: Callable[[], bool],
        captions: Callable[[], Captions],
        lost: Callable[[int, int], Awaitable[None]],
        meeting_sec: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
        linger_sec: float = LINGER_SEC,
    ) -> None:
        self._open = open_stream
        self._muted = muted
        self._begin_captions = captions
        self._captions: Captions | None = None
        self._lost = lost
        self._meeting_sec = meeting_sec
        self._monotonic = monotonic
        self._linger_sec = linger_sec
        self._clock = SampleClock()
        self._stream: AudioStream | None = None
        self._looked_at = monotonic()
        self._muted_at: float | None = None
        self._muted_samples = 0
        self._gaps: set[asyncio.Future[None]] = set()
        self._over = asyncio.Event()
        self._failure: Exception | None = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to hear until the track is unmuted."""
        return self._stream is None and (self._over.is_set() or self._muted())

    def end(self) -> None:
        """The track is gone, or the meeting is over: what was heard is still brought to its end."""
        self._over.set()

    def fail(self, failure: Exception) -> None:
        """Nothing more can be heard: `run` raises it."""
        self._failure = self._failure or failure
        self._over.set()

    async def run(self) -> None:
        """Wait for `end` or the end of the track, then until the last final is out.

        Cancelling gives up what is not out. Raises what the captions' sink raised.
        """
        try:
            await self._over.wait()
            if self._failure is not None:
                raise self._failure
            hear_alone(self.steps())
            self._close()
            self._pause()
            await asyncio.gather(*self._gaps)
            if self._captions is not None:
                await self._captions.drain()
        finally:
            self._close()
            if self._captions is not None:
                await self._captions.aclose()

    def steps(self) -> Steps[None]:
        """Hear what has come since the last time."""
        now = self._monotonic()
        late, self._looked_at = now - self._looked_at > LATE_SEC, now
        stream = self._sounding(now)
        if stream is None:
            return
        taken = stream.take()
        heard_sec = self._meeting_sec() - len(taken.frames) * FRAME_MS / 1000
        overflowed = taken.overflowed
        for frame in taken.frames:
            heard_sec += FRAME_MS / 1000
            if not self._wanted(len(frame) // 2):
                continue
            samples = to_float(frame)
            placed = self._clock.place(
                len(samples), heard_sec=heard_sec, overflowed=overflowed, late=late
            )
            overflowed = False
            if placed.lost_from is not None:
                self._pause()
                self._record_gap(placed.lost_from, placed.at_sample)
            if self._captions is None:
                self._captions = self._begin_captions()
            yield from self._captions.steps(samples, placed.at_sample)
        if taken.ended:
            self.end()

    def _sounding(self, now: float) -> AudioStream | None:
        """The stream, opened if sound is expected, closed if the track has long been muted."""
        if not self._muted():
            self._muted_at = None
            if self._stream is None and not self._over.is_set():
                self._stream = self._open()
        elif self._stream is not None:
            self._muted_at = now if self._muted_at is None else self._muted_at
            if now - self._muted_at >= self._linger_sec:
                self._pause()
                self._clock.restart()
                self._close()
        return self._stream

    def _wanted(self, count: int) -> bool:
        """Whether a frame of `count` samples is heard: after the mute, only the last word's end."""
        if not self._muted():
            self._muted_samples = 0
            return True
        if self._muted_samples >= MUTE_TAIL_SAMPLES:
            return False
        self._muted_samples += count
        if self._muted_samples < MUTE_TAIL_SAMPLES:
            return True
        self._clock.restart()
        self._pause()
        return False

    def _record_gap(self, start_sample: int, end_sample: int) -> None:
        # In a task: the other tracks don't wait for the record.
        gap = asyncio.ensure_future(self._lost(start_sample, end_sample))
        self._gaps.add(gap)
        gap.add_done_callback(self._gap_recorded)

    def _gap_recorded(self, gap: asyncio.Future[None]) -> None:
        self._gaps.discard(gap)
        failure = None if gap.cancelled() else gap.exception()
        if isinstance(failure, Exception):
            self.fail(failure)

    def _pause(self) -> None:
        if self._captions is not None:
            self._captions.pause()

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
