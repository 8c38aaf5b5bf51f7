"""The token endpoint: least grants, identities that can't be taken, rooms that aren't ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from livekit import api

from rooms.livekit_fake import FakeRoomControl
from tests.unit.rooms.conftest import ADMIN, KEY, SECRET, Service, bearer, claims


async def test_speak_may_publish_a_microphone_in_one_room_and_nothing_else(
    service: Service,
) -> None:
    answer = await service.token(room_name="salle", participant_name="Élise")
    found = claims(answer["participant_token"])
    assert found.name == "Élise"
    assert found.identity == answer["participant_identity"]
    video = found.video
    assert video is not None
    assert video.room == "salle"
    assert video.room_join is True
    assert video.can_publish_sources == ["microphone"]
    assert (video.can_subscribe, video.can_publish_data) == (True, False)
    assert video.can_update_own_metadata is False
    rights = (
        "room_admin",
        "room_create",
        "room_list",
        "room_record",
        "hidden",
        "agent",
        "recorder",
    )
    assert not any(getattr(video, right) for right in rights)
    assert answer["server_url"] == "ws://livekit.test:7880"
    assert answer["meeting"] is None


async def test_read_may_only_subscribe_and_only_briefly(service: Service) -> None:
    answer = await service.token(room_name="salle", mode="read")
    video = claims(answer["participant_token"]).video
    assert video is not None
    assert (video.can_publish, video.can_subscribe, video.can_publish_data) == (False, True, False)
    assert not video.can_publish_sources
    life = jwt.decode(answer["participant_token"], SECRET, algorithms=["HS256"])
    assert life["exp"] - life["nbf"] == 600


async def test_the_secret_is_in_no_answer(service: Service) -> None:
    for path in ("/", "/openapi.json", "/health", "/ready"):
        assert SECRET not in (await service.client.get(path)).text
    assert SECRET not in str(await service.token(room_name="salle"))


@pytest.mark.parametrize(
    "name", ["salle des fêtes", "a/b", "../etc", ".", "-x", "<script>", "\u202esalle", "x" * 129]
)
async def test_an_odd_room_name_is_refused_with_what_is_allowed(
    service: Service, name: str
) -> None:
    answer = await service.client.post("/api/token", json={"room_name": name})
    assert answer.status_code == 422
    assert "letters" in answer.json()["detail"]
    assert name not in answer.json()["detail"] or name in ("-x", ".")
    assert await service.state.book.wanted() == []


async def test_a_request_without_anything_gets_a_new_room_and_identity(service: Service) -> None:
    first, second = await service.token(), await service.token()
    assert first["room_name"] != second["room_name"]
    assert first["participant_identity"] != second["participant_identity"]
    answer = await service.client.post("/api/token", content=b"[]")
    assert answer.status_code == 422


async def test_an_identity_of_somebody_else_is_refused(service: Service) -> None:
    wanted = {"room_name": "salle", "participant_identity": "elise"}
    mine = await service.token(**wanted)
    other = await service.token(room_name="salle", participant_identity="marc")
    elsewhere = await service.token(room_name="cave", participant_identity="elise")
    tokens = ("nonsense", ADMIN, other["participant_token"], elsewhere["participant_token"])
    for headers in ({}, *(bearer(token) for token in tokens)):
        answer = await service.client.post("/api/token", json=wanted, headers=headers)
        assert answer.status_code == 403, headers
        assert "somebody else" in answer.json()["detail"]
    answer = await service.client.post(
        "/api/token", json=wanted, headers=bearer(mine["participant_token"])
    )
    assert answer.status_code == 201
    assert answer.json()["participant_identity"] == "elise"


async def test_an_identity_that_was_given_can_be_taken_by_nobody_else(service: Service) -> None:
    given = await service.token(room_name="salle")
    answer = await service.client.post(
        "/api/token",
        json={"room_name": "salle", "participant_identity": given["participant_identity"]},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(("hours_ago", "status"), [(1, 201), (23, 201), (25, 403)])
async def test_an_old_token_proves_an_identity_for_a_day(
    service: Service, hours_ago: int, status: int
) -> None:
    wanted = {"room_name": "salle", "participant_identity": "elise"}
    await service.token(**wanted)
    grants = api.VideoGrants(room_join=True, room="salle")
    old = api.AccessToken(KEY, SECRET).with_identity("elise").with_grants(grants)
    token = old.with_ttl(timedelta(hours=-hours_ago)).to_jwt()
    answer = await service.client.post("/api/token", json=wanted, headers=bearer(token))
    assert answer.status_code == status


async def test_a_token_of_another_secret_proves_nothing(service: Service) -> None:
    wanted = {"room_name": "salle", "participant_identity": "elise"}
    await service.token(**wanted)
    grants = api.VideoGrants(room_join=True, room="salle")
    forged = api.AccessToken(KEY, "x" * 40).with_identity("elise").with_grants(grants).to_jwt()
    answer = await service.client.post("/api/token", json=wanted, headers=bearer(forged))
    assert answer.status_code == 403


@pytest.mark.parametrize("identity", ["greffier-salle", "Greffier-x"])
async def test_the_agents_identities_are_reserved(service: Service, identity: str) -> None:
    body = {"room_name": "salle", "participant_identity": identity}
    answer = await service.client.post("/api/token", json=body)
    assert answer.status_code == 403
    assert "agent" in answer.json()["detail"]


@pytest.mark.parametrize("identity", ["a b", "é", "x\u202e", "\x00", "x" * 129, "-x"])
async def test_an_odd_identity_is_refused(service: Service, identity: str) -> None:
    body = {"room_name": "salle", "participant_identity": identity}
    answer = await service.client.post("/api/token", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("participant_identity: an identity is")


@pytest.mark.parametrize("name", ["", " \u202e\u200b ", None])
async def test_who_gives_no_name_is_a_numbered_guest(service: Service, name: str | None) -> None:
    body = {} if name is None else {"participant_name": name}
    answer = await service.token(room_name="salle", **body)
    assert claims(answer["participant_token"]).name.startswith("Invité ")


async def test_roles_agents_and_attributes_are_not_the_participants_to_choose(
    service: Service,
) -> None:
    answer = await service.token(
        room_name="salle",
        participant_metadata='{"role": "admin"}',
        participant_attributes={"role": "admin"},
        room_config={"agents": [{"agent_name": "spy"}], "egress": {"room": {}}},
        roomAdmin=True,
    )
    found = claims(answer["participant_token"])
    assert not found.metadata
    assert not found.attributes
    assert found.room_config is None


async def test_an_unknown_room_is_not_made_where_rooms_are_closed(
    make_app: Callable[..., FastAPI],
) -> None:
    app = make_app(open_rooms=False)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://rooms.test") as client,
    ):
        answer = await client.post("/api/token", json={"room_name": "salle"})
        assert answer.status_code == 404
        assert "POST /api/rooms" in answer.json()["detail"]
        assert (await client.post("/api/rooms", json={"name": "salle"})).status_code == 403
        made = await client.post("/api/rooms", json={"name": "salle"}, headers=bearer(ADMIN))
        assert made.status_code == 201
        assert (await client.post("/api/token", json={"room_name": "salle"})).status_code == 201


async def test_another_products_room_is_never_opened(
    service: Service, control: FakeRoomControl
) -> None:
    control.rooms["visio-room"] = []
    await service.state.record.open_meeting(room="was-here", title="x", language="fr")
    for name in ("visio-room", "was-here"):
        calls: list[tuple[str, dict[str, Any]]] = [
            ("/api/token", {"room_name": name}),
            ("/api/rooms", {"name": name}),
        ]
        for path, body in calls:
            answer = await service.client.post(path, json=body)
            assert answer.status_code == 409
            assert "another service" in answer.json()["detail"]


async def test_while_livekit_is_down_no_unknown_room_is_opened(
    service: Service, control: FakeRoomControl
) -> None:
    await service.token(room_name="known")
    control.down = True
    answer = await service.client.post("/api/token", json={"room_name": "salle"})
    assert answer.status_code == 503
    assert "LiveKit" in answer.json()["detail"]
    await service.token(room_name="known")
