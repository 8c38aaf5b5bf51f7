"""What the routes share: one frozen value, made when the service starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from rooms.livekit_api import RoomControl
from rooms.metrics import RoomsMetrics
from rooms.settings import LiveKitSettings, RoomsSettings
from rooms.tokens import Tokens
from storage.record import Record
from storage.rooms import RoomBook


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Settings and connections of the service. `woken` makes the reconciler look at once."""

    rooms: RoomsSettings
    livekit: LiveKitSettings
    results: Path
    tokens: Tokens
    control: RoomControl
    record: Record
    book: RoomBook
    woken: asyncio.Event
    metrics: RoomsMetrics


def _state(request: Request) -> State:
    return cast(State, request.app.state.greffier)


StateOf = Annotated[State, Depends(_state)]
