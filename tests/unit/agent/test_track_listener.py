"""A track's frames: placed, gated by mute, brought to their end."""

import asyncio

import pytest

from agent.audio_stream import FRAME_SAMPLES, QUEUE_FRAMES
from agent.room_audio import overload_gap
from agent.track_listener import MUTE_TAIL_SAMPLES, TrackListener
from models.base import Samples
from pipelines.hearing import Steps, hear_alone
from tests.unit.agent.streams import FakeStream, frame
from tests.unit.agent.test_legacy_packets import CLAIRE

RATE = 16_000


class FakeCaptions:
    """Writes down what it is asked: positions of frames, and names of calls."""

    def __init__(self) -> None:
        self.calls: list[str | int] = []

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        self.calls.append(at_sample)
        yield from ()

    def pause(self) -> None:
        self.calls.append("pause")

    async def drain(self) -> None:
        self.calls.append("drain")

    async def aclose(self) -> None:
        self.calls.append("close")

    @property
    def fed(self) -> list[int]:
        return [call for call in self.calls if isinstance(call, int)]


class Microphone:
    """A track whose sound, mute and time a test moves; each opening of it is a new stream."""

    def __init__(self, *, muted: bool = False) -> None:
        self.muted, self.now = muted, 0.0
        self.streams: list[FakeStream] = []
        self.lost: list[tuple[int, int]] = []
        self.captions = FakeCaptions()
        self.listener = TrackListener(
            open_stream=self._open,
            muted=lambda: self.muted,
            captions=lambda: self.captions,
            lost=self._lost,
            meeting_sec=lambda: self.now,
            monotonic=lambda: self.now,
            linger_sec=1.0,
        )
        self.tick()

    def tick(self, *frames: bytes, sec: float | None = None) -> None:
        """Time goes on by as much as the frames are long, or by `sec`, and the listener hears."""
        self.now = round(self.now + (len(frames) * 0.05 if sec is None else sec), 6)
        if self.streams:
            for one in frames:
                self.streams[-1].queue.put(one)
        hear_alone(self.listener.steps())

    async def finish(self) -> None:
        """The track ends, and all that it said is brought to its end."""
        self.listener.end()
        await self.listener.run()

    def _open(self) -> FakeStream:
        self.streams.append(FakeStream())
        return self.streams[-1]

    async def _lost(self, start: int, end: int) -> None:
        self.lost.append((start, end))


async def test_frames_are_fed_in_order_and_the_end_of_the_track_finishes_them() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.tick(frame())
    microphone.streams[0].queue.end()
    running = asyncio.create_task(microphone.listener.run())
    microphone.tick()
    await running
    assert microphone.captions.calls == [0, FRAME_SAMPLES, "pause", "drain", "close"]
    assert microphone.streams[0].closed
    assert microphone.listener.idle


async def test_end_hears_what_came_since_the_last_tick_and_finishes() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.now = 0.1
    microphone.streams[0].queue.put(frame())
    await microphone.finish()
    assert microphone.captions.calls == [0, FRAME_SAMPLES, "pause", "drain", "close"]


async def test_frames_that_waited_were_spoken_one_after_the_other() -> None:
    """A process that was held up for 3 s hears them late, and puts none of them late."""
    microphone = Microphone()
    microphone.tick(frame())
    microphone.tick(*[frame()] * 60)
    assert microphone.captions.fed == [n * FRAME_SAMPLES for n in range(61)]


async def test_a_backlog_of_which_only_a_part_has_come_is_no_pause() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.tick(frame(), sec=3.0)
    assert microphone.captions.fed[-1] == FRAME_SAMPLES


async def test_a_stream_that_was_silent_on_the_wire_goes_on_where_the_clock_is() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    for _ in range(120):
        microphone.tick(sec=0.025)
    microphone.tick(frame())
    assert microphone.captions.fed[-1] == round(3.05 * RATE)


async def test_a_muted_track_is_heard_to_the_end_of_its_last_word_then_not() -> None:
    """The mute signal overtakes the audio; what follows is not for us."""
    microphone = Microphone()
    microphone.tick(frame())
    microphone.tick(frame())
    microphone.muted = True
    for _ in range(18):
        microphone.tick(frame())
    assert len(microphone.captions.fed) == 2 + MUTE_TAIL_SAMPLES // FRAME_SAMPLES - 1
    assert microphone.captions.calls.count("pause") == 1


async def test_after_a_short_mute_the_same_stream_is_placed_by_the_wall_clock() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.muted = True
    for _ in range(18):
        microphone.tick(frame())
    microphone.muted = False
    microphone.tick(frame(), sec=0.1)
    assert microphone.captions.fed[-1] == round(1.05 * RATE) - FRAME_SAMPLES
    assert len(microphone.streams) == 1, "a short mute costs no new stream"


async def test_overflow_is_a_gap_of_what_was_dropped() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.tick(*[frame()] * (QUEUE_FRAMES + 10))
    await asyncio.sleep(0)
    assert microphone.lost == [(FRAME_SAMPLES, 11 * FRAME_SAMPLES)]
    assert microphone.captions.calls[1] == "pause"
    gap = overload_gap("m", CLAIRE, *microphone.lost[0])
    assert (gap.start_ms, gap.end_ms, gap.reason) == (50, 550, "overload")


async def test_a_gap_that_cannot_be_recorded_ends_the_track_with_its_error() -> None:
    microphone = Microphone()
    microphone.lost = None  # type: ignore[assignment]
    microphone.tick(frame())
    microphone.tick(*[frame()] * (QUEUE_FRAMES + 10))
    with pytest.raises(AttributeError):
        await microphone.listener.run()
    assert microphone.captions.calls[-1] == "close"


async def test_a_track_that_comes_muted_has_no_stream_until_it_is_unmuted() -> None:
    microphone = Microphone(muted=True)
    microphone.tick(sec=9.0)
    assert not microphone.streams
    assert microphone.listener.idle
    microphone.muted = False
    microphone.tick()
    microphone.tick(frame())
    assert microphone.captions.calls == [9 * RATE], "placed by the wall clock"
    await microphone.finish()
    assert microphone.streams[0].closed


async def test_a_track_muted_for_long_gives_its_stream_back_and_gets_a_new_one() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    microphone.muted = True
    microphone.tick(sec=0.5)
    assert not microphone.streams[0].closed
    microphone.tick(sec=1.0)
    assert microphone.streams[0].closed
    assert microphone.captions.calls[-1] == "pause", "what was said before is out"
    assert microphone.listener.idle
    microphone.muted = False
    microphone.now = 60.0
    microphone.tick()
    microphone.tick(frame())
    assert microphone.captions.fed[-1] == 60 * RATE
    await microphone.finish()
    assert [stream.closed for stream in microphone.streams] == [True, True]


async def test_a_track_that_ends_while_muted_ends() -> None:
    microphone = Microphone(muted=True)
    await microphone.finish()
    assert microphone.captions.calls == [], "nothing was begun"
    assert not microphone.streams
