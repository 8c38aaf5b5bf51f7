"""Tokens, rooms, and the start and stop of their transcription."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials

from rooms.access import Credentials, is_administrator, may_speak
from rooms.errors import LiveKitUnavailable
from rooms.livekit_api import AGENT_PREFIX
from rooms.names import check_room_name, clean_name, guest_name
from rooms.reconciler import announce_off
from rooms.state import State, StateOf
from rooms.tokens import RENEWAL, TokenRefused
from rooms.wire import (
    Problem,
    RoomAnswer,
    RoomPath,
    RoomRequest,
    TokenAnswer,
    TokenRequest,
    TranscriptionAnswer,
)
from storage.line import Organiser, Room

_log = logging.getLogger("greffier.rooms")
router = APIRouter(prefix="/api")


def _problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": Problem} for code in codes}


@router.post(
    "/token", status_code=201, tags=["tokens"], responses=_problems(403, 404, 409, 422, 503)
)
async def issue_token(body: TokenRequest, state: StateOf, credentials: Credentials) -> TokenAnswer:
    """LiveKit's standard token endpoint (`TokenSource.endpoint` of its SDKs).

    An identity belongs to whoever asked for it first in that room; asked for again, an earlier
    token of it must be shown as Bearer, at most 24 hours after its end.
    """
    room = await _room_to_join(state, body.room_name)
    identity = await _identity(state, room.name, body.participant_identity, credentials)
    name = clean_name(body.participant_name or "") or guest_name(identity, room.language)
    settings = state.rooms
    token = state.tokens.issue(
        room=room.name,
        identity=identity,
        name=name,
        mode=body.mode,
        ttl_sec=settings.token_ttl_sec if body.mode == "speak" else settings.reader_ttl_sec,
    )
    meeting = await state.record.live_meeting(room.name)
    state.woken.set()
    return TokenAnswer(
        server_url=state.livekit.public_url or state.livekit.url,
        participant_token=token,
        room_name=room.name,
        participant_identity=identity,
        meeting=meeting.id if meeting else None,
    )


@router.post("/rooms", status_code=201, tags=["rooms"], responses=_problems(401, 403, 409, 503))
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
    )
    await _refuse_foreign(state, name)
    if not await state.book.create(room):
        raise HTTPException(409, f"the room {name} exists already: join it, or choose another name")
    return await _answer(state, room)


@router.get("/rooms/{room}", tags=["rooms"], responses=_problems(404))
async def read_room(room: RoomPath, state: StateOf) -> RoomAnswer:
    """A room of ours, and whether it is transcribed now: to be known before joining."""
    return await _answer(state, await _own_room(state, room))


@router.post(
    "/rooms/{room}/transcription/start",
    status_code=202,
    tags=["rooms"],
    dependencies=[Depends(may_speak)],
    responses=_problems(401, 403, 404),
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
    responses=_problems(401, 403),
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


async def _room_to_join(state: State, wanted: str | None) -> Room:
    """The room asked for; an unknown one is made where rooms are open."""
    try:
        name = check_room_name(wanted) if wanted else f"room-{uuid.uuid4()}"
    except ValueError as error:
        raise HTTPException(422, f"room_name: {error}") from None
    known = await state.book.get(name)
    if known is not None:
        return known
    if not state.rooms.open_rooms:
        raise HTTPException(
            404, f"there is no room {name}: ask the administrator to make it (POST /api/rooms)"
        )
    await _refuse_foreign(state, name)
    room = Room(name=name, title=name, language="fr", organisers=(), transcribe=True)
    await state.book.create(room)  # False: somebody made it a moment ago, which is as good
    return await state.book.get(name) or room


async def _refuse_foreign(state: State, name: str) -> None:
    """Never open another product's room: its own doorkeeper decides who may come in."""
    if await state.book.get(name) is not None:
        return
    try:
        foreign = name in await state.control.active_rooms()
    except LiveKitUnavailable as error:
        raise HTTPException(503, str(error)) from None
    if foreign or await state.record.latest_meeting(name) is not None:
        raise HTTPException(
            409, f"the room {name} belongs to another service: join it there, or choose a new name"
        )


async def _identity(
    state: State, room: str, wanted: str | None, credentials: HTTPAuthorizationCredentials | None
) -> str:
    """The identity asked for, if it is free or proven to be one's own; else a new one."""
    if wanted is None:
        wanted = str(uuid.uuid4())
    if wanted.lower().startswith(AGENT_PREFIX):
        raise HTTPException(403, f"identities that begin with '{AGENT_PREFIX}' are the agent's")
    if await state.book.claim_identity(room, wanted):
        return wanted
    if credentials is not None:
        try:
            holder = state.tokens.holder(credentials.credentials, grace=RENEWAL)
        except TokenRefused:
            holder = None
        if holder is not None and (holder.room, holder.identity) == (room, wanted):
            return wanted
    raise HTTPException(
        403,
        "this identity is somebody else's in this room: leave it out to be given one, "
        "or show your earlier token as 'Authorization: Bearer …'",
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
        transcription="on" if meeting else "off",
        meeting=meeting.id if meeting else None,
    )
