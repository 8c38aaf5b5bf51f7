"""Listens to one track: frames on meeting time → captions; no stream while it is muted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from livekit import rtc

from agent.room_audio import QUEUE_SEC, to_float
from agent.sample_clock import SampleClock
from models.base import Samples
from pipelines.events import SAMPLE_RATE

MUTE_TAIL_SAMPLES = round(0.3 * SAMPLE_RATE)
"""The mute signal overtakes the audio: the last word is still in the jitter buffer."""
LINGER_SEC = 1.0
"""A track muted for longer has no stream: every open stream costs every other one (`FRAME_MS`)."""
CLOSE_SEC = 2.0


class Captions(Protocol):
    """What the listener needs of `pipelines.captions.TrackCaptions`."""

    async def feed(self, samples: Samples, at_sample: int) -> None:
        """Take a frame."""
        ...

    async def finish(self) -> None:
        """End the open utterance."""
        ...

    async def drain(self) -> None:
        """Wait for its finals."""
        ...

    async def aclose(self) -> None:
        """Stop at once."""
        ...


class Frames(Protocol):
    """What the listener needs of `rtc.AudioStream`."""

    async def __anext__(self) -> rtc.AudioFrameEvent:
        """The next frame; StopAsyncIteration when the track is gone."""
        ...

    async def aclose(self) -> None:
        """Release it."""
        ...


class TrackListener:
    """One track's only task. `meeting_sec` is the meeting's time by the wall clock."""

    def __init__(
        self,
        *,
        frames: Callable[[], Frames],
        muted: Callable[[], bool],
        captions: Captions,
        lost: Callable[[int, int], Awaitable[None]],
        meeting_sec: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
        linger_sec: float = LINGER_SEC,
    ) -> None:
        self._open = frames
        self._muted = muted
        self._captions = captions
        self._lost = lost
        self._meeting_sec = meeting_sec
        self._monotonic = monotonic
        self._linger_sec = linger_sec
        self._clock = SampleClock(queue_sec=QUEUE_SEC)
        self._muted_samples = 0
        self._ended, self._changed = asyncio.Event(), asyncio.Event()

    def end(self) -> None:
        """The track is gone, or the meeting is over: what was heard is still brought to its end."""
        self._ended.set()
        self._changed.set()

    def mute_changed(self) -> None:
        """The track was muted or unmuted."""
        self._changed.set()

    async def run(self) -> None:
        """Listen until `end` or the end of the track, then until the last final is out.

        Cancelling gives up what is not out. Raises what the captions' sink raised.
        """
        stream: Frames | None = None
        try:
            while await self._unmuted():
                stream = self._open()
                again = await self._listen(stream)
                await self._captions.finish()
                self._clock.restart()
                if not again:
                    break
                await _close(stream)
                stream = None
            await self._captions.drain()
        finally:
            await self._captions.aclose()
            if stream is not None:
                await _close(stream)

    async def _unmuted(self) -> bool:
        """Wait for sound to be expected; False once all is over."""
        while self._muted() and not self._ended.is_set():
            self._changed.clear()
            await self._changed.wait()
        return not self._ended.is_set()

    async def _listen(self, stream: Frames) -> bool:
        """Feed frames. True: muted for a while, so come back; False: the track or all is over."""
        event, muted_at = None, None
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            while not self._ended.is_set():
                asked = self._monotonic()
                muted_at = (asked if muted_at is None else muted_at) if self._muted() else None
                left = None if muted_at is None else muted_at + self._linger_sec - asked
                if left is not None and left <= 0:
                    return True
                event = event or asyncio.ensure_future(_next(stream))
                await asyncio.wait(
                    {event, changed}, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                if changed.done():
                    self._changed.clear()
                    changed = asyncio.ensure_future(self._changed.wait())
                if event.done():
                    frame, event = event.result(), None
                    if frame is None:
                        return False
                    await self._take(frame, waited_sec=self._monotonic() - asked)
            return False
        finally:
            changed.cancel()
            if event is not None:
                event.cancel()

    async def _take(self, frame: rtc.AudioFrame, *, waited_sec: float) -> None:
        count = frame.samples_per_channel
        if self._muted():
            if self._muted_samples >= MUTE_TAIL_SAMPLES:
                return
            self._muted_samples += count
            if self._muted_samples >= MUTE_TAIL_SAMPLES:
                self._clock.restart()
                await self._captions.finish()
                return
        else:
            self._muted_samples = 0
        placed = self._clock.place(count, now_sec=self._meeting_sec(), waited_sec=waited_sec)
        if placed.lost_from is not None:
            await self._captions.finish()
            await self._lost(placed.lost_from, placed.at_sample)
        await self._captions.feed(to_float(frame), placed.at_sample)


async def _close(stream: Frames) -> None:
    """Release a stream; the SDK waits for a last event, which a room that is gone never sends."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stream.aclose(), CLOSE_SEC)


async def _next(stream: Frames) -> rtc.AudioFrame | None:
    try:
        return (await stream.__anext__()).frame
    except StopAsyncIteration:
        return None
