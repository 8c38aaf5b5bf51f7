"""The container's health: asks the process that runs in it, whichever of the commands that is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from greffier.settings import Settings, load

MAIN_PROCESS = Path("/proc/1/cmdline")


def question(command: Sequence[str], settings: Settings) -> tuple[str, str | None] | None:
    """Address to ask, with the Unix socket if it is one; None where only being alive counts."""
    asr = settings.asr.url
    match [word for word in command if word in ("serve", "worker", "asr")]:
        case ["serve", *_]:
            return f"http://127.0.0.1:{settings.rooms.port}/health", None
        case ["worker", *_]:
            return f"http://127.0.0.1:{settings.agent.health_port}/", None
        case ["asr", *_] if asr.startswith("unix:"):
            return "http://asr/health", asr.removeprefix("unix:")
        case ["asr", *_]:
            return f"http://127.0.0.1:{httpx.URL(asr).port or 80}/health", None
        case _:
            return None


def main() -> int:
    """0 if the process answers as it should, else 1 and the reason."""
    command = MAIN_PROCESS.read_text().split("\0")
    asked = question(command, load())
    if asked is None:
        return 0
    url, socket = asked
    try:
        transport = httpx.HTTPTransport(uds=socket)
        with httpx.Client(transport=transport, timeout=4) as client:
            client.get(url).raise_for_status()
    except httpx.HTTPError as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
