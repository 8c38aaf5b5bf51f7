"""What the rooms service counts."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from fastapi import FastAPI
from prometheus_client import generate_latest

from rooms.livekit_api import Person
from rooms.livekit_fake import FakeRoomControl
from rooms.reconciler import Reconciler
from storage.line import Room
from tests.unit.rooms.conftest import Service


def counted(service: Service) -> dict[tuple[str, str, str], float]:
    """Requests by method, route and status."""
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for family in service.state.metrics.registry.collect()
        for sample in family.samples
        if sample.name == "greffier_rooms_requests_total"
    }


async def test_requests_are_counted_by_template_and_status(service: Service) -> None:
    """Neither the room nor an address that a stranger made up becomes a label."""
    await service.token(room_name="secret-council", mode="read")
    await service.client.get("/api/rooms/secret-council")
    await service.client.get("/api/rooms/secret-other")
    await service.client.get("/secret-address")
    await service.client.request("SECRET", "/health")
    assert counted(service) == {
        ("POST", "/api/token", "201"): 1,
        ("GET", "/api/rooms/{room}", "200"): 1,
        ("GET", "/api/rooms/{room}", "404"): 1,
        ("GET", "none", "404"): 1,
        ("other", "/health", "405"): 1,
    }
    page = generate_latest(service.state.metrics.registry).decode()
    assert "secret" not in page.lower()
    assert 'greffier_rooms_tokens_total{mode="read"} 1.0' in page
    assert 'greffier_rooms_tokens_total{mode="speak"} 0.0' in page
    assert 'greffier_rooms_request_seconds_count{route="/api/token"} 1.0' in page


async def test_a_bug_is_counted_as_500(make_app: Callable[..., FastAPI]) -> None:
    """The answer that a stack trace becomes."""
    app = make_app()

    @app.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://rooms.test") as client,
    ):
        await client.get("/bug")
        metrics = app.state.greffier.metrics
    labels = {"method": "GET", "route": "/bug", "status": "500"}
    assert metrics.registry.get_sample_value("greffier_rooms_requests_total", labels) == 1


async def test_each_dispatch_that_was_asked_for_is_counted(
    service: Service, control: FakeRoomControl
) -> None:
    """One call of LiveKit, one count; the agent that is on its way is not asked for again."""
    name = "salle"
    room = Room(name=name, title=name, language="fr", organisers=(), transcribe=True)
    await service.state.book.create(room)
    control.rooms[name] = [Person(identity="claire", may_speak=True)]
    reconciler = Reconciler(
        control=control,
        record=service.state.record,
        book=service.state.book,
        every_sec=60,
        empty_grace_sec=30,
        woken=service.state.woken,
        dispatched=service.state.metrics.dispatches.inc,
    )
    await reconciler.look()
    await reconciler.look()
    assert len(control.created) == 1
    read = service.state.metrics.registry.get_sample_value
    assert read("greffier_rooms_dispatches_total") == 1
