"""A track's frames, taken when it suits the listener: nothing wakes up for each of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from livekit import rtc

from pipelines.events import SAMPLE_RATE

FRAME_MS = 50
"""Each frame costs the same, however long it is: 20 of them a second for each track, no more."""
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
FRAME_BYTES = 2 * FRAME_SAMPLES
QUEUE_FRAMES = 200
"""10 s: the oldest are dropped beyond. Bounded, so that a stuck process can't fill the memory.

It is the only bound on a frame's way: the SDK's own queues, which drop without a word, and so move
all that follows to an earlier time, are asked to have none. Nothing rests in them: what empties
them is woken by the frame itself.
"""
REST_FRAMES = 4
"""So much silence may lie there before it is heard, in one piece: 200 ms."""
_SILENCE = b"\x00\x01\xff"
"""All bytes of the samples 0, 1 and -1: what Opus makes of digital silence.

Some others, such as 255, are made of them too, but no sound is made of these alone.
"""
QUEUE_SEC = QUEUE_FRAMES * FRAME_MS / 1000

CLOSE_SEC = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What has come since the last time: int16 mono frames at 16 kHz, oldest first.

    `dropped`: so many frames before these. `ended`: none will follow.
    """

    frames: tuple[bytes, ...]
    dropped: int
    ended: bool
    silent: bool


class AudioStream(Protocol):
    """One track's sound, from its opening until it is closed."""

    @property
    def resting(self) -> bool:
        """Whether only silence has come since the last time, and little of it: it can wait."""
        ...

    def take(self) -> Taken:
        """What has come; never waits."""
        ...

    def close(self) -> None:
        """Release it; what has come since is thrown away."""
        ...


OpenStream = Callable[[rtc.Track], AudioStream]


class FrameQueue:
    """Frames between the SDK's thread and the meeting's. Each of its methods is atomic."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=QUEUE_FRAMES)
        self._dropped = 0
        self._ended = False
        self._sound = False

    @property
    def resting(self) -> bool:
        """Fewer than REST_FRAMES of silence."""
        return not self._sound and not self._ended and len(self._frames) < REST_FRAMES

    def put(self, frame: bytes) -> None:
        """Add a frame; a full queue drops its oldest."""
        if len(self._frames) == QUEUE_FRAMES:
            self._dropped += 1
        self._frames.append(frame)
        # The cheapest look there is, in the SDK's thread: at once over where there is sound.
        if not self._sound and frame.strip(_SILENCE):
            self._sound = True

    def end(self) -> None:
        """The track is gone."""
        self._ended = True

    def take(self) -> Taken:
        """Empty the queue."""
        # Read before the frames: what comes in between is taken the next time.
        ended = self._ended
        # Told before it is forgotten: sound that comes in between is looked at once more.
        sound, self._sound = self._sound, False
        frames = tuple(self._frames.popleft() for _ in range(len(self._frames)))
        # Read after them: none is dropped once the first is taken, so each was older than these.
        dropped, self._dropped = self._dropped, 0
        return Taken(frames=frames, dropped=dropped, ended=ended, silent=not sound)


class PublicStream:
    """The SDK's own stream, by its public interface alone."""

    def __init__(self, track: rtc.Track) -> None:
        self._queue = FrameQueue()
        self._stream = rtc.AudioStream.from_track(
            track=track,
            sample_rate=SAMPLE_RATE,
            num_channels=1,
            frame_size_ms=FRAME_MS,
            capacity=0,
        )
        self._reading = asyncio.create_task(self._read())
        self._closing: asyncio.Task[None] | None = None

    @property
    def resting(self) -> bool:
        """As its queue."""
        return self._queue.resting

    def take(self) -> Taken:
        """What has come; never waits."""
        return self._queue.take()

    def close(self) -> None:
        """Release it; the SDK's part of that goes on in a task."""
        self._reading.cancel()
        self._closing = asyncio.create_task(self._release())

    async def _release(self) -> None:
        # The SDK waits for a last event, which a room that is gone never sends.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stream.aclose(), CLOSE_SEC)

    async def _read(self) -> None:
        async for event in self._stream:
            self._queue.put(bytes(event.frame.data))
        self._queue.end()
