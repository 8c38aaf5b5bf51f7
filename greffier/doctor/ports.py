"""The ports that our processes listen on: free, or ours already."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from greffier.doctor.finding import Finding
from greffier.errors import EXPECTED
from greffier.metrics_server import split
from greffier.settings import Settings

TIMEOUT_SEC = 2.0
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not listened on


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Where a process listens; `path` answers with `sign` in it if that process is ours."""

    name: str
    host: str
    port: int
    setting: str
    path: str
    sign: str


async def check_ports(settings: Settings) -> Finding:
    """Is none of them held by another program?"""
    good: list[str] = []
    bad: list[str] = []
    try:
        ports = list(_ports(settings))
    except EXPECTED as error:
        return Finding(part="ports", well=False, words=str(error))
    for one in ports:
        problem = _bind(one)
        if problem is None:
            good.append(f"{one.name} {one.port} free")
        elif problem == errno.EADDRINUSE and await _ours(one):
            good.append(f"{one.name} {one.port} answers")
        else:
            why = "another program holds it" if problem == errno.EADDRINUSE else "no such address"
            bad.append(f"{one.name}, {one.host}:{one.port}: {why}; end it, or set {one.setting}")
    return Finding(part="ports", well=not bad, words="; ".join(bad or good))


def _ports(settings: Settings) -> Iterator[Port]:
    rooms, agent, asr = settings.rooms, settings.agent, settings.asr
    yield Port(
        name="rooms",
        host=rooms.host,
        port=rooms.port,
        setting="GREFFIER_ROOMS__PORT",
        path="/openapi.json",
        sign="Greffier",
    )
    yield Port(
        name="worker",
        host="0.0.0.0",  # noqa: S104 - where the SDK listens
        port=agent.health_port,
        setting="GREFFIER_AGENT__HEALTH_PORT",
        path="/worker",
        sign=f'"{agent.name}"',
    )
    for name, address in (
        ("rooms", rooms.metrics),
        ("worker", agent.metrics),
        ("asr", asr.metrics),
        ("jobs", settings.jobs.metrics),
    ):
        if address:
            section = "AGENT" if name == "worker" else name.upper()
            setting = f"GREFFIER_{section}__METRICS"
            host, port = split(address, setting)
            yield Port(
                name=f"{name} metrics",
                host=host,
                port=port,
                setting=setting,
                path="/metrics",
                sign=f"greffier_{name}_",
            )


def _bind(one: Port) -> int | None:
    """The error's number, if it can't be listened on now."""
    family = socket.AF_INET6 if ":" in one.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((one.host, one.port))
            probe.listen()
        except OSError as error:
            return error.errno or errno.EADDRNOTAVAIL
    return None


async def _ours(one: Port) -> bool:
    host = "127.0.0.1" if one.host in _EVERYWHERE else one.host
    host = f"[{host}]" if ":" in host else host
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SEC, trust_env=False) as client:
            answer = await client.get(f"http://{host}:{one.port}{one.path}")
    except httpx.HTTPError:
        return False
    return answer.is_success and one.sign in answer.text
