"""Rooms, and the start and stop of their transcription."""

from __future__ import annotations

import pytest
from livekit import api

from rooms.livekit_fake import FakeRoomControl
from storage.line import MeetingState
from tests.unit.rooms.conftest import ADMIN, KEY, SECRET, Service, bearer


async def test_a_room_is_made_read_and_not_made_twice(service: Service) -> None:
    body = {"name": "salle", "title": "Conseil\u202e du 3 mars", "language": "en"}
    made = await service.client.post("/api/rooms", json=body)
    assert made.status_code == 201
    expected = {
        "name": "salle",
        "title": "Conseil du 3 mars",
        "language": "en",
        "wanted": True,
        "transcription": "off",
        "meeting": None,
    }
    assert made.json() == expected
    assert (await service.client.get("/api/rooms/salle")).json() == expected
    again = await service.client.post("/api/rooms", json=body)
    assert again.status_code == 409
    assert (await service.client.get("/api/rooms/nowhere")).status_code == 404


async def test_a_room_keeps_its_terms_and_its_language(service: Service) -> None:
    body = {"name": "salle", "glossary": ["Visio\u202e", " ", "Élise Martin"], "spoken": "fr"}
    assert (await service.client.post("/api/rooms", json=body)).status_code == 201
    room = await service.state.book.get("salle")
    assert room is not None
    assert (room.glossary, room.spoken) == (("Visio", "Élise Martin"), "fr")
    await service.client.post("/api/rooms", json={"name": "cave"})
    room = await service.state.book.get("cave")
    assert room is not None
    assert (room.glossary, room.spoken) == ((), None)
    refused = await service.client.post("/api/rooms", json={"name": "toit", "spoken": "xx"})
    assert refused.status_code == 422


async def test_only_the_administrator_names_organisers_and_nobody_reads_them(
    service: Service,
) -> None:
    body = {"name": "salle", "organisers": [{"email": "e@example.org", "name": "Élise"}]}
    for headers in ({}, bearer("wrong"), bearer("")):
        refused = await service.client.post("/api/rooms", json=body, headers=headers)
        assert refused.status_code == 403
        assert "administrator" in refused.json()["detail"]
    made = await service.client.post("/api/rooms", json=body, headers=bearer(ADMIN))
    assert made.status_code == 201
    assert "example.org" not in made.text
    room = await service.state.book.get("salle")
    assert room is not None
    assert [one.email for one in room.organisers] == ["e@example.org"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "odd name"},
        {"language": "de"},
        {"unknown": 1},
        {"organisers": [{"email": "no address", "name": "x"}]},
        {"organisers": [{"email": "a@b\nBcc: c@d", "name": "x"}]},
    ],
)
async def test_a_bad_room_is_refused_in_a_sentence(service: Service, body: object) -> None:
    answer = await service.client.post("/api/rooms", json=body, headers=bearer(ADMIN))
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


async def test_stop_ends_the_meeting_and_start_wants_a_new_one(
    service: Service, control: FakeRoomControl
) -> None:
    token = (await service.token(room_name="salle"))["participant_token"]
    record = service.state.record
    meeting = await record.open_meeting(room="salle", title="x", language="fr")
    assert (await service.client.get("/api/rooms/salle")).json()["transcription"] == "on"
    stopped = await service.client.post(
        "/api/rooms/salle/transcription/stop", headers=bearer(token)
    )
    assert stopped.status_code == 202
    assert stopped.json() == {"room": "salle", "transcription": "off", "meeting": meeting.id}
    ended = await record.meeting(meeting.id)
    assert ended is not None
    assert ended.state is MeetingState.ENDED
    assert control.notices["salle"]["transcription"] == "off"
    assert await service.state.book.wanted() == []
    started = await service.client.post(
        "/api/rooms/salle/transcription/start", headers=bearer(ADMIN)
    )
    assert started.status_code == 202
    assert [room.name for room in await service.state.book.wanted()] == ["salle"]


async def test_stop_works_while_livekit_is_down(service: Service, control: FakeRoomControl) -> None:
    token = (await service.token(room_name="salle"))["participant_token"]
    control.down = True
    path = "/api/rooms/salle/transcription/stop"
    assert (await service.client.post(path, headers=bearer(token))).status_code == 202
    assert await service.state.book.wanted() == []


async def test_stop_in_another_products_room_never_writes_its_metadata(
    service: Service, control: FakeRoomControl
) -> None:
    meeting = await service.state.record.open_meeting(room="visio", title="x", language="fr")
    grants = api.VideoGrants(room_join=True, room="visio")
    token = api.AccessToken(KEY, SECRET).with_identity("e").with_grants(grants).to_jwt()
    stopped = await service.client.post(
        "/api/rooms/visio/transcription/stop", headers=bearer(token)
    )
    assert stopped.json()["meeting"] == meeting.id
    assert control.notices == {}
    path = "/api/rooms/visio/transcription/start"
    assert (await service.client.post(path, headers=bearer(token))).status_code == 404


@pytest.mark.parametrize("verb", ["start", "stop"])
async def test_who_may_not_speak_here_may_not_start_or_stop(service: Service, verb: str) -> None:
    reader = (await service.token(room_name="salle", mode="read"))["participant_token"]
    other = (await service.token(room_name="cave"))["participant_token"]
    path = f"/api/rooms/salle/transcription/{verb}"
    for headers, status in (
        ({}, 401),
        (bearer("nonsense"), 401),
        (bearer(reader), 403),
        (bearer(other), 403),
    ):
        answer = await service.client.post(path, headers=headers)
        assert answer.status_code == status
        assert isinstance(answer.json()["detail"], str)
    assert len(await service.state.book.wanted()) == 2


async def test_off_the_record_and_on_it_again(service: Service, control: FakeRoomControl) -> None:
    seat = await service.token(room_name="salle", mode="speak")
    speak = bearer(seat["participant_token"])
    pause, resume = (f"/api/rooms/salle/transcription/{one}" for one in ("pause", "resume"))
    assert (await service.client.post(pause, headers=speak)).status_code == 409
    meeting = await service.state.record.open_meeting(room="salle", title="", language="fr")
    paused = await service.client.post(pause, headers=speak)
    assert paused.status_code == 202
    assert paused.json() == {"room": "salle", "transcription": "paused", "meeting": meeting.id}
    assert (await service.client.get("/api/rooms/salle")).json()["transcription"] == "paused"
    control.down = True  # the agent sees it at its next heartbeat then
    resumed = await service.client.post(resume, headers=speak)
    control.down = False
    assert resumed.json()["transcription"] == "on"
    now = await service.state.record.meeting(meeting.id)
    assert now is not None
    assert not now.off_record
    assert control.woken == ["salle"]
    reader = await service.token(room_name="cave", mode="read")
    headers = bearer(reader["participant_token"])
    refused = await service.client.post("/api/rooms/cave/transcription/pause", headers=headers)
    assert refused.status_code == 403
