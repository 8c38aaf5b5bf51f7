"""Rooms, and the start and stop of their transcription."""

from __future__ import annotations

import logging
import uuid

from fastapi import APIRouter, Depends, HTTPException, status

from rooms.access import Credentials, is_administrator, may_speak
from rooms.errors import LiveKitUnavailable
from rooms.joining import refuse_foreign
from rooms.names import clean_name
from rooms.reconciler import announce_off
from rooms.state import State, StateOf
from rooms.wire import RoomAnswer, RoomPath, RoomRequest, TranscriptionAnswer, problems
from storage.line import Organiser, Room

_log = logging.getLogger("greffier.rooms")
router = APIRouter(prefix="/api")


@router.post("/rooms", status_code=201, tags=["rooms"], responses=problems(401, 403, 409, 503))
async def create_room(body: RoomRequest, state: StateOf, credentials: Credentials) -> RoomAnswer:
    """Make a room. Organisers, to whom minutes are mailed, need the administrator's key."""
    administrator = is_administrator(state, credentials)
    if body.organisers and not administrator:
        raise HTTPException(
            403,
            "only the administrator may name organisers: send the key of GREFFIER_ROOMS__API_KEY "
            "as 'Authorization: Bearer …', or leave organisers out",
        )
    if not state.rooms.open_rooms and not administrator:
        raise HTTPException(
            403, "only the administrator may make rooms here: send the key, or ask them for a room"
        )
    name = body.name or f"room-{uuid.uuid4()}"
    room = Room(
        name=name,
        title=clean_name(body.title, 200) or name,
        language=body.language,
        organisers=tuple(
            Organiser(email=one.email, name=clean_name(one.name), language=one.language)
            for one in body.organisers
        ),
        transcribe=body.transcribe,
        glossary=tuple(filter(None, (clean_name(term, 80) for term in body.glossary))),
        spoken=None if body.spoken == "auto" else body.spoken,
    )
    await refuse_foreign(state, name)
    if not await state.book.create(room):
        raise HTTPException(409, f"the room {name} exists already: join it, or choose another name")
    return await _answer(state, room)


@router.get("/rooms/{room}", tags=["rooms"], responses=problems(404))
async def read_room(room: RoomPath, state: StateOf) -> RoomAnswer:
    """A room of ours, and whether it is transcribed now: to be known before joining."""
    return await _answer(state, await _own_room(state, room))


@router.post(
    "/rooms/{room}/transcription/start",
    status_code=202,
    tags=["rooms"],
    dependencies=[Depends(may_speak)],
    responses=problems(401, 403, 404),
)
async def start_transcription(room: RoomPath, state: StateOf) -> TranscriptionAnswer:
    """Want this room transcribed: the agent comes within seconds and tells everyone first."""
    await _own_room(state, room)
    await state.book.set_transcribe(room, wanted=True)
    state.woken.set()
    meeting = await state.record.live_meeting(room)
    return TranscriptionAnswer(
        room=room, transcription="on", meeting=meeting.id if meeting else None
    )


@router.post(
    "/rooms/{room}/transcription/stop",
    status_code=202,
    tags=["rooms"],
    dependencies=[Depends(may_speak)],
    responses=problems(401, 403),
)
async def stop_transcription(room: RoomPath, state: StateOf) -> TranscriptionAnswer:
    """Stop, and end the meeting: its minutes follow. A later start begins a new meeting."""
    await state.book.set_transcribe(room, wanted=False)
    meeting = await state.record.live_meeting(room)
    if meeting is not None:
        await state.record.end_meeting(meeting.id)
    if await state.book.get(room) is not None:
        try:
            await announce_off(state.control, room)
        except LiveKitUnavailable as error:
            _log.warning("room %s is stopped, but could not be told so: %s", room, error)
    return TranscriptionAnswer(
        room=room, transcription="off", meeting=meeting.id if meeting else None
    )


@router.post(
    "/rooms/{room}/transcription/pause",
    status_code=202,
    tags=["rooms"],
    dependencies=[Depends(may_speak)],
    responses=problems(401, 403, 409),
)
async def pause_transcription(room: RoomPath, state: StateOf) -> TranscriptionAnswer:
    """Off the record: nobody is heard until it is resumed; a gap with that reason."""
    return await _set_off_record(state, room, off_record=True)


@router.post(
    "/rooms/{room}/transcription/resume",
    status_code=202,
    tags=["rooms"],
    dependencies=[Depends(may_speak)],
    responses=problems(401, 403, 409),
)
async def resume_transcription(room: RoomPath, state: StateOf) -> TranscriptionAnswer:
    """On the record again: everyone is told first."""
    return await _set_off_record(state, room, off_record=False)


async def _set_off_record(state: State, room: str, *, off_record: bool) -> TranscriptionAnswer:
    meeting = await state.record.live_meeting(room)
    if meeting is None:
        raise HTTPException(409, "nothing is transcribed in this room now: start it first")
    await state.record.set_off_record(meeting.id, off_record)
    try:
        await state.control.wake_agent(room)
    except LiveKitUnavailable as error:
        _log.warning("room %s: the agent looks by itself only in a moment: %s", room, error)
    return TranscriptionAnswer(
        room=room, transcription="paused" if off_record else "on", meeting=meeting.id
    )


async def _own_room(state: State, name: str) -> Room:
    room = await state.book.get(name)
    if room is None:
        raise HTTPException(
            status.HTTP_404_NOT_FOUND,
            "there is no such room here: make it with POST /api/rooms, or join it",
        )
    return room


async def _answer(state: State, room: Room) -> RoomAnswer:
    meeting = await state.record.live_meeting(room.name)
    return RoomAnswer(
        name=room.name,
        title=room.title,
        language=room.language,
        wanted=room.transcribe,
        transcription="off" if meeting is None else "paused" if meeting.off_record else "on",
        meeting=meeting.id if meeting else None,
    )
