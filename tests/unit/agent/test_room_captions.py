"""Committed before shown: the record never lacks what people saw."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from agent.caption_stream import caption_stream
from agent.room_captions import RoomCaptions
from models.base import Pressure
from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    GapReason,
    Segment,
    TranslatedCaption,
    Translation,
    Word,
)
from pipelines.record.record_lines import line_of_gap, line_of_segment
from storage.line import Lease, Line
from storage.record import LeaseLost, Record
from tests.unit.agent.captions import CLAIRE, partial

LEASE = Lease(meeting_id="m", fence=1, started_at=datetime(2026, 1, 1, tzinfo=UTC))


class Diary:
    """A record and a screen that write down what happens in one order."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.events: list[str] = []
        self.shown: list[CaptionEvent] = []
        self.screen_fails = 0
        self._failures = failures
        self._error = error or OperationalError("insert", {}, Exception("locked"))

    async def commit(self, lease: Lease, line: Line) -> int:
        if self._failures:
            self._failures -= 1
            raise self._error
        self.events.append(f"commit {line.id}")
        return len(self.events)

    async def show(self, caption: CaptionEvent) -> None:
        if self.screen_fails:
            self.screen_fails -= 1
            raise ConnectionError
        self.shown.append(caption)
        self.events.append(f"show {type(caption).__name__}")


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def captions(diary: Diary, give_up_sec: float = 60) -> AsyncIterator[RoomCaptions]:
    captions = RoomCaptions(
        record=diary, lease=LEASE, display=diary, sleep=no_sleep, give_up_sec=give_up_sec
    )
    showing = asyncio.create_task(captions.run())
    yield captions
    showing.cancel()


def segment(text: str = "Bonjour.") -> Segment:
    return Segment(
        id="m/TR_1/800",
        speaker=CLAIRE,
        start_ms=50,
        end_ms=950,
        text=text,
        language="fr",
        confidence=0.8,
        words=(Word(text="Bonjour.", start_ms=50, end_ms=950, probability=0.8),),
    )


GAP = Gap(id="g", speaker=CLAIRE, start_ms=0, end_ms=10, reason=GapReason.OUTAGE)


async def test_a_final_is_committed_then_shown() -> None:
    diary = Diary()
    async with captions(diary) as sink:
        await sink.final(segment())
        await sink.shown()
    assert diary.events == ["commit m/TR_1/800", "show FinalCaption"]
    assert diary.shown == [FinalCaption(seq=1, segment=segment())]


async def test_a_gap_is_committed_then_shown() -> None:
    diary = Diary()
    async with captions(diary) as sink:
        await sink.gap(GAP)
        await sink.shown()
    assert diary.events == ["commit g", "show GapCaption"]


async def test_a_final_that_is_not_committed_is_not_shown() -> None:
    diary = Diary(failures=1, error=LeaseLost("another"))
    async with captions(diary) as sink:
        with pytest.raises(LeaseLost):
            await sink.final(segment())
        await sink.shown()
    assert diary.events == []


async def test_a_database_that_comes_back_loses_nothing() -> None:
    diary = Diary(failures=5)
    async with captions(diary) as sink:
        await sink.final(segment())
        await sink.shown()
    assert diary.events == ["commit m/TR_1/800", "show FinalCaption"]


async def test_a_database_that_stays_away_is_an_error() -> None:
    async with captions(Diary(failures=10_000), give_up_sec=30) as sink:
        with pytest.raises(OperationalError):
            await sink.final(segment())


async def test_a_room_out_of_reach_is_tried_again_for_finals_only() -> None:
    diary = Diary()
    async with captions(diary) as sink:
        diary.screen_fails = 1
        await sink.partial(partial("", "bon"))
        await sink.shown()
        assert diary.shown == []
        diary.screen_fails = 2
        await sink.final(segment())
        await sink.shown()
    assert [type(one) for one in diary.shown] == [FinalCaption]


async def test_a_room_that_stays_away_costs_only_the_showing() -> None:
    diary = Diary()
    diary.screen_fails = 1_000
    async with captions(diary) as sink:
        await sink.final(segment())
        await sink.shown()
    assert diary.events == ["commit m/TR_1/800"]


async def test_partials_never_wait_and_are_not_recorded() -> None:
    diary = Diary()
    async with captions(diary) as sink:
        await sink.partial(partial("a", "b"))
        await sink.dropped(DroppedCaption(utterance_id="u-claire", speaker=CLAIRE))
        await sink.shown()
    assert diary.events == ["show DroppedCaption"]


def test_a_line_says_what_the_segment_says() -> None:
    line = line_of_segment(segment())
    assert (line.id, line.name, line.text, line.end_ms) == (
        "m/TR_1/800",
        "Claire",
        "Bonjour.",
        950,
    )
    assert line.words[0].probability == 0.8
    assert line_of_gap(GAP).reason == "outage"


def test_the_streams_carry_the_protocols_attributes() -> None:
    going = caption_stream(partial("bonjour", "à"), "fr")
    assert going.text == "bonjour à"
    assert going.attributes == {
        "lk.segment_id": "u-claire",
        "lk.transcribed_track_id": "TR_1",
        "lk.transcription_final": "false",
        "greffier.speaker": "claire",
        "greffier.stable": "7",
        "greffier.language": "fr",
        "greffier.start_ms": "100",
    }
    done = caption_stream(FinalCaption(seq=7, segment=segment()), "fr")
    assert done.attributes["greffier.seq"] == "7"
    assert done.attributes["greffier.end_ms"] == "950"
    assert done.attributes["greffier.stable"] == "8"
    assert "greffier.pressure" not in done.attributes
    late = FinalCaption(seq=7, segment=segment(), pressure=Pressure.FINALS)
    assert caption_stream(late, "fr").attributes["greffier.pressure"] == "finals"
    slow = replace(partial("bonjour", "à"), pressure=Pressure.SLOW)
    assert caption_stream(slow, "fr").attributes["greffier.pressure"] == "slow"
    gap = caption_stream(GapCaption(seq=8, gap=GAP), "en")
    assert gap.text == "[1 s not transcribed: service out of order]"
    assert gap.attributes["greffier.gap"] == "outage"
    dropped = caption_stream(DroppedCaption(utterance_id="u", speaker=CLAIRE), "fr")
    assert (dropped.text, dropped.attributes["greffier.dropped"]) == ("", "true")


async def test_whatever_comes_last_tells_readers_how_loaded_recognition_is() -> None:
    """They believe the newest caption: a translation, a gap or a take-back clears no warning."""
    diary = Diary()
    room = RoomCaptions(record=diary, lease=LEASE, display=diary)
    showing = asyncio.create_task(room.run())
    for pressure, told in ((Pressure.SLOW, "slow"), (Pressure.NONE, None)):
        diary.shown.clear()
        await room.final(segment(), pressure)
        await room.translated(segment())
        await room.gap(Gap(id="g", speaker=CLAIRE, start_ms=0, end_ms=1, reason=GapReason.OVERLOAD))
        await room.dropped(DroppedCaption(utterance_id="u", speaker=CLAIRE))
        await room.shown()
        streams = [caption_stream(one, "fr").attributes for one in diary.shown]
        assert [one.get("greffier.pressure") for one in streams] == [told] * 4
    showing.cancel()


async def test_a_translation_is_shown_with_the_number_of_its_line(record: Record) -> None:
    """Nothing new is in the record: it has what was said."""
    meeting = await record.open_meeting(room="salle", title="", language="fr")
    lease = await record.take_lease(meeting.id, holder="AJ_1", ttl_sec=15)
    assert lease is not None
    diary = Diary()
    room = RoomCaptions(record=record, lease=lease, display=diary)
    showing = asyncio.create_task(room.run())
    other, said = replace(segment(), id="m/TR_1/1"), segment()
    for one in (said, other):
        await room.final(one)
    await room.translated(replace(said, translations=(Translation(language="en", text="Hi"),)))
    await room.shown()
    showing.cancel()
    assert [one.seq for one in diary.shown if isinstance(one, TranslatedCaption)] == [1]
    assert len(await record.lines(meeting.id)) == 2
    stream = caption_stream(diary.shown[-1], "fr")
    assert stream.attributes["greffier.translation.en"] == "Hi"
