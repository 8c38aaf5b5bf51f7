"""Asked for a job, in the worker: taken if nobody captions the room. One agent a room."""

from __future__ import annotations

import asyncio
import logging

from livekit.agents import JobRequest

from agent.job import JobValues
from storage.line import Lease
from storage.record import Record
from storage.rooms import RoomBook

log = logging.getLogger(__name__)

THROW_AWAY_ROOMS = "connection-test"
"""Prefix of the rooms that Visio makes to test a browser's connection."""
ANSWER_SEC = 2.5
"""The server asks the next worker after 3 s."""


def agent_identity(room: str, fence: int) -> str:
    """Deterministic, and another one for each agent of a meeting.

    An agent that is killed stays in the room as a ghost for some twenty seconds. Who joined under
    its identity would evict it, and the server, which keeps one job an identity, would end the
    newcomer's job with it.
    """
    return f"greffier-{room}" if fence == 1 else f"greffier-{room}-{fence}"


async def answer(
    request: JobRequest, *, values: JobValues, record: Record, rooms: RoomBook, running: int
) -> None:
    """Accept the job if nobody captions the room: decided by the lease, before accepting.

    Two accepted jobs of one identity would remove each other. `running` is the number of
    meetings on this worker. Answers within 3 s, whatever the database does.
    """
    name = request.room.name
    if name.startswith(THROW_AWAY_ROOMS):
        await request.reject()
        return
    if running >= values.agent.max_meetings:
        await request.reject(terminate=False)
        return
    try:
        async with asyncio.timeout(ANSWER_SEC):
            lease = await _claim(request.id, name, values=values, record=record, rooms=rooms)
    except TimeoutError:
        log.warning("room %s: the database did not answer in time; left to another worker", name)
        await request.reject(terminate=False)
        return
    if lease is None:
        # Rejected for every worker: whoever holds the lease captions this room already.
        log.info("room %s: captioned already, or not wanted", name)
        await request.reject()
        return
    await request.accept(identity=agent_identity(name, lease.fence), name="Greffier")


async def _claim(
    job_id: str, name: str, *, values: JobValues, record: Record, rooms: RoomBook
) -> Lease | None:
    room = await rooms.get(name)
    if room is not None and not room.transcribe:
        return None
    meeting = await record.open_meeting(
        room=name,
        title=room.title if room is not None else name,
        language=room.language if room is not None else values.captions.languages[0],
        organisers=room.organisers if room is not None else (),
    )
    return await record.take_lease(meeting.id, holder=job_id, ttl_sec=values.first_lease_sec)
