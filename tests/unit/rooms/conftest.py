"""The rooms service over ASGI, with LiveKit in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from livekit import api
from pydantic import SecretStr

from rooms.app import create_app
from rooms.livekit_fake import FakeRoomControl
from rooms.settings import LiveKitSettings, RoomsSettings
from rooms.state import State

KEY, SECRET, ADMIN = "devkey", "a-secret-of-the-tests-with-32-characters", "the-admin-key"
LIVEKIT = LiveKitSettings(url="ws://livekit.test:7880", api_key=KEY, api_secret=SecretStr(SECRET))


@dataclass
class Service:
    """A started service and a client of it."""

    app: FastAPI
    client: httpx.AsyncClient
    control: FakeRoomControl
    results: Path

    @property
    def state(self) -> State:
        state = self.app.state.greffier
        assert isinstance(state, State)
        return state

    async def token(self, **body: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/token", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims(token: str) -> api.access_token.Claims:
    return api.TokenVerifier(KEY, SECRET).verify(token)


@pytest.fixture
def control() -> FakeRoomControl:
    return FakeRoomControl()


@pytest.fixture
def make_app(database_url: str, tmp_path: Path, control: FakeRoomControl) -> Callable[..., FastAPI]:
    """An app with a quiet reconciler; `settings` replace those of the rooms."""

    def make(*, page: Path | None = None, demo_model: bool = False, **settings: Any) -> FastAPI:
        values = {"api_key": SecretStr(ADMIN), "reconcile_every_sec": 60.0} | settings
        return create_app(
            rooms=RoomsSettings(**values),
            livekit=LIVEKIT,
            agent_name="greffier",
            database_url=database_url,
            results=tmp_path / "meetings",
            page=page,
            demo_model=demo_model,
            control=control,
        )

    return make


@pytest.fixture
async def service(
    make_app: Callable[..., FastAPI], control: FakeRoomControl, tmp_path: Path
) -> AsyncIterator[Service]:
    app = make_app()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://rooms.test") as client,
    ):
        yield Service(app=app, client=client, control=control, results=tmp_path / "meetings")
