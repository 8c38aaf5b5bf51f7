"""What was said so far, and the minutes: for people of the room only, and never in a log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from rooms.access import may_read
from rooms.state import State, StateOf
from rooms.wire import HistoryAnswer, RoomPath, problems
from storage.line import Meeting, MeetingState

router = APIRouter(prefix="/api/rooms/{room}", tags=["record"], dependencies=[Depends(may_read)])

MeetingId = Annotated[
    str | None, Query(max_length=36, description="A meeting of this room; absent: the newest")
]


@router.get("/history", responses=problems(401, 403))
async def read_history(
    room: RoomPath,
    state: StateOf,
    after: Annotated[int, Query(ge=0, description="Only lines with a greater `seq`")] = 0,
    meeting: MeetingId = None,
) -> HistoryAnswer:
    """Lines of the room's newest meeting, for who joins late or missed some."""
    found = await _meeting(state, room, meeting)
    if found is None:
        return HistoryAnswer(meeting=None, state=None, started_at=None, lines=[])
    return HistoryAnswer(
        meeting=found.id,
        state=found.state,
        started_at=found.started_at,
        lines=await state.record.lines(found.id, after=after),
    )


@router.get(
    "/minutes",
    responses=problems(401, 403, 404),
    response_class=Response,
)
async def read_minutes(room: RoomPath, state: StateOf, meeting: MeetingId = None) -> Response:
    """The newest meeting's minutes.json, once they are there."""
    found = await _meeting(state, room, meeting)
    if found is None:
        raise HTTPException(404, "no meeting has been transcribed in this room yet")
    if found.state is MeetingState.LIVE:
        raise HTTPException(404, "the meeting goes on: its minutes follow its end")
    content = await asyncio.to_thread(_read, state.results / found.id / "minutes.json")
    if content is None:
        if found.state is MeetingState.FAILED:
            raise HTTPException(404, f"the minutes could not be made: {found.error}")
        raise HTTPException(404, "the minutes are being made: ask again in some seconds")
    return Response(content, media_type="application/json")


async def _meeting(state: State, room: str, meeting_id: str | None) -> Meeting | None:
    if meeting_id is None:
        return await state.record.latest_meeting(room)
    found = await state.record.meeting(meeting_id)
    # The token opens one room: a meeting of another is, for its holder, not there.
    if found is None or found.room != room:
        raise HTTPException(404, "there is no such meeting in this room")
    return found


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
