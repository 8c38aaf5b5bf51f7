"""The record is read by people of the room, and by nobody else."""

from __future__ import annotations

import logging

import pytest

from storage.line import Line, LineWord
from tests.unit.rooms.conftest import ADMIN, Service, bearer

SPOKEN = "la séance est ouverte"


async def _meeting_with_lines(service: Service, room: str = "salle") -> str:
    record = service.state.record
    meeting = await record.open_meeting(room=room, title="x", language="fr")
    lease = await record.take_lease(meeting.id, holder="job", ttl_sec=60)
    assert lease is not None
    common = {"identity": "elise", "name": "Élise", "track_sid": "TR_1"}
    word = LineWord(text="la", start_ms=0, end_ms=200, probability=0.9)
    spoken = Line(
        id=f"{room}-1", start_ms=0, end_ms=900, text=SPOKEN, language="fr", words=(word,), **common
    )
    gap = Line(id=f"{room}-2", start_ms=900, end_ms=1500, reason="outage", **common)
    for line in (spoken, gap):
        await record.commit(lease, line)
    return meeting.id


async def test_who_joins_late_gets_the_lines_and_who_missed_some_gets_those(
    service: Service,
) -> None:
    token = (await service.token(room_name="salle", mode="read"))["participant_token"]
    empty = await service.client.get("/api/rooms/salle/history", headers=bearer(token))
    assert empty.json() == {"meeting": None, "state": None, "started_at": None, "lines": []}
    meeting = await _meeting_with_lines(service)
    answer = await service.client.get("/api/rooms/salle/history", headers=bearer(token))
    body = answer.json()
    assert (body["meeting"], body["state"]) == (meeting, "live")
    assert [(line["seq"], line["text"], line["reason"]) for line in body["lines"]] == [
        (1, SPOKEN, None),
        (2, "", "outage"),
    ]
    assert body["lines"][0]["words"][0]["text"] == "la"
    assert answer.headers["cache-control"] == "no-store"
    later = await service.client.get("/api/rooms/salle/history?after=1", headers=bearer(token))
    assert [line["seq"] for line in later.json()["lines"]] == [2]


async def test_no_text_of_one_room_is_read_with_a_token_of_another(service: Service) -> None:
    meeting = await _meeting_with_lines(service)
    other = (await service.token(room_name="cave"))["participant_token"]
    for path, headers, status in (
        ("/api/rooms/salle/history", {}, 401),
        ("/api/rooms/salle/history", bearer("x"), 401),
        ("/api/rooms/salle/history", bearer(other), 403),
        ("/api/rooms/salle/minutes", bearer(other), 403),
        (f"/api/rooms/cave/history?meeting={meeting}", bearer(other), 404),
        (f"/api/rooms/cave/minutes?meeting={meeting}", bearer(other), 404),
    ):
        answer = await service.client.get(path, headers=headers)
        assert answer.status_code == status
        assert SPOKEN not in answer.text


async def test_an_unreadable_after_is_refused(service: Service) -> None:
    for after in ("x", "-1", "1e9"):
        path = f"/api/rooms/salle/history?after={after}"
        assert (await service.client.get(path, headers=bearer(ADMIN))).status_code == 422


async def test_what_was_said_is_in_no_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await _meeting_with_lines(service)
    token = (await service.token(room_name="cave"))["participant_token"]
    await service.client.get("/api/rooms/salle/history", headers=bearer(ADMIN))
    ours = [record for record in caplog.records if record.name.startswith("greffier")]
    logged = "\n".join(record.getMessage() for record in ours)
    assert SPOKEN not in logged
    assert token not in logged


async def test_the_minutes_come_when_they_are_there_and_a_failure_says_why(
    service: Service,
) -> None:
    async def minutes() -> tuple[int, str]:
        answer = await service.client.get("/api/rooms/salle/minutes", headers=bearer(ADMIN))
        return answer.status_code, answer.text

    assert (await minutes())[0] == 404
    meeting = await _meeting_with_lines(service)
    status, text = await minutes()
    assert status == 404
    assert "goes on" in text
    await service.state.record.end_meeting(meeting)
    status, text = await minutes()
    assert status == 404
    assert "ask again" in text
    await service.state.record.mark_failed(meeting, "no space left")
    status, text = await minutes()
    assert status == 404
    assert "no space left" in text
    folder = service.results / meeting
    folder.mkdir(parents=True)
    (folder / "minutes.json").write_text('{"title": "x"}')
    assert await minutes() == (200, '{"title": "x"}')
