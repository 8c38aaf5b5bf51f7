"""A track's frames: placed, gated by mute, brought to their end."""

import asyncio
import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.audio_stream import FRAME_SAMPLES, QUEUE_FRAMES
from agent.track_listener import MUTE_TAIL_SAMPLES, Hole, TrackListener
from models.base import Samples
from pipelines.events import GapReason
from pipelines.speech.hearing import Steps, hear_alone
from tests.unit.agent.streams import FakeStream, frame

RATE = 16_000


class FakeCaptions:
    """Writes down what it is asked: positions of frames, and names of calls."""

    def __init__(self) -> None:
        self.calls: list[str | int] = []
        self.skipped: list[tuple[int, int, str | None]] = []
        self.samples: list[Samples] = []
        self.quiet = True
        self.end_sample: int | None = None

    @property
    def settled_sample(self) -> int | None:
        return self.end_sample

    def begin(self, at_sample: int) -> None:
        self.end_sample = at_sample if self.end_sample is None else self.end_sample

    def skip(self, until_sample: int, reason: GapReason | None) -> None:
        start = until_sample if self.end_sample is None else self.end_sample
        if until_sample > start:
            self.skipped.append((start, until_sample, reason))
        self.end_sample = max(start, until_sample)

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        assert self.end_sample in (None, at_sample), "every sample has its place"
        self.calls.append(at_sample)
        self.samples.append(samples)
        self.end_sample = at_sample + len(samples)
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

    def __init__(self, *, muted: bool = False, now: float = 0.0, hole: Hole | None = None) -> None:
        self.muted, self.deaf, self.now = muted, False, now
        self.withheld: GapReason | None = None
        self.streams: list[FakeStream] = []
        self.captions = FakeCaptions()
        self.listener = TrackListener(
            open_stream=self._open,
            muted=lambda: self.muted,
            captions=self.captions,
            meeting_sec=lambda: self.now,
            hole=hole,
            deaf=lambda: self.deaf,
            withheld=lambda: self.withheld,
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
    assert microphone.captions.skipped == [(FRAME_SAMPLES, 11 * FRAME_SAMPLES, "overload")]


async def test_a_failure_ends_the_track_with_its_error() -> None:
    microphone = Microphone()
    microphone.listener.fail(ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await microphone.listener.run()
    assert microphone.captions.calls[-1] == "close"


async def test_a_stream_that_was_cut_leaves_a_gap() -> None:
    microphone = Microphone()
    microphone.tick(frame())
    for _ in range(120):
        microphone.tick(sec=0.025)
    microphone.tick(frame())
    assert microphone.captions.skipped == [(FRAME_SAMPLES, round(3.05 * RATE), "outage")]


async def test_muted_is_no_gap() -> None:
    """Muted from the beginning, for a moment, for long, at the end: each is a silence."""
    microphone = Microphone(muted=True)
    microphone.now = 9.0
    microphone.muted = False
    microphone.tick()
    microphone.tick(frame())
    microphone.muted = True
    for _ in range(18):
        microphone.tick(frame())
    microphone.muted = False
    microphone.tick(frame())
    microphone.muted = True
    microphone.tick(sec=0.5)
    microphone.tick(sec=1.0)
    microphone.muted = False
    microphone.tick(sec=5.0)
    microphone.tick(frame())
    microphone.muted = True
    microphone.now = 30.0
    await microphone.finish()
    assert [reason for _, _, reason in microphone.captions.skipped] == [None] * 4
    assert microphone.captions.end_sample == 30 * RATE


HOLE = Hole(start_sample=100, reason=GapReason.RESTART)


async def test_a_predecessors_hole_ends_with_the_first_frame() -> None:
    microphone = Microphone(now=12.0, hole=HOLE)
    microphone.tick(frame())
    assert microphone.captions.skipped == [(100, 12 * RATE, "restart")]
    assert microphone.captions.fed == [12 * RATE]


@pytest.mark.parametrize("muted", [True, False])
async def test_a_track_that_gives_nothing_is_accounted_for_to_its_end(muted: bool) -> None:
    microphone = Microphone(muted=muted, now=3.0, hole=HOLE)
    running = asyncio.create_task(microphone.listener.run())
    await asyncio.sleep(0)
    if muted:
        microphone.now = 4.0
    microphone.listener.end()
    await running
    silence = [(3 * RATE, 4 * RATE, None)] if muted else []
    assert microphone.captions.skipped == [(100, 3 * RATE, "restart"), *silence]


async def test_silence_rests_and_is_heard_in_one_piece_until_there_is_sound() -> None:
    microphone = Microphone()
    fed: list[int] = []
    for value in (0, 1, -1, 0, 0, 0, 500):
        microphone.tick(frame(value))
        fed.append(len(microphone.captions.fed))
    assert fed == [0, 0, 0, 1, 1, 1, 4], "after 200 ms, and with the sound at once"
    n = FRAME_SAMPLES
    assert microphone.captions.fed == [0, 4 * n, 5 * n, 6 * n]


async def test_silence_that_ends_a_line_does_not_rest() -> None:
    microphone = Microphone()
    microphone.captions.quiet = False
    for _ in range(3):
        microphone.tick(frame(0))
    assert microphone.captions.fed == [0, FRAME_SAMPLES, 2 * FRAME_SAMPLES]


async def test_silence_that_rests_is_heard_before_the_track_ends() -> None:
    microphone = Microphone()
    microphone.tick(frame(500))
    microphone.tick(frame(0))
    await microphone.finish()
    assert microphone.captions.fed == [0, FRAME_SAMPLES]


async def test_what_comes_as_silence_while_our_connection_is_away_is_a_gap() -> None:
    """Lost packets are filled in with silence that nobody was silent for."""
    microphone = Microphone()
    for value, deaf in ((1000, 0), (0, 1), (0, 1), (1000, 1), (2, 0)):
        microphone.deaf = bool(deaf)
        microphone.tick(frame(value))
    n = FRAME_SAMPLES
    assert microphone.captions.skipped == [(n, 3 * n, "outage")]
    assert microphone.captions.fed == [0, 3 * n, 4 * n]


async def test_the_clocks_difference_is_filled_in_or_left_out_where_nobody_speaks() -> None:
    """The frames are 0.1% too short, then 0.2% too long; nothing of it is a hole."""
    microphone = Microphone()
    for n in range(1800):
        microphone.tick(frame(), sec=0.05 * (1.001 if n < 600 else 0.998))
    captions = microphone.captions
    assert captions.skipped == []
    assert captions.end_sample is not None
    assert abs(captions.end_sample / RATE - microphone.now) < 0.05
    filled_in = sum(int(np.count_nonzero(samples == 0)) for samples in captions.samples)
    left_out = 1800 * FRAME_SAMPLES + filled_in - sum(len(one) for one in captions.samples)
    assert filled_in > 160
    assert left_out > 160


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
    assert microphone.captions.calls == ["pause", "drain", "close"]
    assert not microphone.streams


async def test_who_is_not_to_be_heard_is_a_gap_to_the_first_frame_after() -> None:
    """At once: what is on its way is thrown away; and the stream is given back."""
    microphone = Microphone()
    microphone.tick(frame())
    microphone.streams[0].queue.put(frame())
    microphone.withheld = GapReason.OPTED_OUT
    microphone.tick(sec=2.0)
    assert microphone.streams[0].closed
    assert microphone.captions.calls == [0, "pause"]
    assert microphone.listener.idle
    microphone.withheld = None
    assert not microphone.listener.idle
    microphone.tick(sec=1.0)
    microphone.tick(frame())
    assert microphone.captions.skipped == [(FRAME_SAMPLES, round(3.05 * RATE), "opted_out")]
    microphone.tick(frame())
    assert len(microphone.captions.skipped) == 1


async def test_muted_is_no_gap_while_off_the_record_either() -> None:
    microphone = Microphone()
    microphone.withheld = GapReason.OFF_RECORD
    microphone.tick(sec=1.0)
    microphone.muted = True
    microphone.tick(sec=1.0)
    microphone.tick(sec=1.0)
    microphone.muted = False
    microphone.tick(sec=1.0)
    microphone.withheld = GapReason.OPTED_OUT
    microphone.tick(sec=1.0)
    microphone.now = 6.0
    await microphone.finish()
    assert microphone.captions.skipped == [
        (1 * RATE, 2 * RATE, "off_record"),
        (2 * RATE, 4 * RATE, None),
        (4 * RATE, 5 * RATE, "off_record"),
        (5 * RATE, 6 * RATE, "opted_out"),
    ]


async def test_a_track_that_comes_withheld_is_never_opened() -> None:
    """Unmuted or not; and a predecessor's gap for the same reason goes on in ours."""
    microphone = Microphone(now=9.0, hole=Hole(start_sample=100, reason=GapReason.OPTED_OUT))
    microphone.streams.clear()
    microphone.withheld = GapReason.OPTED_OUT
    microphone.tick(sec=1.0)
    await microphone.finish()
    assert microphone.captions.skipped == [(100, 10 * RATE, "opted_out")]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["mute", "opt out", "off record", "hear", "wait"]),
            st.integers(1, 20),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_every_sample_is_heard_muted_or_a_gap_with_its_reason(steps: list[tuple[str, int]]) -> None:
    """Random mutes, opt-outs and pauses: intervals tile the time, as long as each really was."""
    microphone = Microphone()
    microphone.tick(frame())
    truth: Counter[str | None] = Counter(heard=1)
    for what, ticks in steps:
        match what:
            case "mute":
                microphone.muted = not microphone.muted
            case "opt out":
                microphone.withheld = GapReason.OPTED_OUT
            case "off record":
                microphone.withheld = GapReason.OFF_RECORD
            case "hear":
                microphone.withheld = None
        for _ in range(ticks):
            microphone.tick(frame())
            truth[None if microphone.muted else microphone.withheld or "heard"] += 1
    asyncio.run(microphone.finish())
    fed = [(at, at + FRAME_SAMPLES, "heard") for at in microphone.captions.fed]
    tiles = sorted([*fed, *microphone.captions.skipped])
    assert all(end == start for (_, end, _), (start, _, _) in itertools.pairwise(tiles))
    assert tiles[0][0] == 0
    assert microphone.now * RATE - tiles[-1][1] <= MUTE_TAIL_SAMPLES
    found: Counter[str | None] = Counter()
    for start, end, fate in tiles:
        found[fate] += end - start
    for fate in (GapReason.OPTED_OUT, GapReason.OFF_RECORD):
        # At each change of the mind, what is on its way belongs to the gap.
        off_by = abs(found[fate] - truth[fate] * FRAME_SAMPLES)
        assert off_by <= len(steps) * MUTE_TAIL_SAMPLES
        assert truth[fate] or not found[fate]
