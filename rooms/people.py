"""What people choose for themselves: the language they speak, and not to be transcribed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response

from rooms.access import may_choose
from rooms.errors import LiveKitUnavailable
from rooms.state import StateOf
from rooms.wire import ChoiceRequest, RoomPath, problems
from storage.choice import LANGUAGE, OPTED_OUT

router = APIRouter(prefix="/api/rooms/{room}/people", tags=["people"])


@router.patch(
    "/{identity}",
    status_code=204,
    response_class=Response,
    dependencies=[Depends(may_choose)],
    responses=problems(401, 403, 404, 422, 503),
)
async def choose(
    room: RoomPath,
    identity: Annotated[str, Path(max_length=128)],
    body: ChoiceRequest,
    state: StateOf,
) -> Response:
    """One's own language, and whether one is transcribed; with the key, anybody's.

    It holds at once, and in a room of ours whenever the person joins it again.
    """
    choice = await state.book.choice(room, identity)
    changed: dict[str, str] = {}
    if body.language is not None:
        choice = replace(choice, language=None if body.language == "auto" else body.language)
        changed[LANGUAGE] = choice.attributes()[LANGUAGE]
    if body.transcribed is not None:
        choice = replace(choice, opted_out=not body.transcribed)
        changed[OPTED_OUT] = choice.attributes()[OPTED_OUT]
    kept = await state.book.choose(room, identity, choice)
    try:
        there = bool(changed) and await state.control.set_attributes(room, identity, changed)
    except LiveKitUnavailable as error:
        raise HTTPException(503, str(error)) from None
    if not kept and not there and changed:
        raise HTTPException(404, "there is nobody of this identity in the room: join it first")
    return Response(status_code=204)
