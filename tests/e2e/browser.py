"""Chromium with a fake microphone, and the page as a person uses it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from tests.e2e.stack import REPOSITORY, read_speech

DEMO = REPOSITORY / "assets" / "demo-meeting"
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
RATE = 48_000
PATIENCE_MS = 60_000
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str:
    """Chromium's path. Without one the test is left out; under CI it fails."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    return found or left_out("the page's tests need Chromium: apt-get install chromium")


def axe_source() -> str:
    """axe-core, which judges accessibility."""
    if not AXE.exists():
        left_out("the accessibility tests need axe-core: npm ci --prefix web")
    return AXE.read_text("utf-8")


def left_out(line: str) -> str:
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


@contextlib.asynccontextmanager
async def browser(
    playwright: Playwright, *, microphone: Path | None = None, program: str = ""
) -> AsyncIterator[Browser]:
    """A browser of one's own: the sound of the fake microphone belongs to the process.

    `program` starts Chromium, where that isn't done by its name alone.
    """
    arguments = [
        "--no-sandbox",
        "--autoplay-policy=no-user-gesture-required",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    if microphone is not None:
        arguments += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}",
        ]
    one = await playwright.chromium.launch(executable_path=program or chromium(), args=arguments)
    try:
        yield one
    finally:
        await one.close()


def microphone_sound(path: Path, identity: str, texts: tuple[str, ...]) -> Path:
    """A WAV in which a person of the demo meeting says `texts`; Chromium plays it in a loop."""
    turns = json.loads((DEMO / "script.json").read_text("utf-8"))
    track = read_speech(DEMO / f"{identity}.flac")
    silence = np.zeros(int(1.5 * RATE), np.int16)
    pieces: list[NDArray[np.int16]] = [silence]
    for turn in turns:
        if turn["identity"] == identity and turn["text"] in texts:
            first, last = (int(turn[key] * RATE) for key in ("start_sec", "end_sec"))
            pieces += [track[first - RATE // 10 : last + RATE // 5], silence]
    assert len(pieces) == 1 + 2 * len(texts), "the script has changed: choose other sentences"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.concatenate(pieces).tobytes())
    return path


class Visitor:
    """A page, used as a person would: by what it says, in French."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)

    def _on_console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Sous-titres")

    def turns_of(self, name: str) -> Locator:
        """What somebody said, as the page has it."""
        return self.log.locator(".turn").filter(has=self.page.get_by_text(name, exact=True))

    def finals(self) -> Locator:
        """Lines of the record."""
        return self.log.locator("p.said:not([data-partial])")

    async def open(self, address: str, room: str = "") -> None:
        await self.page.goto(f"{address}/?room={room}" if room else address)

    async def join(self, name: str, *, reading: bool = False) -> None:
        await self.page.get_by_role("textbox", name="Votre nom").fill(name)
        button = "Lire seulement les sous-titres" if reading else "Rejoindre avec le microphone"
        await self.page.get_by_role("button", name=button).click()
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text("Salle")

    async def violations(self) -> list[str]:
        """What axe finds wrong, one line each."""
        await self.page.evaluate(axe_source())
        found: list[dict[str, Any]] = await self.page.evaluate(
            "tags => axe.run({runOnly: tags}).then(result => result.violations)", WCAG
        )
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]


@contextlib.asynccontextmanager
async def visitor(one: Browser, **options: Any) -> AsyncIterator[Visitor]:
    """A person with a fresh profile."""
    context: BrowserContext = await one.new_context(locale="fr-FR", **options)
    context.set_default_timeout(PATIENCE_MS)
    try:
        guest = Visitor(await context.new_page())
        yield guest
        assert guest.complaints == []
    finally:
        await context.close()
