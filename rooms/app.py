"""The service put together: routes, state, errors, the reconciler beside them."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from rooms import health, history, joining, meetings, people, webhook
from rooms.errors import AddressInUse
from rooms.limit import BodyLimit
from rooms.livekit_api import LiveKitControl, RoomControl, require_keys
from rooms.metrics import RequestCount, RoomsMetrics
from rooms.page import SecurityHeaders, mount_page
from rooms.reconciler import Reconciler
from rooms.reference import mount_reference
from rooms.settings import LiveKitSettings, RoomsSettings
from rooms.state import State
from rooms.tokens import Tokens
from storage.database import Database
from storage.record import Record
from storage.rooms import RoomBook

_log = logging.getLogger("greffier.rooms")

_STOP_SEC = 10.0


def create_app(
    *,
    rooms: RoomsSettings,
    livekit: LiveKitSettings,
    agent_name: str,
    database_url: str,
    results: Path,
    page: Path | None,
    demo_model: bool = False,
    control: RoomControl | None = None,
    metrics: RoomsMetrics | None = None,
) -> FastAPI:
    """The application; the database must be migrated. `control` stands in for LiveKit in tests.

    `demo_model`: the page says that what people say is heard by the demo model.
    Raises SettingMissing where the LiveKit key or secret is not set.
    """
    require_keys(livekit)
    metrics = metrics or RoomsMetrics.make()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(database_url)
        state = State(
            rooms=rooms,
            livekit=livekit,
            results=results,
            tokens=Tokens(livekit),
            control=control or LiveKitControl(livekit, agent_name),
            record=Record(database),
            book=RoomBook(database),
            woken=asyncio.Event(),
            metrics=metrics,
        )
        app.state.greffier = state
        reconciler = _reconciler(state)
        looking = asyncio.create_task(reconciler.run(), name="reconciler")
        try:
            yield
        finally:
            reconciler.stop()  # not cancelled: that would cut a transaction in two
            await asyncio.wait([looking], timeout=_STOP_SEC)
            looking.cancel()
            await state.control.aclose()
            await database.close()

    app = FastAPI(
        title="Greffier rooms",
        summary="Tokens, rooms and the record of meetings, for LiveKit.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # Swagger's page loads its scripts from another host
        redoc_url=None,
    )
    for routes in (joining, meetings, people, history, webhook, health):
        app.include_router(routes.router)
    mount_page(app, page, demo_model=demo_model)
    mount_reference(app)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, livekit_url=livekit.public_url or livekit.url)
    app.add_middleware(RequestCount, metrics=metrics)
    return app


def serve(
    *,
    rooms: RoomsSettings,
    livekit: LiveKitSettings,
    agent_name: str,
    database_url: str,
    results: Path,
    page: Path | None,
    demo_model: bool = False,
    metrics: RoomsMetrics | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises SettingMissing or AddressInUse before it starts."""
    app = create_app(
        rooms=rooms,
        livekit=livekit,
        agent_name=agent_name,
        database_url=database_url,
        results=results,
        page=page,
        demo_model=demo_model,
        metrics=metrics,
    )
    with listen(rooms.host, rooms.port) as listening:
        _log.info("rooms at http://%s:%d", rooms.host, listening.getsockname()[1])
        # Requests are not logged: an address may hold a room's name, and LiveKit asks often.
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one. Raises AddressInUse."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Two binds of one port pass while nobody listens; listening settles whose it is.
        listening.listen(2048)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(
                f"port {port} on {host} is in use: stop the program that holds it, or set "
                "GREFFIER_ROOMS__PORT to another (0 takes a free one)"
            ) from None
        raise AddressInUse(
            f"{host}:{port} can't be listened on ({error.strerror}): correct GREFFIER_ROOMS__HOST "
            "or GREFFIER_ROOMS__PORT"
        ) from None
    return listening


def _reconciler(state: State) -> Reconciler:
    return Reconciler(
        control=state.control,
        record=state.record,
        book=state.book,
        every_sec=state.rooms.reconcile_every_sec,
        empty_grace_sec=state.rooms.empty_grace_sec,
        woken=state.woken,
        dispatched=state.metrics.dispatches.inc,
    )


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """422 in one sentence a mistake. What was sent is not repeated: it may be private."""
    assert isinstance(error, RequestValidationError)
    mistakes = [
        f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: "
        + one["msg"].removeprefix("Value error, ")
        for one in error.errors()
    ]
    return JSONResponse({"detail": "; ".join(mistakes)}, status_code=422)


async def _failed(_request: Request, _error: Exception) -> JSONResponse:
    """500 for a bug; its trace goes to the log, never to the reader."""
    return JSONResponse(
        {"detail": "something failed on our side: try again, and tell the administrator"},
        status_code=500,
    )
