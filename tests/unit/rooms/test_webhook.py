"""LiveKit's webhook: believed only when signed, and then only as a hint."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from livekit import api

from rooms.limit import BODY_BYTES
from tests.unit.rooms.conftest import KEY, SECRET, Service

EVENT = json.dumps({"event": "participant_joined", "room": {"name": "salle"}, "new_field": 1})


def _signed(body: str, secret: str = SECRET) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    return {"Authorization": api.AccessToken(KEY, secret).with_sha256(digest).to_jwt()}


async def test_a_signed_event_wakes_the_reconciler_and_a_second_one_does_no_harm(
    service: Service,
) -> None:
    for _ in range(2):
        service.state.woken.clear()
        answer = await service.client.post(
            "/livekit/webhook", content=EVENT, headers=_signed(EVENT)
        )
        assert answer.status_code == 204
        assert service.state.woken.is_set()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (EVENT, {}),
        (EVENT, {"Authorization": "nonsense"}),
        (EVENT, _signed(EVENT, "y" * 40)),
        (EVENT, _signed("another body")),
        (EVENT, {"Authorization": api.AccessToken(KEY, SECRET).to_jwt()}),
        ("{broken", _signed("{broken")),
    ],
)
async def test_an_unsigned_or_malformed_event_is_refused_and_changes_nothing(
    service: Service, body: str, headers: dict[str, str]
) -> None:
    service.state.woken.clear()
    answer = await service.client.post("/livekit/webhook", content=body, headers=headers)
    assert answer.status_code == 401
    assert "Traceback" not in answer.text
    assert not service.state.woken.is_set()


async def test_bytes_that_are_no_text_are_refused(service: Service) -> None:
    answer = await service.client.post(
        "/livekit/webhook", content=b"\xff\xfe", headers=_signed("x")
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/livekit/webhook", "/api/token"])
async def test_a_body_that_is_too_large_is_refused(service: Service, path: str) -> None:
    answer = await service.client.post(path, content=b" " * (BODY_BYTES + 1))
    assert answer.status_code == 413
    assert "larger than" in answer.json()["detail"]
