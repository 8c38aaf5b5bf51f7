"""People on weak networks: a speaker whose packets get lost, a reader who is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from livekit import api
from playwright.async_api import async_playwright, expect

from greffier.bench.network.link import CUT, PERFECT, Link, Quality, weak_link
from greffier.bench.network.play import play
from greffier.demo.outcome import write_report
from greffier.settings import load
from greffier.stack import Addresses, Stack
from greffier.supervisor import ProcessFailed
from tests.e2e.browser import PATIENCE_MS, browser, chromium, left_out, visitor
from tests.e2e.stack import LiveKit, Person, spoken, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]
expect.set_options(timeout=PATIENCE_MS)

WEAK = Quality(loss=0.1, delay_ms=300, jitter_ms=30)
LOST = "Connexion perdue, nouvelle tentative en cours…"


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    """A network of one's own behind a bad wire; without root the tests are left out."""
    with contextlib.ExitStack() as context:
        try:
            one = context.enter_context(weak_link())
        except ProcessFailed as error:
            if os.geteuid() != 0:
                pytest.skip(str(error))
            left_out(str(error))
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def addresses(
    link: Link, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Addresses]:
    """All of Greffier at the link's near end."""
    folder = tmp_path_factory.mktemp("weak")
    async with Stack(load(), folder=folder, progress=lambda _: None, address=link.address) as stack:
        yield stack.addresses


async def test_captions_of_a_speaker_with_loss_jitter_and_delay(
    link: Link, addresses: Addresses, tmp_path: Path
) -> None:
    """10% loss, 300 ms and 30 ms of jitter each way: captions come, and are the record's."""

    def weaken() -> None:
        link.quality = WEAK

    try:
        outcome = await play(addresses, link, room="weak", seconds=9, joined=weaken)
    finally:
        link.quality = PERFECT
    speakers, total = write_report(outcome, [], tmp_path)
    assert link.lost > 0
    # How much of it is right depends on which packets were lost; benchmarks/network says more.
    assert total["wer"] is not None
    assert total["wer"] < 0.5
    assert [one.finals_shown for one in speakers] == [one.finals_recorded for one in speakers]
    assert sum(one.gaps for one in speakers) == 0


@pytest.mark.browser
async def test_a_reader_who_was_cut_off_gets_each_line_once(
    link: Link, addresses: Addresses, tmp_path: Path
) -> None:
    """For 5 s, which WebRTC bridges; and for so long that the server has forgotten the reader."""
    room = "cut"
    livekit = LiveKit(
        url=addresses.livekit_url,
        key=addresses.livekit_api_key,
        secret=addresses.livekit_api_secret,
    )
    async with (
        httpx.AsyncClient(base_url=addresses.rooms_url) as client,
        async_playwright() as playwright,
        browser(playwright, program=str(_chromium_behind(link, tmp_path))) as chrome,
        visitor(chrome) as reader,
    ):
        await reader.open(addresses.rooms_url, room)
        await reader.join("Lise Petit", reading=True)
        async with Person(livekit, room, "claire", name="Claire Martin") as claire:
            await claire.open_microphone()
            await expect(reader.page.get_by_text("Cette réunion est transcrite.")).to_be_visible()

            async def say() -> None:
                await claire.say(spoken("fr"))
                await claire.be_silent(1)

            async def same(count: int) -> list[str]:
                """The lines, once there are `count` of them and the page has the very same."""
                lines: list[str] = await _record(client, addresses, room)
                shown = await reader.finals().all_inner_texts()
                return lines if len(lines) >= count and shown == lines else []

            async def recorded(count: int) -> bool:
                return len(await _record(client, addresses, room)) >= count

            await say()
            before = await until(lambda: same(1), what="the first line on the page")

            link.quality = CUT
            await asyncio.gather(say(), asyncio.sleep(5))
            await until(lambda: recorded(len(before) + 1), what="a line while it is cut")
            assert await reader.finals().all_inner_texts() == before
            link.quality = PERFECT
            bridged = await until(lambda: same(len(before) + 1), what="the line that was missed")

            link.quality = CUT
            talking = asyncio.create_task(say())
            await expect(reader.page.get_by_text(LOST)).to_be_visible()
            await _forget(livekit, room, "Lise Petit")
            await talking
            await until(lambda: recorded(len(bridged) + 1), what="another line while it is cut")
            link.quality = PERFECT
            # What is said now is shown live, maybe while the rest is being fetched.
            await say()
            await until(lambda: same(len(bridged) + 2), what="all lines on the page")
            await expect(reader.page.get_by_text(LOST)).to_be_hidden()
        await client.post(f"/api/rooms/{room}/transcription/stop", headers=_key(addresses))


def _chromium_behind(link: Link, folder: Path) -> Path:
    """A program that starts Chromium at the far end of the link."""
    program = folder / "chromium-behind-the-link"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(link.run(chromium()))} "$@"\n')
    program.chmod(0o755)
    return program


async def _record(client: httpx.AsyncClient, addresses: Addresses, room: str) -> list[str]:
    answer = await client.get(f"/api/rooms/{room}/history", headers=_key(addresses))
    return [line["text"] for line in answer.raise_for_status().json()["lines"]]


def _key(addresses: Addresses) -> dict[str, str]:
    return {"Authorization": f"Bearer {addresses.rooms_api_key}"}


async def _forget(livekit: LiveKit, room: str, name: str) -> None:
    """What a server does by itself with somebody who has been silent for long enough."""
    async with livekit.api() as lkapi:
        people = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
        identity = next(one.identity for one in people.participants if one.name == name)
        await lkapi.room.remove_participant(
            api.RoomParticipantIdentity(room=room, identity=identity)
        )
