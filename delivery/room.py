"""The room is told that the minutes are there; the text itself is fetched with a reader's token."""

from __future__ import annotations

import json
from typing import Literal

import aiohttp
from livekit import api

TOPIC = "greffier.minutes"
_TIMEOUT_SEC = 5.0

State = Literal["delivered", "failed"]


class RoomUnreachable(Exception):
    """LiveKit did not take the message; try again. The minutes themselves don't depend on it."""


class RoomMessages:
    """Messages from the server to everyone in a room."""

    def __init__(self, *, url: str, api_key: str, api_secret: str) -> None:
        self._url = url
        self._key = api_key
        self._secret = api_secret

    async def minutes(self, *, room: str, meeting_id: str, state: State) -> bool:
        """Tell the room; False if it is gone, which is fine. Raises RoomUnreachable."""
        message = {"type": "minutes", "meeting": meeting_id, "room": room, "state": state}
        request = api.SendDataRequest(
            room=room, data=json.dumps(message).encode(), kind=api.DataPacket.RELIABLE, topic=TOPIC
        )
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SEC)
        try:
            async with api.LiveKitAPI(
                self._url, self._key, self._secret, timeout=timeout
            ) as livekit:
                # A message to a room that is gone is answered only after 3 s, by `unavailable`,
                # as is one to a server in trouble: so ask first.
                found = await livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
                if not found.rooms:
                    return False
                await livekit.room.send_data(request)
        except api.TwirpError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return False
            raise RoomUnreachable(f"LiveKit refuses the message: {error.code}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RoomUnreachable(f"LiveKit can't be reached: {type(error).__name__}") from None
        return True
