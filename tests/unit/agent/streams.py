"""Streams that a test fills."""

import numpy as np

from agent.audio_stream import FRAME_SAMPLES, FrameQueue, Taken


def frame(value: int = 1000) -> bytes:
    """50 ms."""
    return np.full(FRAME_SAMPLES, value, np.int16).tobytes()


class FakeStream:
    """What the test puts into it."""

    def __init__(self, *frames: bytes) -> None:
        self.queue = FrameQueue()
        self.closed = False
        for one in frames:
            self.queue.put(one)

    @property
    def resting(self) -> bool:
        return self.queue.resting

    def take(self) -> Taken:
        return self.queue.take()

    def close(self) -> None:
        self.closed = True
