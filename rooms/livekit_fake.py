"""LiveKit in memory, behind the same port: for tests and for trying the service without it."""

from __future__ import annotations

from rooms.errors import LiveKitUnavailable
from rooms.livekit_api import Dispatch, Person


class FakeRoomControl:
    """LiveKit in memory: `rooms` maps names to people. With `down`, every call fails."""

    def __init__(self) -> None:
        self.rooms: dict[str, list[Person]] = {}
        self.asked: dict[str, list[Dispatch]] = {}
        self.notices: dict[str, dict[str, str | None]] = {}
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.attributes: dict[tuple[str, str], dict[str, str]] = {}
        self.woken: list[str] = []
        self.down = False
        self.closed = False

    async def active_rooms(self) -> frozenset[str]:
        """See RoomControl."""
        self._answer()
        return frozenset(self.rooms)

    async def people(self, room: str) -> list[Person]:
        """See RoomControl."""
        self._answer()
        return self.rooms.get(room, [])

    async def dispatches(self, room: str) -> list[Dispatch]:
        """See RoomControl."""
        self._answer()
        return list(self.asked.get(room, []))

    async def create_dispatch(self, room: str) -> None:
        """See RoomControl."""
        self._answer()
        self.created.append(room)
        name = f"AD_{len(self.created)}"
        self.asked.setdefault(room, []).append(Dispatch(id=name, created_at=0, running_since=None))

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        """See RoomControl."""
        self._answer()
        self.deleted.append(dispatch_id)
        self.asked[room] = [one for one in self.asked.get(room, []) if one.id != dispatch_id]

    async def set_transcription(self, room: str, notice: dict[str, str | None]) -> None:
        """See RoomControl."""
        self._answer()
        self.notices[room] = notice

    async def set_attributes(self, room: str, identity: str, values: dict[str, str]) -> bool:
        """See RoomControl."""
        self._answer()
        if identity not in (person.identity for person in self.rooms.get(room, [])):
            return False
        self.attributes.setdefault((room, identity), {}).update(values)
        return True

    async def wake_agent(self, room: str) -> None:
        """See RoomControl."""
        self._answer()
        self.woken.append(room)

    async def aclose(self) -> None:
        """See RoomControl."""
        self.closed = True

    def _answer(self) -> None:
        if self.down:
            raise LiveKitUnavailable("LiveKit doesn't answer at ws://fake: start it")
