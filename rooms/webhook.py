"""LiveKit's webhook: a hint to look now. Lost or doubled, it changes nothing but the speed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from rooms.access import unauthorised
from rooms.state import StateOf
from rooms.tokens import TokenRefused
from rooms.wire import problems

router = APIRouter(tags=["livekit"])

_WORTH_A_LOOK = frozenset(
    {"room_started", "room_finished", "participant_joined", "participant_left"}
)


@router.post(
    "/livekit/webhook",
    status_code=204,
    response_class=Response,
    responses=problems(401, 413),
)
async def receive(
    request: Request, state: StateOf, authorization: Annotated[str, Header()] = ""
) -> Response:
    """Signed by LiveKit with our key; the signature covers the body's hash."""
    try:
        event = state.tokens.webhook(await request.body(), authorization)
    except TokenRefused as error:
        raise unauthorised(str(error)) from None
    if event.event in _WORTH_A_LOOK:
        state.woken.set()
    return Response(status_code=204)
