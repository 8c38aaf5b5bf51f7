"""One size of a room: everybody joins, all are quiet, some speak, everybody leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import httpx
import psutil
from livekit import api

from greffier.bench.cost import Cost
from greffier.bench.room import opus
from greffier.bench.room.crowd import Crowd
from greffier.bench.room.figures import RoomRow, heard
from greffier.bench.room.participants import Manner, Person, Sent
from greffier.bench.room.threads import named_threads_sec
from greffier.bench.track_script import TrackScript
from greffier.demo.speaker import ask_token
from greffier.demo.viewer import Viewer
from greffier.stack import Stack
from greffier.supervisor import ProcessFailed

AGENT_SEC = 60.0
SETTLE_SEC = 4.0
"""Joining is over when the worker has heard of everybody, not when the last client thinks so."""
DRAIN_SEC = 6.0
GONE_SEC = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many, how the silent ones are silent, and how long all are quiet before some speak."""

    participants: int
    silence: Manner
    quiet_sec: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """What was measured while the room was there."""

    sent: Sequence[Sent]
    viewer: Viewer
    join_sec: float
    quiet: Mapping[str, float]
    busy: Mapping[str, float]
    peak_bytes: int


async def measure(
    stack: Stack,
    size: Size,
    scripts: Sequence[TrackScript],
    *,
    done: Callable[[RoomRow], None],
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Measure one size; `done` gets it. Raises ProcessFailed when the room fails to come or go."""
    room = f"bench-{size.participants}"
    speakers = {f"speaker-{script.number}": script for script in scripts}
    played = await _play(stack, room, size, speakers, progress)
    captions = heard(speakers, played.sent, played.viewer.captions)
    row = RoomRow(
        participants=size.participants,
        speaking=len(speakers),
        silence=size.silence.value,
        worker_quiet_cores=round(played.quiet["worker"], 4),
        sdk_quiet_cores=round(played.quiet["sdk"], 4),
        worker_cores=round(played.busy["worker"], 4),
        livekit_cores=round(played.busy["livekit"], 4),
        asr_cores=round(played.busy["asr"], 4),
        clients_cores=round(played.busy["clients"], 4),
        worker_peak_mb=round(played.peak_bytes / 2**20, 1),
        join_s=round(played.join_sec, 1),
        **asdict(captions),
    )
    done(row)
    await _end(stack, room)


async def _play(
    stack: Stack,
    room: str,
    size: Size,
    speakers: Mapping[str, TrackScript],
    progress: Callable[[str], None],
) -> _Played:
    people = _people(stack, room, size, speakers)
    viewer = Viewer(lambda _: None)
    base = stack.addresses.rooms_url
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        await _create(client, stack, room)
        ticket = await ask_token(client, room=room, name="Reader", identity="reader", mode="read")
    await viewer.join(ticket.server_url, ticket.token)
    begun = time.monotonic()
    crowd = Crowd(stack.addresses.livekit_url, people, log=stack.folder / "participants.log")
    try:
        progress("joining")
        async with crowd:
            join_sec = time.monotonic() - begun
            await _agent(viewer)
            await asyncio.sleep(SETTLE_SEC)
            progress("quiet")
            quiet = await _cores(stack, crowd, asyncio.sleep(size.quiet_sec))
            progress("speaking")
            meter = Cost(lambda: [stack.supervisor.pids["worker"]])
            watching = asyncio.create_task(meter.watch())
            sent: list[Sent] = []

            async def speak() -> None:
                sent.extend(await crowd.speak(time.monotonic() + 0.5))
                await asyncio.sleep(DRAIN_SEC)

            busy = await _cores(stack, crowd, speak())
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            return _Played(
                sent=sent,
                viewer=viewer,
                join_sec=join_sec,
                quiet=quiet,
                busy=busy,
                peak_bytes=meter.peak_bytes,
            )
    finally:
        await viewer.leave()


async def _cores(stack: Stack, crowd: Crowd, work: Awaitable[None]) -> dict[str, float]:
    """Cores that each part uses while `work` goes on; `sdk` is part of `worker`."""
    pids = stack.supervisor.pids
    costs = {
        "worker": Cost(lambda: [pids["worker"]]),
        "livekit": Cost(lambda: [pids["livekit"]]),
        "asr": Cost(lambda: [pids["asr"]]),
        "clients": Cost(lambda: crowd.pids),
    }
    for cost in costs.values():
        cost.begin()
    sdk = named_threads_sec(pids["worker"])
    begun = time.monotonic()
    await work
    elapsed = time.monotonic() - begun
    for cost in costs.values():
        cost.look()
    seconds = {name: cost.cpu_sec for name, cost in costs.items()}
    seconds["sdk"] = named_threads_sec(pids["worker"]) - sdk
    return {name: sec / elapsed for name, sec in seconds.items()}


def _people(
    stack: Stack, room: str, size: Size, speakers: Mapping[str, TrackScript]
) -> list[Person]:
    silent = str(opus.write(opus.silence(), stack.folder / "silence.json"))
    idle = {
        Manner.OPEN: silent,
        Manner.NOISY: str(opus.write(opus.noise(), stack.folder / "noise.json")),
    }.get(size.silence, "")
    people: list[Person] = []
    for identity, script in speakers.items():
        sound = opus.write(opus.encode(script.samples), stack.folder / f"{identity}.json")
        token = _token(stack, room, identity)
        people.append(Person(identity=identity, token=token, idle=silent, sound=str(sound)))
    names = [f"silent-{number}" for number in range(size.participants - len(speakers))]
    people += [Person(identity=one, token=_token(stack, room, one), idle=idle) for one in names]
    return people


def _token(stack: Stack, room: str, identity: str) -> str:
    return (
        api.AccessToken(stack.addresses.livekit_api_key, stack.addresses.livekit_api_secret)
        .with_identity(identity)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


async def _create(client: httpx.AsyncClient, stack: Stack, room: str) -> None:
    key = {"Authorization": f"Bearer {stack.addresses.rooms_api_key}"}
    body = {"name": room, "title": room, "language": "fr", "organisers": []}
    (await client.post("/api/rooms", json=body, headers=key)).raise_for_status()


async def _agent(viewer: Viewer) -> None:
    try:
        await asyncio.wait_for(viewer.told(), AGENT_SEC)
    except TimeoutError:
        raise ProcessFailed(f"the agent did not join within {AGENT_SEC:.0f} s") from None


async def _end(stack: Stack, room: str) -> None:
    """Close the room; the next one is measured once its process is gone."""
    processes = psutil.Process(stack.supervisor.pids["worker"]).children(recursive=True)
    addresses = stack.addresses
    async with api.LiveKitAPI(
        addresses.livekit_url, addresses.livekit_api_key, addresses.livekit_api_secret
    ) as livekit:
        await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
    await asyncio.to_thread(_wait_for_one, processes)


def _wait_for_one(processes: Sequence[psutil.Process]) -> None:
    """The meeting's is the one that ends; the others stay."""
    deadline = time.monotonic() + GONE_SEC
    while all(process.is_running() for process in processes):
        if time.monotonic() > deadline:
            raise ProcessFailed(f"the meeting's process is still there after {GONE_SEC:.0f} s")
        time.sleep(0.2)
