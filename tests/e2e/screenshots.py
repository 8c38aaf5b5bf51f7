"""The pictures of the README, from the real thing: `make screenshots`.

The demo meeting is played in a room, and a reader's page is photographed: in the middle of it, and
with its minutes. `--all FOLDER` writes there what else is worth looking at: the form, a narrow
screen, the dark colours.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from playwright.async_api import async_playwright, expect

from greffier.demo.script import load as load_script
from greffier.demo.speaker import Speaker
from greffier.settings import load
from greffier.stack import Stack
from tests.e2e.browser import PATIENCE_MS, Visitor, browser, visitor
from tests.e2e.stack import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"
ROOM = "conseil-municipal"
DESKTOP, PHONE = {"width": 1200, "height": 800}, {"width": 390, "height": 844}
MOMENT_SEC = 45.0
"""From here on somebody's partial is waited for: by now there are lines in both languages."""

Photograph = Callable[[str], Awaitable[None]]


async def take(more: Path | None) -> None:
    """Play the meeting and write the pictures."""
    with tempfile.TemporaryDirectory(prefix="greffier-screenshots-") as folder:
        stack = Stack(load(), folder=Path(folder), progress=print)
        async with (
            stack,
            async_playwright() as playwright,
            browser(playwright) as chrome,
            visitor(chrome, viewport=DESKTOP, color_scheme="light") as reader,
        ):
            await _meeting(stack.addresses.rooms_url, reader, _camera(reader, more))


def _camera(reader: Visitor, more: Path | None) -> Photograph:
    async def photograph(name: str) -> None:
        page = reader.page
        if name != "join":
            await page.screenshot(path=IMAGES / f"{name}.png")
        if more is None:
            return
        await page.screenshot(path=more / f"{name}.png", full_page=True)
        await page.emulate_media(color_scheme="dark")
        await page.set_viewport_size(PHONE)
        await page.screenshot(path=more / f"{name}-phone-dark.png")
        await page.emulate_media(color_scheme="light")
        await page.screenshot(path=more / f"{name}-phone.png", full_page=True)
        await page.set_viewport_size(DESKTOP)

    return photograph


async def _meeting(address: str, reader: Visitor, photograph: Photograph) -> None:
    speakers = [Speaker(role) for role in load_script().roles]
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await reader.open(address, ROOM)
        await photograph("join")
        await reader.join("Lise Petit", reading=True)
        for speaker in speakers:
            await speaker.join(client, ROOM)
        await expect(reader.page.get_by_text("Cette réunion est transcrite.")).to_be_visible()
        start = asyncio.get_running_loop().time() + 0.5
        playing = asyncio.gather(*(speaker.speak(start) for speaker in speakers))
        await asyncio.sleep(MOMENT_SEC)
        await expect(reader.log.locator("[data-partial] .tail").first).not_to_be_empty()
        await photograph("page")
        await playing
        path = f"/api/rooms/{ROOM}/transcription/stop"
        key = {"Authorization": f"Bearer {speakers[0].token}"}
        (await client.post(path, headers=key)).raise_for_status()
        await expect(reader.page.get_by_role("heading", name="Compte rendu")).to_be_visible()
        await photograph("minutes")
        await asyncio.gather(*(speaker.leave() for speaker in speakers))


if __name__ == "__main__":
    expect.set_options(timeout=PATIENCE_MS)
    asyncio.run(take(Path(sys.argv[2]) if sys.argv[1:2] == ["--all"] else None))
