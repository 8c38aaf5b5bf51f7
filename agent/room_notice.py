"""The notice that a meeting is transcribed: the agent is hidden, this is not.

In rooms of our own the room's metadata carries it. In a room of another product metadata is never
written: each person gets a reliable data packet on joining.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from livekit import api, rtc

STARTED = json.dumps({"type": "transcriptionStarted"}).encode()


class Notice(Protocol):
    """How the people of one room are told."""

    async def give(self) -> None:
        """Tell everybody who is there. Raises if it did not go out."""
        ...

    async def tell(self, identity: str) -> None:
        """Tell one who came later."""
        ...

    def left(self, identity: str) -> None:
        """One has left; who comes back is told again."""
        ...

    async def pause(self) -> None:
        """Tell everybody that what is said is off the record; `give` ends it."""
        ...

    async def withdraw(self) -> None:
        """Say that the transcription is over."""
        ...


class OwnRoomNotice:
    """In the metadata of a room of our own; late joiners read it there."""

    def __init__(
        self, livekit: api.LiveKitAPI, *, room: str, meeting_id: str, since: datetime
    ) -> None:
        self._livekit = livekit
        self._room = room
        self._meeting_id = meeting_id
        self._since = since

    async def give(self) -> None:
        """Metadata: on. Raises api.TwirpError, aiohttp.ClientError, LookupError."""
        if not await self._write("on"):
            raise LookupError("the room is not there")

    async def tell(self, identity: str) -> None:
        """Nothing to do: the metadata says it."""

    def left(self, identity: str) -> None:
        """Nothing to do."""

    async def pause(self) -> None:
        """Metadata: paused. Raises as `give`."""
        if not await self._write("paused"):
            raise LookupError("the room is not there")

    async def withdraw(self) -> None:
        """Metadata: off."""
        await self._write("off")

    async def _write(self, state: str) -> bool:
        answer = await self._livekit.room.list_rooms(api.ListRoomsRequest(names=[self._room]))
        if not answer.rooms:
            return False
        metadata = merged(
            answer.rooms[0].metadata, state=state, meeting_id=self._meeting_id, since=self._since
        )
        await self._livekit.room.update_room_metadata(
            api.UpdateRoomMetadataRequest(room=self._room, metadata=metadata)
        )
        return True


class ForeignRoomNotice:
    """As data packets, in a room that another product owns."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._told: set[str] = set()
        self._paused = False

    async def give(self) -> None:
        """One packet to each who is there. Raises rtc.PublishDataError."""
        self._paused = False
        active = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
        people = self._room.remote_participants.values()
        await self._send([one.identity for one in people if one.state == active])

    async def tell(self, identity: str) -> None:
        """One packet to the newcomer; a rejoin is told again."""
        if identity not in self._told and not self._paused:
            await self._send([identity])

    def left(self, identity: str) -> None:
        """Forget one who left."""
        self._told.discard(identity)

    async def pause(self) -> None:
        """The same packet as at the end: for who reads it nothing is transcribed."""
        self._paused = True
        await self.withdraw()

    async def withdraw(self) -> None:
        """Tell everybody that it is over."""
        packet = json.dumps({"type": "transcriptionStopped"})
        await self._room.local_participant.publish_data(packet, reliable=True)

    async def _send(self, identities: Iterable[str]) -> None:
        names = list(identities)
        if not names:
            return
        self._told.update(names)
        try:
            await self._room.local_participant.publish_data(
                STARTED, reliable=True, destination_identities=names
            )
        except BaseException:
            self._told.difference_update(names)
            raise


def merged(metadata: str, *, state: str, meeting_id: str, since: datetime) -> str:
    """The room's metadata with our part replaced and everybody else's kept."""
    try:
        parsed: Any = json.loads(metadata or "{}")
    except ValueError:
        parsed = {}
    others = parsed if isinstance(parsed, dict) else {}
    ours = {
        "transcription": state,
        "meeting": meeting_id,
        "since": since.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return json.dumps({**others, "greffier": ours}, ensure_ascii=False)
