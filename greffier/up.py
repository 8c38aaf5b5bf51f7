"""`greffier up`: everything on one machine until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from pathlib import Path

from rich.console import Console

from greffier.demo_model import demo_note
from greffier.settings import Settings
from greffier.stack import Addresses, Stack

_console = Console(highlight=False, soft_wrap=True)


def up(settings: Settings, *, out: Path | None, json_file: Path | None) -> None:
    """Start the stack, say what another client needs, wait for Ctrl-C or SIGTERM."""
    asyncio.run(_up(settings, out or Path("greffier-data"), json_file))


async def _up(settings: Settings, folder: Path, json_file: Path | None) -> None:
    stop = stop_event()
    with _console.status("Starting …") as status:
        stack = Stack(
            settings, folder=folder, progress=lambda name: status.update(f"Starting {name} …")
        )
        entering = asyncio.ensure_future(stack.__aenter__())
        await asyncio.wait(
            {entering, asyncio.ensure_future(stop.wait())}, return_when="FIRST_COMPLETED"
        )
        if not entering.done():
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
            return
        entering.result()
    try:
        announce(stack.addresses, json_file)
        if note := demo_note(settings.asr.model):
            _console.print(f"[dim]{note}[/]")
        await stay(stack, stop)
    finally:
        await stack.__aexit__(None, None, None)


def stop_event() -> asyncio.Event:
    """Set by Ctrl-C and SIGTERM, instead of an exception in the middle of something."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def stay(stack: Stack, stop: asyncio.Event) -> None:
    """Wait for `stop`. Raises ProcessFailed if a part of the stack is given up meanwhile."""
    waiting = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({waiting, stack.supervisor.failed}, return_when="FIRST_COMPLETED")
        if not stop.is_set():
            stack.supervisor.failed.result()
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
    _console.print("Stopping: meetings that go on get their last lines written …")


def announce(addresses: Addresses, json_file: Path | None) -> None:
    """Print what a client needs; with `json_file`, write it there (readable by the owner only)."""
    for label, value in (
        ("The page", f"{addresses.rooms_url}/"),
        ("LiveKit", addresses.livekit_url),
        ("API key", addresses.livekit_api_key),
        ("API secret", addresses.livekit_api_secret),
        ("Agent name", addresses.agent_name),
        ("Rooms", addresses.rooms_url),
        ("Rooms API key", addresses.rooms_api_key),
        ("Results", addresses.results),
        ("Mails", addresses.mail),
    ):
        _console.print(f"{label:14}{value}", markup=False)
    _console.print("Ctrl-C stops everything.")
    if json_file is not None:
        part = json_file.with_name(json_file.name + ".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(addresses.as_dict(), indent=2) + "\n")
        part.rename(json_file)
