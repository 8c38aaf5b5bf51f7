"""The service as a whole: settings, port, health, page, headers, errors."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from rooms.app import create_app, listen, serve
from rooms.errors import AddressInUse, SettingMissing
from rooms.livekit_fake import FakeRoomControl
from rooms.page import SecurityHeaders
from rooms.settings import LiveKitSettings, RoomsSettings
from storage.record import Record
from tests.unit.rooms.conftest import KEY, SECRET, Service


@pytest.mark.parametrize(
    ("key", "secret", "named"),
    [
        ("", "", "LIVEKIT_API_KEY and LIVEKIT_API_SECRET"),
        ("", SECRET, "LIVEKIT_API_KEY"),
        (KEY, "", "LIVEKIT_API_SECRET"),
    ],
)
def test_missing_keys_are_named_before_anything_starts(
    tmp_path: Path, key: str, secret: str, named: str
) -> None:
    with pytest.raises(SettingMissing, match=f"^{named} not set: put"):
        serve(
            rooms=RoomsSettings(port=0),
            livekit=LiveKitSettings(api_key=key, api_secret=SecretStr(secret)),
            agent_name="greffier",
            database_url="sqlite+aiosqlite://",
            results=tmp_path,
            page=None,
        )


def test_a_port_in_use_is_said_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressInUse, match=r"in use.*GREFFIER_ROOMS__PORT") as caught:
            serve(
                rooms=RoomsSettings(port=port),
                livekit=LiveKitSettings(api_key=KEY, api_secret=SecretStr(SECRET)),
                agent_name="greffier",
                database_url="sqlite+aiosqlite://",
                results=tmp_path,
                page=None,
            )
    assert "\n" not in str(caught.value)


def test_port_0_takes_a_free_one_and_a_foreign_address_is_refused() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.getsockname()[1] > 0
    with pytest.raises(AddressInUse, match="GREFFIER_ROOMS__HOST"):
        listen("192.0.2.1", 0)


async def test_with_a_wrong_livekit_address_the_service_runs_and_ready_says_what_to_do(
    database_url: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"ws://127.0.0.1:{port}"
    app = create_app(
        rooms=RoomsSettings(),
        livekit=LiveKitSettings(url=url, api_key=KEY, api_secret=SecretStr(SECRET)),
        agent_name="greffier",
        database_url=database_url,
        results=tmp_path,
        page=None,
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client,
    ):
        assert (await client.get("/health")).status_code == 200
        ready = await client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["detail"] == (
            f"LiveKit doesn't answer at {url}: start it, or correct LIVEKIT_URL"
        )


async def test_ready_says_when_the_database_is_not(
    service: Service, control: FakeRoomControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await service.client.get("/ready")).json() == {"status": "ok"}

    async def broken(_self: Record, _room: str) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(Record, "live_meeting", broken)
    ready = await service.client.get("/ready")
    assert ready.status_code == 503
    assert "DATABASE_URL" in ready.json()["detail"]


async def test_a_bug_is_answered_in_a_sentence_without_a_trace(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bug(_self: Record, _room: str) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Record, "live_meeting", bug)
    answer = await service.client.post("/api/token", json={"room_name": "salle"})
    assert answer.status_code == 500
    assert set(answer.json()) == {"detail"}
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/api/nothing", "/assets/../../etc/passwd"])
async def test_an_unknown_path_is_a_plain_404(service: Service, path: str) -> None:
    answer = await service.client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail"}


async def test_without_a_bundle_the_page_says_how_to_get_one(service: Service) -> None:
    answer = await service.client.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


@pytest.mark.parametrize("demo_model", [True, False])
async def test_the_page_is_marked_where_the_demo_model_listens(
    make_app: Callable[..., FastAPI], tmp_path: Path, demo_model: bool
) -> None:
    (tmp_path / "index.html").write_text('<!doctype html>\n<html lang="fr"></html>')
    app = make_app(page=tmp_path, demo_model=demo_model)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client,
    ):
        index = await client.get("/")
    assert ('<html data-demo-model lang="fr">' in index.text) is demo_model
    assert index.headers["content-type"].startswith("text/html")


async def test_the_page_and_its_assets_are_served_with_strict_headers(
    make_app: Callable[..., FastAPI], tmp_path: Path
) -> None:
    page = tmp_path / "dist"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Greffier</title>")
    (page / "assets" / "page-1a2b.js").write_text("export {}")
    app = make_app(page=page)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client,
    ):
        index = await client.get("/?room=salle")
        assert "<title>Greffier" in index.text
        assert index.headers["cache-control"] == "no-cache"
        script = await client.get("/assets/page-1a2b.js")
        assert script.headers["content-type"].startswith("text/javascript")
        for answer in (index, script, await client.get("/api/rooms/nowhere")):
            headers = answer.headers
            policy = headers["content-security-policy"]
            assert "connect-src 'self' ws://livekit.test:7880 http://livekit.test:7880" in policy
            assert "unsafe" not in policy
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-content-type-options"] == "nosniff"
            assert "microphone=(self)" in headers["permissions-policy"]
        assert (await client.get("/assets/%2e%2e/index.html")).status_code == 404


def test_a_secure_livekit_is_reached_securely_only() -> None:
    headers = SecurityHeaders(FastAPI(), livekit_url="wss://livekit.example.org")._headers
    policy = headers["Content-Security-Policy"]
    assert "connect-src 'self' wss://livekit.example.org https://livekit.example.org" in policy
    assert " ws:" not in policy


async def test_every_operation_is_described(service: Service) -> None:
    schema = (await service.client.get("/openapi.json")).json()
    operations = [one for path in schema["paths"].values() for one in path.values()]
    assert len(operations) == 13
    assert all(one.get("description") and one.get("tags") for one in operations)


async def test_the_reference_needs_no_other_host_and_shows_every_operation(
    service: Service,
) -> None:
    answer = await service.client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "https://" not in answer.text.replace("https://livekit.example.org", "")
    assert "<script" not in answer.text
    schema = (await service.client.get("/openapi.json")).json()
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in answer.text
    assert "participant_identity" in answer.text
