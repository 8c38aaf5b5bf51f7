"""The record: one live meeting a room, leases with fences, each line once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.line import Heartbeat, Line, LineWord, MeetingState, OpenTrack, Organiser
from storage.record import LeaseLost, Record

LINE = Line(
    id="utterance-1",
    identity="elise",
    name="Élise",
    track_sid="TR_1",
    start_ms=100,
    end_ms=900,
    text="bonjour",
    language="fr",
    confidence=0.5,
    words=(LineWord(text="bonjour", start_ms=100, end_ms=900, probability=0.5),),
)


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_sec(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def record(database: Database, clock: Clock) -> Record:
    return Record(database, clock)


async def _open(record: Record, room: str = "salle") -> str:
    return (await record.open_meeting(room=room, title="x", language="fr")).id


async def test_a_meeting_keeps_what_it_was_opened_with(record: Record, clock: Clock) -> None:
    who = Organiser(email="e@example.org", name="Élise", language="en")
    opened = await record.open_meeting(room="salle", title="t", language="fr", organisers=[who])
    assert await record.meeting(opened.id) == opened
    assert (opened.organisers, opened.started_at) == ((who,), clock.at)
    assert opened.started_at.tzinfo is not None


async def test_racing_callers_get_the_same_live_meeting(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    records = [Record(one) for one in databases for _ in range(3)]
    ids = await asyncio.gather(*(_open(one) for one in records))
    assert len(set(ids)) == 1
    assert len(await records[0].meetings(MeetingState.LIVE)) == 1
    for one in databases:
        await one.close()


async def test_a_new_meeting_begins_only_after_the_end_of_the_last(
    record: Record, clock: Clock
) -> None:
    first = await _open(record)
    assert await _open(record) == first
    assert await _open(record, "cave") != first
    await record.end_meeting(first)
    clock.pass_sec(1)
    second = await _open(record)
    assert second != first
    latest = await record.latest_meeting("salle")
    assert latest is not None
    assert latest.id == second


async def test_states_only_go_forward(record: Record, clock: Clock) -> None:
    meeting = await _open(record)
    await record.mark_delivered(meeting)
    await record.mark_failed(meeting, "too early")
    assert (await record.live_meeting("salle")) is not None
    await record.end_meeting(meeting)
    ended_at = clock.at
    clock.pass_sec(5)
    await record.end_meeting(meeting)
    await record.mark_delivered(meeting)
    await record.mark_failed(meeting, "too late")
    found = await record.meeting(meeting)
    assert found is not None
    assert (found.state, found.ended_at) == (MeetingState.DELIVERED, ended_at)
    assert (found.delivered_at, found.error) == (clock.at, None)


async def test_a_failure_is_kept_with_its_reason_in_500_characters(record: Record) -> None:
    meeting = await _open(record)
    await record.end_meeting(meeting)
    await record.mark_failed(meeting, "x" * 600)
    found = await record.meeting(meeting)
    assert found is not None
    assert found.error == "x" * 500


async def test_the_first_notice_is_the_proof(record: Record, clock: Clock) -> None:
    meeting = await _open(record)
    await record.notice_given(meeting)
    told = clock.at
    clock.pass_sec(60)
    await record.notice_given(meeting)
    found = await record.meeting(meeting)
    assert found is not None
    assert found.notice_at == told


async def test_a_held_lease_is_refused_until_it_runs_out_and_the_fence_then_grows(
    record: Record, clock: Clock
) -> None:
    meeting = await _open(record)
    first = await record.take_lease(meeting, holder="a", ttl_sec=15)
    assert first is not None
    assert await record.take_lease(meeting, holder="b", ttl_sec=15) is None
    again = await record.take_lease(meeting, holder="a", ttl_sec=15)
    assert again == first, "the same holder keeps its fence"
    clock.pass_sec(14)
    assert (await record.renew_lease(first, ttl_sec=15)).state is MeetingState.LIVE
    clock.pass_sec(14)
    assert await record.take_lease(meeting, holder="b", ttl_sec=15) is None
    clock.pass_sec(1)
    second = await record.take_lease(meeting, holder="b", ttl_sec=15)
    assert second is not None
    assert second.fence == first.fence + 1


async def test_racing_callers_note_a_participant_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    records = [Record(one) for one in databases]
    meeting_id = await _open(records[0])
    for one in records:
        await one.participants(meeting_id)  # connected, so that they race for the row alone
    for identity in ("elise", "paul", "zoé"):
        await asyncio.gather(*(one.saw_participant(meeting_id, identity, "x") for one in records))
    assert await records[0].participants(meeting_id) == {"elise": "x", "paul": "x", "zoé": "x"}
    for one in databases:
        await one.close()


async def test_of_racing_holders_one_gets_the_lease(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(6)]
    records = [Record(one) for one in databases]
    meeting = await _open(records[0])
    leases = await asyncio.gather(
        *(one.take_lease(meeting, holder=str(i), ttl_sec=60) for i, one in enumerate(records))
    )
    assert sum(lease is not None for lease in leases) == 1
    for one in databases:
        await one.close()


async def test_a_late_write_of_an_earlier_holder_is_refused(record: Record, clock: Clock) -> None:
    meeting = await _open(record)
    first = await record.take_lease(meeting, holder="a", ttl_sec=1)
    assert first is not None
    clock.pass_sec(2)
    await record.commit(first, replace(LINE, id="late-but-alone"))
    second = await record.take_lease(meeting, holder="b", ttl_sec=1)
    assert second is not None
    with pytest.raises(LeaseLost):
        await record.commit(first, LINE)
    with pytest.raises(LeaseLost):
        await record.renew_lease(first, ttl_sec=1)
    await record.release_lease(first)
    assert await record.commit(second, LINE) == 2
    assert [line.id for line in await record.lines(meeting)] == ["late-but-alone", LINE.id]


async def test_a_released_lease_is_free_at_once(record: Record) -> None:
    meeting = await _open(record)
    lease = await record.take_lease(meeting, holder="a", ttl_sec=600)
    assert lease is not None
    await record.release_lease(lease)
    with pytest.raises(LeaseLost):
        await record.renew_lease(lease, ttl_sec=600)
    assert await record.take_lease(meeting, holder="b", ttl_sec=1) is not None


async def test_a_successor_learns_what_was_heard_last_and_what_was_committed_after(
    record: Record, clock: Clock
) -> None:
    meeting = await _open(record)
    first = await record.take_lease(meeting, holder="a", ttl_sec=1)
    assert first is not None
    assert first.before is None
    tracks = tuple(
        OpenTrack(identity="elise", name="Élise", track_sid=sid, settled_ms=500)
        for sid in (LINE.track_sid, "TR_silent")
    )
    heartbeat = Heartbeat(at=clock.at, meeting_ms=900, tracks=tracks)
    await record.renew_lease(first, ttl_sec=1, heartbeat=heartbeat)
    await record.renew_lease(first, ttl_sec=1)
    await record.commit(first, replace(LINE, start_ms=600, end_ms=2_000))
    clock.pass_sec(2)
    second = await record.take_lease(meeting, holder="b", ttl_sec=1)
    assert second is not None
    committed = replace(tracks[0], settled_ms=2_000)
    assert second.before == replace(heartbeat, tracks=(committed, tracks[1]))
    await record.release_lease(second, replace(heartbeat, meeting_ms=3_000, tracks=()))
    third = await record.take_lease(meeting, holder="c", ttl_sec=1)
    assert third is not None
    assert third.before == replace(heartbeat, meeting_ms=3_000, tracks=())


async def test_an_ended_meeting_gives_no_lease_but_keeps_its_last_finals(record: Record) -> None:
    meeting = await _open(record)
    lease = await record.take_lease(meeting, holder="a", ttl_sec=60)
    assert lease is not None
    await record.end_meeting(meeting)
    assert (await record.renew_lease(lease, ttl_sec=60)).state is MeetingState.ENDED
    assert await record.take_lease(meeting, holder="b", ttl_sec=60) is None
    assert await record.take_lease("nothing", holder="b", ttl_sec=60) is None
    assert await record.commit(lease, LINE) == 1, "spoken before the stop, shown, so recorded"


async def test_a_line_committed_twice_is_there_once_with_its_first_number(record: Record) -> None:
    meeting = await _open(record)
    lease = await record.take_lease(meeting, holder="a", ttl_sec=60)
    assert lease is not None
    gap = replace(LINE, id="gap-1", text="", words=(), reason="outage")
    assert [await record.commit(lease, one) for one in (LINE, gap, LINE, gap)] == [1, 2, 1, 2]
    assert await record.lines(meeting) == [replace(LINE, seq=1), replace(gap, seq=2)]
    assert await record.lines(meeting, after=1) == [replace(gap, seq=2)]


async def test_lines_committed_at_once_are_numbered_without_holes(record: Record) -> None:
    meeting = await _open(record)
    lease = await record.take_lease(meeting, holder="a", ttl_sec=60)
    assert lease is not None
    many = [replace(LINE, id=f"u-{i}") for i in range(20)]
    numbers = await asyncio.gather(*(record.commit(lease, one) for one in many))
    assert sorted(numbers) == list(range(1, 21))


async def test_people_keep_their_last_name_and_files_their_last_making(
    record: Record, clock: Clock
) -> None:
    meeting = await _open(record)
    await record.saw_participant(meeting, "elise", "E.")
    clock.pass_sec(1)
    await record.saw_participant(meeting, "marc", "Marc")
    await record.saw_participant(meeting, "elise", "Élise")
    assert list((await record.participants(meeting)).items()) == [
        ("elise", "Élise"),
        ("marc", "Marc"),
    ]
    await record.saw_artefact(meeting, "minutes.md", "a/minutes.md", "0" * 64)
    await record.saw_artefact(meeting, "minutes.md", "b/minutes.md", "1" * 64)
    assert await record.artefacts(meeting) == {"minutes.md": "b/minutes.md"}
