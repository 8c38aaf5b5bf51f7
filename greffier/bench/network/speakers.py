"""The demo meeting's participants as a program of their own, to be run behind a weak link.

`python -m greffier.bench.network.speakers ROOMS_URL ROOM SECONDS` joins, prints `joined`, reads the
moment to begin (on the machine's monotonic clock, which no namespace changes), speaks, and prints
when each part was sent, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import httpx

from greffier.bench.network.excerpt import excerpt
from greffier.demo.script import load
from greffier.demo.speaker import Speaker


async def speak(rooms_url: str, room: str, seconds: float) -> None:
    """Join, wait for the moment on standard input, and speak."""
    speakers = [Speaker(role) for role in excerpt(load(), seconds).roles]
    async with httpx.AsyncClient(base_url=rooms_url, timeout=60) as client:
        for speaker in speakers:
            await speaker.join(client, room)
        print("joined", flush=True)
        start = float(await asyncio.to_thread(sys.stdin.readline))
        await asyncio.gather(*(speaker.speak(start) for speaker in speakers))
        print(json.dumps({one.role.identity: asdict(one.sent) for one in speakers}), flush=True)
        # Whoever reads is done first: a track that ends closes its utterance at once.
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(speaker.leave() for speaker in speakers))


if __name__ == "__main__":
    asyncio.run(speak(sys.argv[1], sys.argv[2], float(sys.argv[3])))
