"""The whole of Greffier on one machine, on embedded defaults: which processes, in which order."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from greffier.ports import free_port, livekit_config, livekit_server
from greffier.settings import Settings, as_environment
from greffier.supervisor import Program, Supervisor
from models.store.store import resolve
from storage.database import migrate

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What another client needs. Keys are this run's own."""

    livekit_url: str
    livekit_api_key: str
    livekit_api_secret: str
    agent_name: str
    rooms_url: str
    rooms_api_key: str
    results: str
    mail: str

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)


class Stack:
    """An async context: inside it, everything runs and is ready, for others at `address`."""

    def __init__(
        self,
        settings: Settings,
        *,
        folder: Path,
        progress: Progress,
        address: str = "127.0.0.1",
    ) -> None:
        self._given = settings
        self._address = address
        self.folder = folder.absolute()
        self._progress = progress
        self._temporary = Path(tempfile.mkdtemp(prefix="greffier-"))
        self.addresses: Addresses
        self.supervisor: Supervisor

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._clean()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._clean()

    async def _clean(self) -> None:
        if hasattr(self, "supervisor"):
            await asyncio.shield(self.supervisor.stop())
        shutil.rmtree(self._temporary, ignore_errors=True)

    async def _start(self) -> None:
        server = livekit_server()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings, udp_port, tcp_port = self._settings()
        livekit_port = int(settings.livekit.url.rpartition(":")[2])
        rooms_url = settings.rooms.public_url
        secret = settings.livekit.api_secret.get_secret_value()
        config = self._temporary / "livekit.yaml"
        config.touch(mode=0o600)
        config.write_text(
            livekit_config(
                port=livekit_port,
                tcp_port=tcp_port,
                udp_port=udp_port,
                key=settings.livekit.api_key,
                secret=secret,
                webhook=f"{rooms_url}/livekit/webhook",
                address=self._address,
            )
        )
        await asyncio.to_thread(migrate, settings.storage.database_url)
        self.supervisor = Supervisor(logs=self.folder / "logs")
        env = as_environment(settings)
        socket_path = settings.asr.url.removeprefix("unix:")
        health = f"http://127.0.0.1:{settings.agent.health_port}/"
        programs = (
            Program(
                name="livekit",
                argv=(server, "--config", str(config)),
                ready=answers(f"http://{self._address}:{livekit_port}/"),
            ),
            Program(
                name="mail",
                argv=command("mail-sink", str(settings.mail.port), str(self.folder / "mail")),
                env=env,
                ready=listens(settings.mail.port),
            ),
            Program(
                name="asr",
                argv=command("asr"),
                env=env,
                ready=answers("http://asr/health", uds=socket_path),
            ),
            Program(
                name="rooms",
                argv=command("serve"),
                env=env,
                ready=answers(f"{rooms_url}/health"),
            ),
            Program(name="jobs", argv=command("jobs"), env=env),
            Program(
                name="worker",
                argv=command("worker"),
                env=env,
                ready=answers(health),
                stop_sec=settings.agent.drain_sec + 15,
            ),
        )
        for program in programs:
            self._progress(program.name)
            await self.supervisor.start(program)
        self.addresses = Addresses(
            livekit_url=settings.livekit.url,
            livekit_api_key=settings.livekit.api_key,
            livekit_api_secret=secret,
            agent_name=settings.agent.name,
            rooms_url=rooms_url,
            rooms_api_key=settings.rooms.api_key.get_secret_value(),
            results=str(settings.storage.results),
            mail=str(self.folder / "mail"),
        )

    def _settings(self) -> tuple[Settings, int, int]:
        """The settings of this run: the given ones, with ports, keys and folders of its own."""
        given = self._given
        livekit_port = free_port(7880)
        rooms_port = free_port(given.rooms.port)
        own: dict[str, dict[str, object]] = {
            "livekit": {
                "url": f"ws://{self._address}:{livekit_port}",
                "public_url": "",
                "api_key": "greffier",
                "api_secret": secrets.token_urlsafe(32),
            },
            "rooms": {
                "host": self._address,
                "port": rooms_port,
                "public_url": f"http://{self._address}:{rooms_port}",
                "api_key": secrets.token_urlsafe(24),
            },
            # A Unix socket's path may be 107 bytes long: a short temporary one always fits.
            "asr": {
                "url": f"unix:{self._temporary / 'asr.sock'}",
                "model": resolve(given.asr.model, given.asr.models_folder).absolute(),
            },
            "agent": {"health_port": free_port(8081), "drain_sec": 10.0},
            "storage": {
                "database_url": f"sqlite+aiosqlite:///{self.folder / 'greffier.db'}",
                "results": self.folder / "meetings",
            },
            "jobs": {"system_database_url": f"sqlite:///{self.folder / 'jobs.db'}"},
            "mail": {"host": "127.0.0.1", "port": free_port(2525), "tls": "none"},
        }
        settings = Settings.model_validate(
            {name: {**values, **own.get(name, {})} for name, values in given.model_dump().items()}
        )
        return settings, free_port(7882, kind=socket.SOCK_DGRAM), free_port(7881)


def command(*arguments: str) -> tuple[str, ...]:
    """The `greffier` command of this very installation, as an argument list."""
    return (sys.executable, "-m", "greffier", *arguments)


def answers(url: str, *, uds: str | None = None) -> Callable[[], Awaitable[None]]:
    """Ready once an HTTP GET succeeds, over TCP or the Unix socket at `uds`."""

    async def ready() -> None:
        transport = httpx.AsyncHTTPTransport(uds=uds) if uds else None
        async with httpx.AsyncClient(transport=transport, timeout=5) as client:
            while True:
                try:
                    if (await client.get(url)).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)

    return ready


def listens(port: int) -> Callable[[], Awaitable[None]]:
    """Ready once a TCP port of this machine takes connections."""

    async def ready() -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

    return ready
