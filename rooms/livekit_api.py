"""What the rooms service asks of LiveKit: a small port and its real side."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from livekit import api

from rooms.errors import LiveKitUnavailable, SettingMissing
from rooms.settings import LiveKitSettings

AGENT_PREFIX = "greffier-"
"""Identities that begin so are the agent's: `greffier-<room>`."""

LOOK = "greffier.look"
"""Topic of the packet that says: look at the record; the agent does so at each heartbeat anyway."""

_TIMEOUT_SEC = 4.0
_PEOPLE = frozenset({"STANDARD", "SIP", "CONNECTOR", "BRIDGE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human in a LiveKit room; agents, recorders and hidden participants are none."""

    identity: str
    may_speak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A request for our agent in a room. Times are Unix seconds by LiveKit's clock, 0 if unknown.

    `running_since` is None when no worker has taken it, or its job is over. A killed job goes on
    being reported as running, so this is a hint and the lease in the record decides.
    """

    id: str
    created_at: float
    running_since: float | None


class RoomControl(Protocol):
    """LiveKit's server API, as far as we need it. Every method may raise LiveKitUnavailable."""

    async def active_rooms(self) -> frozenset[str]:
        """Names of the rooms that LiveKit holds now, empty ones included."""
        ...

    async def people(self, room: str) -> list[Person]:
        """The humans in a room; a room that is gone has none."""
        ...

    async def dispatches(self, room: str) -> list[Dispatch]:
        """The dispatches of our agent in a room."""
        ...

    async def create_dispatch(self, room: str) -> None:
        """Ask for our agent; makes the room if it is gone."""
        ...

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        """Take a dispatch back; silent if it is gone."""
        ...

    async def set_transcription(self, room: str, notice: dict[str, str | None]) -> None:
        """Write our part of the room's metadata; silent if the room is gone."""
        ...

    async def set_attributes(self, room: str, identity: str, values: dict[str, str]) -> bool:
        """Change a participant's attributes, an empty one away; False if they are not there."""
        ...

    async def wake_agent(self, room: str) -> None:
        """Have our agent in a room look at the record at once; silent if there is none."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class LiveKitControl:
    """The real side: one HTTP client per process. Make it inside a running event loop."""

    def __init__(self, settings: LiveKitSettings, agent_name: str) -> None:
        self._url = settings.url
        self._agent_name = agent_name
        self._api = api.LiveKitAPI(
            settings.url,
            settings.api_key,
            settings.api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SEC),
        )

    async def active_rooms(self) -> frozenset[str]:
        """See RoomControl."""
        found = await self._ask(self._api.room.list_rooms(api.ListRoomsRequest()))
        return frozenset(room.name for room in found.rooms)

    async def people(self, room: str) -> list[Person]:
        """See RoomControl."""
        request = api.ListParticipantsRequest(room=room)
        found = await self._ask(self._api.room.list_participants(request), gone_is_none=True)
        return [] if found is None else [_person(p) for p in found.participants if _is_human(p)]

    async def dispatches(self, room: str) -> list[Dispatch]:
        """See RoomControl."""
        found = await self._ask(self._api.agent_dispatch.list_dispatch(room), gone_is_none=True)
        return [_dispatch(one) for one in found or () if one.agent_name == self._agent_name]

    async def create_dispatch(self, room: str) -> None:
        """See RoomControl."""
        request = api.CreateAgentDispatchRequest(agent_name=self._agent_name, room=room)
        await self._ask(self._api.agent_dispatch.create_dispatch(request))

    async def delete_dispatch(self, room: str, dispatch_id: str) -> None:
        """See RoomControl."""
        call = self._api.agent_dispatch.delete_dispatch(dispatch_id, room)
        await self._ask(call, gone_is_none=True)

    async def set_transcription(self, room: str, notice: dict[str, str | None]) -> None:
        """See RoomControl."""
        found = await self._ask(self._api.room.list_rooms(api.ListRoomsRequest(names=[room])))
        if not found.rooms:
            return
        metadata = json.dumps(_json_object(found.rooms[0].metadata) | {"greffier": notice})
        request = api.UpdateRoomMetadataRequest(room=room, metadata=metadata)
        await self._ask(self._api.room.update_room_metadata(request), gone_is_none=True)

    async def set_attributes(self, room: str, identity: str, values: dict[str, str]) -> bool:
        """See RoomControl."""
        request = api.UpdateParticipantRequest(room=room, identity=identity, attributes=values)
        call = self._api.room.update_participant(request)
        return await self._ask(call, gone_is_none=True) is not None

    async def wake_agent(self, room: str) -> None:
        """See RoomControl."""
        found = await self._ask(
            self._api.room.list_participants(api.ListParticipantsRequest(room=room)),
            gone_is_none=True,
        )
        agents = [
            one.identity
            for one in (found.participants if found is not None else ())
            if one.permission.hidden and one.identity.startswith(AGENT_PREFIX)
        ]
        if agents:
            request = api.SendDataRequest(
                room=room,
                data=b"{}",
                kind=api.DataPacket.RELIABLE,
                topic=LOOK,
                destination_identities=agents,
            )
            await self._ask(self._api.room.send_data(request), gone_is_none=True)

    async def aclose(self) -> None:
        """See RoomControl."""
        await self._api.aclose()

    async def _ask(self, call: Awaitable[Any], *, gone_is_none: bool = False) -> Any:
        """The answer. With `gone_is_none`, a room or dispatch that is gone answers None."""
        try:
            return await call
        except api.ServerError as error:
            if gone_is_none and error.code == api.ServerErrorCode.NOT_FOUND:
                return None
            if error.status in (401, 403):
                raise LiveKitUnavailable(
                    f"LiveKit at {self._url} refuses our key: "
                    "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET to a pair that it knows"
                ) from error
            raise LiveKitUnavailable(
                f"LiveKit at {self._url} answered {error.status} ({error.code}): "
                "check that LIVEKIT_URL is a LiveKit server"
            ) from error
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise LiveKitUnavailable(
                f"LiveKit doesn't answer at {self._url}: start it, or correct LIVEKIT_URL"
            ) from error


def require_keys(settings: LiveKitSettings) -> None:
    """Raise SettingMissing, naming what is not set."""
    missing = [
        name
        for name, value in (
            ("LIVEKIT_API_KEY", settings.api_key),
            ("LIVEKIT_API_SECRET", settings.api_secret.get_secret_value()),
        )
        if not value
    ]
    if missing:
        raise SettingMissing(
            f"{' and '.join(missing)} not set: put the key and secret of your LiveKit server "
            "into the environment or a .env file"
        )


def _is_human(info: api.ParticipantInfo) -> bool:
    permission = info.permission
    return (
        api.ParticipantInfo.Kind.Name(info.kind) in _PEOPLE
        and info.state != api.ParticipantInfo.State.DISCONNECTED
        and not (permission.hidden or permission.agent or permission.recorder)
        and not info.identity.startswith(AGENT_PREFIX)
    )


def _person(info: api.ParticipantInfo) -> Person:
    return Person(identity=info.identity, may_speak=info.permission.can_publish)


def _dispatch(one: api.AgentDispatch) -> Dispatch:
    running = [
        job.state.started_at / 1e9 for job in one.state.jobs if job.state.status == api.JS_RUNNING
    ]
    return Dispatch(
        id=one.id,
        created_at=one.state.created_at / 1e9,
        running_since=max(running, default=None),
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
