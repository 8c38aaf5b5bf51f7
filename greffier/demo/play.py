"""`greffier demo`: starts everything, plays the meeting, shows what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from greffier.demo import screen
from greffier.demo.outcome import Outcome, write_report
from greffier.demo.processes import Meter
from greffier.demo.script import Script
from greffier.demo.script import load as load_script
from greffier.demo.speaker import Speaker, ask_token
from greffier.demo.viewer import Viewer
from greffier.settings import Settings
from greffier.stack import Stack
from greffier.supervisor import ProcessFailed
from greffier.up import announce, stay, stop_event

ROOM = "demo"
_WELCOME = (
    "Greffier plays a meeting of three virtual participants over WebRTC, and captions it live.\n"
    "[dim]The demo model is a small Whisper that this project trained on synthetic speech: it "
    "knows about a thousand words in French and in English,\nand invents text for anything else. "
    "For real meetings: README, “Real models”.[/]"
)
_READY_SEC = 60.0
_DELIVERY_SEC = 90.0
_console = Console(highlight=False, soft_wrap=True)


def play(settings: Settings, *, out: Path | None, json_file: Path | None, keep: bool) -> None:
    """Play the demo. Raises ProcessFailed with one line when a part of it fails."""
    folder = out or Path("greffier-demo") / f"{datetime.now():%Y-%m-%d-%H%M%S}"
    asyncio.run(_until_interrupted(settings, folder, json_file, keep=keep))


async def _until_interrupted(
    settings: Settings, folder: Path, json_file: Path | None, *, keep: bool
) -> None:
    """Play; Ctrl-C or SIGTERM cancels the play, so that what it opened is closed again."""
    stop, kept = stop_event(), asyncio.Event()
    running = asyncio.ensure_future(
        _play(stop, kept if keep else None, settings, folder, json_file)
    )
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait({running, waiting}, return_when="FIRST_COMPLETED")
    waiting.cancel()
    if not running.done() and not kept.is_set():
        running.cancel()
        _console.print("Stopping …")
        with contextlib.suppress(asyncio.CancelledError):
            await running
        raise KeyboardInterrupt
    await running


async def _play(
    stop: asyncio.Event,
    kept: asyncio.Event | None,
    settings: Settings,
    folder: Path,
    json_file: Path | None,
) -> None:
    script = load_script()
    _console.print(_WELCOME)
    begun = time.monotonic()
    status = _console.status("Starting …")
    async with contextlib.AsyncExitStack() as context:
        context.enter_context(status)
        stack = Stack(settings, folder=folder, progress=lambda name: status.update(_starting(name)))
        await context.enter_async_context(stack)
        status.update("Joining the room …")
        meter = Meter(stack.supervisor)
        client = await context.enter_async_context(
            httpx.AsyncClient(base_url=stack.addresses.rooms_url, timeout=30)
        )
        metering = asyncio.ensure_future(meter.run())
        meeting = asyncio.ensure_future(_meeting(script, stack, client, begun, status))
        try:
            await asyncio.wait({meeting, stack.supervisor.failed}, return_when="FIRST_COMPLETED")
            if not meeting.done():
                stack.supervisor.failed.result()
            outcome = await meeting
        finally:
            metering.cancel()
            meeting.cancel()
            await asyncio.gather(metering, meeting, return_exceptions=True)
        meter.sample()
        _finish(outcome, stack, meter)
        if kept is not None:
            kept.set()
            announce(stack.addresses, json_file)
            await stay(stack, stop)
    _console.print(f"Everything is in {stack.folder}", markup=False)


def _starting(name: str) -> str:
    return f"Starting {name} …"


async def _meeting(
    script: Script, stack: Stack, client: httpx.AsyncClient, begun: float, status: Any
) -> Outcome:
    loop = asyncio.get_running_loop()
    speakers = [Speaker(role) for role in script.roles]
    names = {role.identity: role.name for role in script.roles}
    show = screen.Screen(_console, names, script.seconds)
    viewer = Viewer(show.caption)
    await _create_room(client, stack, speakers)
    ticket = await ask_token(client, room=ROOM, name="Reader", identity="reader", mode="read")
    await viewer.join(ticket.server_url, ticket.token)
    try:
        for speaker in speakers:
            await speaker.join(client, ROOM)
        status.update("Waiting for the agent …")
        await _within(_READY_SEC, viewer.told(), "the agent did not join the room")
        status.stop()
        setup = time.monotonic() - begun
        _console.print(
            f"Ready after {setup:.0f} s. The page: {stack.addresses.rooms_url}/?room={ROOM}\n"
            "The people in the room have been told that it is transcribed.\n"
        )
        start = loop.time() + 0.5
        with show:
            async with asyncio.TaskGroup() as group:
                for speaker in speakers:
                    group.create_task(speaker.speak(start))
                clock = group.create_task(_clock(show, start))
                clock_stop = group.create_task(_until(start + script.seconds))
                clock_stop.add_done_callback(lambda _: clock.cancel())
        people = viewer.people
        await _stop(client, speakers[0].token)
        meeting_sec = loop.time() - start
        with _console.status("The meeting is over; the minutes are being written …"):
            said = await _within(_DELIVERY_SEC, viewer.minutes, "the minutes did not come")
    finally:
        await asyncio.gather(viewer.leave(), *(speaker.leave() for speaker in speakers))
    return Outcome(
        script=script,
        captions=tuple(viewer.captions),
        sent={speaker.role.identity: speaker.sent.moment for speaker in speakers},
        unix_minus_loop=time.time() - loop.time(),
        people=tuple(people),
        state=str(said["state"]),
        results=Path(stack.addresses.results) / str(said["meeting"]),
        setup_sec=setup,
        meeting_sec=meeting_sec,
    )


async def _create_room(client: httpx.AsyncClient, stack: Stack, speakers: list[Speaker]) -> None:
    organiser = speakers[0].role
    body = {
        "name": ROOM,
        "title": "Ouverture du service en ligne",
        "language": "fr",
        "organisers": [
            {"email": "claire.martin@ville.example", "name": organiser.name, "language": "fr"}
        ],
    }
    key = {"Authorization": f"Bearer {stack.addresses.rooms_api_key}"}
    (await client.post("/api/rooms", json=body, headers=key)).raise_for_status()


async def _stop(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.post(
        f"/api/rooms/{ROOM}/transcription/stop", headers={"Authorization": f"Bearer {token}"}
    )
    answer.raise_for_status()


async def _within(
    seconds: float, waited: Coroutine[Any, Any, Any] | asyncio.Future[Any], failure: str
) -> Any:
    try:
        return await asyncio.wait_for(waited, seconds)
    except TimeoutError:
        raise ProcessFailed(f"{failure} within {seconds:.0f} s; see the logs folder") from None


async def _clock(show: screen.Screen, start: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        show.advance(max(0.0, loop.time() - start))
        await asyncio.sleep(0.25)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


def _finish(outcome: Outcome, stack: Stack, meter: Meter) -> None:
    for path in sorted(outcome.results.glob("*")):
        shutil.copy2(path, stack.folder / path.name)
    minutes = stack.folder / "minutes.md"
    if minutes.exists():
        screen.show_minutes(_console, minutes.read_text("utf-8"))
    speakers, total = write_report(outcome, meter.figures(), stack.folder)
    screen.show_figures(_console, speakers, total, meter.figures())
    for path in sorted(
        p for p in stack.folder.rglob("*") if p.suffix in {".json", ".md", ".vtt", ".eml"}
    ):
        if "meetings" not in path.parts:
            _console.print(f"  {path.relative_to(stack.folder)}", markup=False)
