"""A worker is killed outright in mid-meeting: another one goes on, and the hole is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from greffier.ports import free_port
from storage.database import Database, migrate
from storage.line import Line, Meeting, Room
from storage.record import Record
from storage.rooms import RoomBook
from tests.e2e.stack import (
    LiveKit,
    Person,
    RunningProcess,
    greffier_process,
    spoken,
    until,
    wait_http,
)

pytestmark = pytest.mark.slow

BACK_SEC = 20.0
"""Captions are back by then (a new agent is asked for within 10 s)."""


@contextlib.contextmanager
def worker(env: dict[str, str]) -> Iterator[RunningProcess]:
    with greffier_process("worker", env | {"GREFFIER_AGENT__HEALTH_PORT": "0"}) as process:
        process.wait_log("registered as", timeout_sec=90)
        yield process


@pytest.fixture
def env(livekit: LiveKit, asr_url: str, tmp_path: Path) -> dict[str, str]:
    """What the workers and the rooms service of this meeting share."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'greffier.db'}"
    migrate(url)
    return livekit.env() | {
        "GREFFIER_AGENT__NAME": f"agent-{uuid.uuid4().hex[:8]}",
        "GREFFIER_ASR__URL": asr_url,
        "GREFFIER_STORAGE__DATABASE_URL": url,
        "GREFFIER_STORAGE__RESULTS": str(tmp_path / "meetings"),
        "GREFFIER_ROOMS__PORT": str(free_port(0)),
    }


@contextlib.asynccontextmanager
async def record_of(env: dict[str, str]) -> AsyncIterator[tuple[Record, RoomBook]]:
    database = Database(env["GREFFIER_STORAGE__DATABASE_URL"])
    try:
        yield Record(database), RoomBook(database)
    finally:
        await database.close()


async def test_a_killed_worker_is_succeeded_and_what_nobody_heard_is_a_gap(
    livekit: LiveKit, env: dict[str, str]
) -> None:
    """No line twice, none lost but the gap's, which has times, is shown, and is no longer."""
    room = str(uuid.uuid4())
    with contextlib.ExitStack() as processes:
        start = processes.enter_context
        rooms = await asyncio.to_thread(start, greffier_process("serve", env))
        first = await asyncio.to_thread(start, worker(env))
        health = f"http://127.0.0.1:{env['GREFFIER_ROOMS__PORT']}/health"
        await asyncio.to_thread(wait_http, health, process=rooms)
        async with (
            record_of(env) as (record, book),
            Person(livekit, room, "claire", name="Claire") as claire,
            Person(livekit, room, "thomas", name="Thomas") as thomas,
        ):
            await book.create(
                Room(name=room, title="", language="fr", organisers=(), transcribe=True)
            )
            meeting = await begun(record, room)
            await asyncio.to_thread(start, worker(env))
            await claire.open_microphone()
            speech = asyncio.create_task(talk(claire))
            await until(lambda: lines_of(record, meeting), timeout_sec=60, what="a first line")

            os.killpg(first.pid, signal.SIGKILL)
            killed_at = time.monotonic()
            killed_ms = (time.time() - meeting.started_at.timestamp()) * 1000
            before = await record.lines(meeting.id)

            async def goes_on() -> list[Line]:
                lines = (await record.lines(meeting.id))[len(before) :]
                return lines if any(line.reason is None for line in lines) else []

            after = await until(goes_on, timeout_sec=60, what="captions of the successor")
            took_sec = time.monotonic() - killed_at
            speech.cancel()
            await asyncio.gather(speech, return_exceptions=True)
            # What was committed at the very moment of the kill is read from the history.
            seqs = {str(line.seq) for line in after}
            await until(lambda: seqs <= shown(thomas), what="all of it on the screens")
            told = [s for s in thomas.finals("claire") if s.attributes.get("greffier.gap")]
            packets = [p.text for p in thomas.packets if p.text.startswith("[")]

    (gap,) = [line for line in [*before, *after] if line.reason is not None]
    spoken_before = max(line.end_ms for line in before)
    spoken_after = [line for line in after if line.reason is None]
    said = f"captions back after {took_sec:.1f} s; gap {gap.start_ms} to {gap.end_ms} ms\n"
    sys.stdout.write(said)
    assert took_sec < BACK_SEC
    assert gap.reason == "restart"
    assert spoken_before <= gap.start_ms <= killed_ms
    assert gap.start_ms < gap.end_ms <= spoken_after[0].start_ms
    # It ends with the first sound that the successor heard: soon after it came.
    assert gap.end_ms < killed_ms + BACK_SEC * 1000
    lines = [*before, *after]
    assert len({line.id for line in lines}) == len(lines)
    in_order = sorted(lines, key=lambda line: line.start_ms)
    for one, other in pairwise(in_order):
        assert one.end_ms <= other.start_ms, "nothing was said twice at once"
    assert [(s.attributes["greffier.gap"], s.text) for s in told] == [("restart", packets[0])]
    assert "service redémarré" in packets[0]


async def begun(record: Record, room: str) -> Meeting:
    async def told() -> Meeting | None:
        meeting = await record.live_meeting(room)
        return meeting if meeting is not None and meeting.notice_at is not None else None

    return await until(told, timeout_sec=60, what="the notice")


async def lines_of(record: Record, meeting: Meeting) -> list[Line]:
    return await record.lines(meeting.id)


async def talk(person: Person) -> None:
    """Without end, with a pause after each of two sentences."""
    silence = np.zeros(48_000, np.int16)
    while True:
        await person.say(np.concatenate([spoken("fr"), silence]))


def shown(person: Person) -> set[str]:
    return {s.attributes.get("greffier.seq", "") for s in person.finals("claire")}
