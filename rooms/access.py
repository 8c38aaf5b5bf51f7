"""Who may do what: a participant's token of the room, or the administrator's key."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from rooms.state import State, StateOf
from rooms.tokens import Holder, TokenRefused
from rooms.wire import RoomPath

_bearer = HTTPBearer(
    auto_error=False, description="A participant's token of the room, or the administrator's key"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def unauthorised(detail: str) -> HTTPException:
    """401, with the scheme that the client is to use."""
    return HTTPException(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


def is_administrator(state: State, credentials: HTTPAuthorizationCredentials | None) -> bool:
    """Whether the administrator's key is shown; never, where none is set."""
    key = state.rooms.api_key.get_secret_value()
    shown = credentials.credentials if credentials else ""
    # Compared in constant time, so that the key can't be found byte by byte.
    return bool(key) and secrets.compare_digest(shown.encode(), key.encode())


def may_read(room: RoomPath, state: StateOf, credentials: Credentials) -> None:
    """Let pass who holds a token of this room, or the key."""
    _holder(room, state, credentials)


def may_speak(room: RoomPath, state: StateOf, credentials: Credentials) -> None:
    """Let pass who may publish in this room, or holds the key."""
    holder = _holder(room, state, credentials)
    if holder is not None and not holder.may_speak:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "this token may only read: ask POST /api/token for one with mode 'speak'",
        )


def may_choose(room: RoomPath, identity: str, state: StateOf, credentials: Credentials) -> None:
    """Let pass who is this person, or holds the key."""
    holder = _holder(room, state, credentials)
    if holder is not None and holder.identity != identity:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "this is another person's to choose: only they themselves may, with their own token, "
            "or the administrator, with the key",
        )


def _holder(
    room: str, state: State, credentials: HTTPAuthorizationCredentials | None
) -> Holder | None:
    """The token's holder; None for the administrator."""
    if credentials is None:
        raise unauthorised("send a participant token of this room as 'Authorization: Bearer …'")
    if is_administrator(state, credentials):
        return None
    try:
        holder = state.tokens.holder(credentials.credentials)
    except TokenRefused as error:
        raise unauthorised(str(error)) from None
    if holder.room != room:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "this token is for another room: ask for one of this room"
        )
    return holder
