"""One audio track of a room → frames on meeting time → its captions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import numpy as np
from livekit import rtc

from agent.sample_clock import SampleClock
from models.base import Samples
from pipelines.events import SAMPLE_RATE, Gap, GapReason, Speaker

log = logging.getLogger(__name__)

FRAME_MS = 50
"""Every stream of the SDK receives every stream's events: shorter frames cost a core."""
QUEUE_FRAMES = 200
"""10 s: the SDK drops the oldest beyond. Bounded, so that a stuck process can't fill the memory."""
QUEUE_SEC = QUEUE_FRAMES * FRAME_MS / 1000
MUTE_TAIL_SAMPLES = round(0.3 * SAMPLE_RATE)
"""The mute signal overtakes the audio: the last word is still in the jitter buffer."""
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


def open_stream(track: rtc.Track) -> rtc.AudioStream:
    """16 kHz mono frames of 50 ms."""
    return rtc.AudioStream.from_track(
        track=track,
        sample_rate=SAMPLE_RATE,
        num_channels=1,
        frame_size_ms=FRAME_MS,
        capacity=QUEUE_FRAMES,
    )


def speaker_of(
    participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication
) -> Speaker:
    """Who speaks on this track; the sound of a shared screen is nobody's own voice."""
    name = participant.name or participant.identity
    if publication.source == rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO:
        name = f"{name} (screen)"
    return Speaker(identity=participant.identity, name=name, track_sid=publication.sid)


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
    ) -> None:
        self._open = frames
        self._muted = muted
        self._captions = captions
        self._lost = lost
        self._meeting_sec = meeting_sec
        self._monotonic = monotonic
        self._clock = SampleClock(queue_sec=QUEUE_SEC)
        self._muted_samples = 0
        self._ended = asyncio.Event()

    def end(self) -> None:
        """The track is gone, or the meeting is over: what was heard is still brought to its end."""
        self._ended.set()

    async def run(self) -> None:
        """Listen until `end` or the end of the track, then until the last final is out.

        Cancelling gives up what is not out. Raises what the captions' sink raised.
        """
        stream = self._open()
        try:
            await self._listen(stream)
            await self._captions.finish()
            await self._captions.drain()
        finally:
            await self._captions.aclose()
            # Disposing of a stream waits for the SDK's own last event, which a room that is
            # gone may never send.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stream.aclose(), CLOSE_SEC)

    async def _listen(self, stream: Frames) -> None:
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            while True:
                asked = self._monotonic()
                event = asyncio.ensure_future(_next(stream))
                await asyncio.wait({event, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not event.done():
                    event.cancel()
                    return
                frame = event.result()
                if frame is None:
                    return
                await self._take(frame, waited_sec=self._monotonic() - asked)
        finally:
            ended.cancel()

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


async def _next(stream: Frames) -> rtc.AudioFrame | None:
    try:
        return (await stream.__anext__()).frame
    except StopAsyncIteration:
        return None


def to_float(frame: rtc.AudioFrame) -> Samples:
    """Samples in [-1, 1], shape `(samples,)`, read-only."""
    samples = np.frombuffer(frame.data, dtype=np.int16).astype(np.float32) / 32768.0
    samples.flags.writeable = False
    return samples


def overload_gap(meeting_id: str, speaker: Speaker, start_sample: int, end_sample: int) -> Gap:
    """The gap for audio that this process was too slow to read."""
    return Gap(
        id=f"{meeting_id}/{speaker.track_sid}/lost/{start_sample}",
        speaker=speaker,
        start_ms=start_sample * 1000 // SAMPLE_RATE,
        end_ms=end_sample * 1000 // SAMPLE_RATE,
        reason=GapReason.OVERLOAD,
    )
