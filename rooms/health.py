"""Alive, and able to work."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, HTTPException
from sqlalchemy.exc import SQLAlchemyError

from rooms.errors import LiveKitUnavailable
from rooms.state import StateOf
from rooms.wire import Health, problems

_log = logging.getLogger("greffier.rooms")
router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> Health:
    """The process answers. Says nothing of the database or LiveKit: see /ready."""
    return Health()


@router.get("/ready", responses=problems(503))
async def ready(state: StateOf) -> Health:
    """The database and LiveKit answer; else 503, saying which does not and what to do."""
    try:
        await asyncio.wait_for(state.record.live_meeting(""), 5)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        _log.warning("the database is not ready: %s", type(error).__name__)
        raise HTTPException(
            503, "the database doesn't answer: check GREFFIER_STORAGE__DATABASE_URL"
        ) from None
    try:
        await state.control.active_rooms()
    except LiveKitUnavailable as error:
        raise HTTPException(503, str(error)) from None
    return Health()
