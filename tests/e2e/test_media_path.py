"""How a participant's sound reaches the server."""

from __future__ import annotations

import pytest
from livekit import rtc

from tests.e2e.stack import LiveKit, Person, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]


async def test_media_goes_over_udp_where_it_may(livekit: LiveKit) -> None:
    """Over TCP, which also works, each lost packet would hold up all that follow it."""
    async with Person(livekit, "udp", "speaker") as speaker:
        await speaker.open_microphone()
        assert await until(lambda: _protocol(speaker.room), what="a connection") == "udp"


async def _protocol(room: rtc.Room) -> str:
    """Of the way on which what this participant publishes is sent; empty while there is none."""
    stats = (await room.get_rtc_stats()).publisher_stats
    chosen = next(
        (t for one in stats if (t := one.transport.transport.selected_candidate_pair_id)), ""
    )
    pairs = {one.candidate_pair.rtc.id: one.candidate_pair.candidate_pair for one in stats}
    ours = {one.local_candidate.rtc.id: one.local_candidate.candidate for one in stats}
    return ours[pairs[chosen].local_candidate_id].protocol if chosen else ""
