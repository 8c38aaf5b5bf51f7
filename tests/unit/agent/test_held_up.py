"""A process that was held up: what its queue dropped is a gap, and lines stand where they were."""

import pytest

from agent.audio_stream import QUEUE_FRAMES
from agent.track_listener import TrackListener
from models.fakes import LoudnessDetector, ScriptedRecogniser
from pipelines.captions import TrackCaptions
from pipelines.events import Gap, Segment
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import hear_alone
from pipelines.track_ledger import Interval
from tests.unit.agent.streams import FakeStream, frame
from tests.unit.pipelines.track import SPEAKER, Shown

FRAME_MS = 50
LOUD, QUIET = frame(8000), frame(0)


class Track:
    """A track that says a second of every three, frame by frame; the process hears it at will."""

    def __init__(self) -> None:
        self.shown = Shown()
        self.settled: list[Interval] = []
        self.sec = 0.0
        self._stream = FakeStream()
        self._captions = TrackCaptions(
            meeting_id="m",
            speaker=SPEAKER,
            detector=LoudnessDetector(),
            recogniser=ScriptedRecogniser(lambda _: "On vote le budget."),
            sink=self.shown,
            settings=CaptionSettings(),
            settled=self.settled.append,
        )
        self._listener = TrackListener(
            open_stream=lambda: self._stream,
            muted=lambda: False,
            captions=self._captions,
            meeting_sec=lambda: self.sec,
            monotonic=lambda: self.sec,
        )
        hear_alone(self._listener.steps())

    def speak(self, sec: float) -> None:
        for _ in range(round(sec * 1000) // FRAME_MS):
            self._stream.queue.put(LOUD if self.sec % 3 < 1 else QUIET)
            self.sec = round(self.sec + FRAME_MS / 1000, 6)

    def hear(self) -> None:
        hear_alone(self._listener.steps())

    async def live(self, sec: float) -> None:
        for _ in range(round(sec * 1000) // FRAME_MS):
            self.speak(FRAME_MS / 1000)
            self.hear()
        await self._captions.drain()

    async def end(self) -> None:
        self._listener.end()
        await self._listener.run()


@pytest.mark.parametrize("held_up_sec", [13.0, 25.0, 31.4])
async def test_what_was_dropped_is_a_gap_and_all_other_lines_stay_where_they_were_said(
    held_up_sec: float,
) -> None:
    """Of what came meanwhile the last ten seconds are kept; neither they nor later lines shift."""
    track = Track()
    await track.live(6.0)
    track.speak(held_up_sec)
    track.hear()
    await track.live(9.0)
    await track.end()
    (gap,) = track.shown.of(Gap)
    lost = (6_000, 6_000 + round(held_up_sec * 1000) - QUEUE_FRAMES * FRAME_MS)
    assert (gap.start_ms, gap.end_ms, gap.reason) == (*lost, "overload")
    said = [(ms, ms + 1000) for ms in range(0, round(track.sec * 1000), 3000)]
    kept = [
        max(start, lost[1]) if start >= lost[0] else start
        for start, end in said
        if end > lost[1] or start < lost[0]
    ]
    assert [one.start_ms for one in track.shown.of(Segment)] == pytest.approx(kept, abs=40)


async def test_the_ledger_has_no_hole_and_no_overlap() -> None:
    """From the first sample to the last, and what was dropped is in it once, as a gap."""
    track = Track()
    await track.live(3.0)
    for held_up_sec in (0.5, 12.0, 4.0, 11.0):
        track.speak(held_up_sec)
        track.hear()
        await track.live(3.0)
    await track.end()
    ends = [one.end_sample for one in track.settled]
    assert [one.start_sample for one in track.settled] == [0, *ends[:-1]]
    assert ends[-1] == round(track.sec * 16_000)
    gaps = [one for one in track.settled if one.fate == "gap"]
    # Two frames of silence rested in the queue already when it was held up for the last time.
    assert [(one.end_sample - one.start_sample) / 16_000 for one in gaps] == [2.0, 1.1]
    assert {one.reason for one in gaps} == {"overload"}
