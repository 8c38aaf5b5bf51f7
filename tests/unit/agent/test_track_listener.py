"""A track's frames: placed, gated by mute, brought to their end."""

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc

from agent.room_audio import overload_gap
from agent.track_listener import MUTE_TAIL_SAMPLES, TrackListener
from tests.unit.agent.test_legacy_packets import CLAIRE

FRAME = 800


def frame(value: int = 1000) -> rtc.AudioFrame:
    return rtc.AudioFrame(np.full(FRAME, value, np.int16).tobytes(), 16_000, 1, FRAME)


class FakeStream:
    """Frames from a list; None is the end of the track. Before each frame `then` is called."""

    def __init__(self, frames: list[rtc.AudioFrame | None], then: Callable[[int], None]) -> None:
        self._frames = frames
        self._then = then
        self._at = 0
        self.closed = False

    async def __anext__(self) -> rtc.AudioFrameEvent:
        if self._at == len(self._frames):
            await asyncio.Event().wait()
        self._then(self._at)
        item = self._frames[self._at]
        self._at += 1
        if item is None:
            raise StopAsyncIteration
        return rtc.AudioFrameEvent(item)

    async def aclose(self) -> None:
        self.closed = True


class FakeCaptions:
    """Writes down what it is asked."""

    def __init__(self) -> None:
        self.calls: list[str | int] = []

    async def feed(self, samples, at_sample: int) -> None:
        self.calls.append(at_sample)

    async def finish(self) -> None:
        self.calls.append("finish")

    async def drain(self) -> None:
        self.calls.append("drain")

    async def aclose(self) -> None:
        self.calls.append("close")


async def heard(
    frames: list[rtc.AudioFrame | None],
    *,
    muted: Callable[[int], bool] = lambda _: False,
    times: Callable[[int], float] = lambda n: (n + 1) * 0.05,
) -> tuple[FakeCaptions, list[tuple[int, int]], FakeStream]:
    now = {"frame": 0}
    captions, lost = FakeCaptions(), []
    stream = FakeStream(frames, lambda n: now.update(frame=n))

    async def on_lost(start: int, end: int) -> None:
        lost.append((start, end))

    listener = TrackListener(
        frames=lambda: stream,
        muted=lambda: muted(now["frame"]),
        captions=captions,
        lost=on_lost,
        meeting_sec=lambda: times(now["frame"]),
        monotonic=lambda: 0.0,
    )
    await listener.run()
    return captions, lost, stream


async def test_frames_are_fed_in_order_and_the_end_of_the_track_finishes_them() -> None:
    captions, lost, stream = await heard([frame(), frame(), None])
    assert captions.calls == [0, FRAME, "finish", "drain", "close"]
    assert lost == []
    assert stream.closed


async def test_end_finishes_what_was_heard() -> None:
    stream, captions = FakeStream([frame()], lambda _: None), FakeCaptions()
    listener = TrackListener(
        frames=lambda: stream,
        muted=lambda: False,
        captions=captions,
        lost=lambda *_: asyncio.sleep(0),
        meeting_sec=lambda: 1.0,
    )
    running = asyncio.create_task(listener.run())
    while not captions.calls:
        await asyncio.sleep(0)
    listener.end()
    await running
    assert captions.calls[1:] == ["finish", "drain", "close"]


async def test_a_muted_track_is_heard_to_the_end_of_its_last_word_then_not() -> None:
    """The mute signal overtakes the audio; what follows is not for us."""
    tail = MUTE_TAIL_SAMPLES // FRAME
    captions, _, _ = await heard([frame()] * 20 + [None], muted=lambda n: n >= 2)
    fed = [call for call in captions.calls if isinstance(call, int)]
    assert len(fed) == 2 + tail - 1
    assert captions.calls.count("finish") == 2


async def test_after_unmute_the_track_is_placed_by_the_wall_clock() -> None:
    captions, _, _ = await heard(
        [frame()] * 21 + [None],
        muted=lambda n: 2 <= n < 20,
        times=lambda n: 60.0 if n >= 20 else (n + 1) * 0.05,
    )
    fed = [call for call in captions.calls if isinstance(call, int)]
    assert fed[-1] == 60 * 16_000 - FRAME


async def test_overflow_is_a_gap() -> None:
    captions, lost, _ = await heard(
        [frame(), frame(), None], times=lambda n: 0.05 if n == 0 else 30.0
    )
    assert lost == [(FRAME, 30 * 16_000 - FRAME - 160_000)]
    assert captions.calls[1] == "finish"
    gap = overload_gap("m", CLAIRE, *lost[0])
    assert (gap.start_ms, gap.reason) == (50, "overload")


class Microphone:
    """A track whose mute a test turns; each opening of it is a stream of its own."""

    def __init__(self, *, muted: bool) -> None:
        self.muted, self.now = muted, 0.0
        self.streams: list[FakeStream] = []
        self.captions = FakeCaptions()
        self.listener = TrackListener(
            frames=self._open,
            muted=lambda: self.muted,
            captions=self.captions,
            lost=lambda *_: asyncio.sleep(0),
            meeting_sec=lambda: self.now,
            monotonic=lambda: self.now,
            linger_sec=1.0,
        )

    def _open(self) -> FakeStream:
        self.streams.append(FakeStream([frame(), frame()], lambda _: None))
        return self.streams[-1]

    def mute(self, muted: bool) -> None:
        self.muted = muted
        self.listener.mute_changed()


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0)


async def test_a_track_that_comes_muted_has_no_stream_until_it_is_unmuted() -> None:
    microphone = Microphone(muted=True)
    running = asyncio.create_task(microphone.listener.run())
    microphone.listener.mute_changed()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not microphone.streams
    microphone.now = 9.0
    microphone.mute(False)
    await until(lambda: len(microphone.captions.calls) == 2)
    assert microphone.captions.calls[0] == 9 * 16_000 - FRAME, "placed by the wall clock"
    microphone.listener.end()
    await running
    assert microphone.streams[0].closed


async def test_a_track_muted_for_long_gives_its_stream_back_and_gets_a_new_one() -> None:
    microphone = Microphone(muted=False)
    running = asyncio.create_task(microphone.listener.run())
    await until(lambda: len(microphone.captions.calls) == 2)
    microphone.mute(True)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not microphone.streams[0].closed, "a short mute costs no new stream"
    microphone.now = 1.5
    microphone.listener.mute_changed()
    await until(lambda: microphone.streams[0].closed)
    assert microphone.captions.calls[-1] == "finish", "what was said before is out"
    microphone.now = 60.0
    microphone.mute(False)
    await until(lambda: len(microphone.captions.calls) == 5)
    assert microphone.captions.calls[-2] == 60 * 16_000 - FRAME
    microphone.listener.end()
    await running
    assert [stream.closed for stream in microphone.streams] == [True, True]


async def test_a_track_that_ends_while_muted_ends() -> None:
    microphone = Microphone(muted=True)
    running = asyncio.create_task(microphone.listener.run())
    await asyncio.sleep(0)
    microphone.listener.end()
    await running
    assert microphone.captions.calls == ["drain", "close"]
