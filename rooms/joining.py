"""The token endpoint: who may join which room, as whom."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, HTTPException
from fastapi.security import HTTPAuthorizationCredentials

from rooms.access import Credentials
from rooms.errors import LiveKitUnavailable
from rooms.livekit_api import AGENT_PREFIX
from rooms.names import check_room_name, clean_name, guest_name
from rooms.state import State, StateOf
from rooms.tokens import RENEWAL, TokenRefused
from rooms.wire import TokenAnswer, TokenRequest, problems
from storage.line import Room

router = APIRouter(prefix="/api")


@router.post(
    "/token", status_code=201, tags=["tokens"], responses=problems(403, 404, 409, 422, 503)
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
        choice=await state.book.choice(room.name, identity),
    )
    state.metrics.tokens.labels(body.mode).inc()
    meeting = await state.record.live_meeting(room.name)
    state.woken.set()
    return TokenAnswer(
        server_url=state.livekit.public_url or state.livekit.url,
        participant_token=token,
        room_name=room.name,
        participant_identity=identity,
        meeting=meeting.id if meeting else None,
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
    await refuse_foreign(state, name)
    room = Room(name=name, title=name, language="fr", organisers=(), transcribe=True)
    await state.book.create(room)  # False: somebody made it a moment ago, which is as good
    return await state.book.get(name) or room


async def refuse_foreign(state: State, name: str) -> None:
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
