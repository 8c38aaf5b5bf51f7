"""The message to the room, against a server that speaks LiveKit's Twirp."""

import contextlib
import json

import pytest
from aiohttp import web
from livekit import api

from delivery.room import RoomMessages, RoomUnreachable


@contextlib.asynccontextmanager
async def livekit(status=200, code="", rooms=("conseil",)):
    seen = []

    async def take(request):
        seen.append((request.path, await request.read()))
        if status == 200 and request.path.endswith("/ListRooms"):
            found = api.ListRoomsResponse(rooms=[api.Room(name=one) for one in rooms])
            content = found.SerializeToString()
            return web.Response(body=content, content_type="application/protobuf")
        if status == 200:
            return web.Response(body=b"", content_type="application/protobuf")
        return web.json_response({"code": code, "msg": "no"}, status=status)

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}", seen
    finally:
        await runner.cleanup()


async def tell(url):
    room = RoomMessages(url=url, api_key="key", api_secret="s" * 32)
    return await room.minutes(room="conseil", meeting_id="m1", state="delivered")


async def test_message():
    """A reliable packet on the topic of the protocol, to the meeting's room, without the text."""
    async with livekit() as (url, seen):
        assert await tell(url) is True
    path, body = seen[-1]
    assert path == "/twirp/livekit.RoomService/SendData"
    request = api.SendDataRequest.FromString(body)
    assert (request.room, request.topic) == ("conseil", "greffier.minutes")
    assert request.kind == api.DataPacket.RELIABLE
    assert json.loads(request.data) == {
        "type": "minutes", "meeting": "m1", "room": "conseil", "state": "delivered",
    }  # fmt: skip


async def test_room_gone():
    """Everyone has left: fine, whether LiveKit says so at once or in between."""
    async with livekit(rooms=()) as (url, seen):
        assert await tell(url) is False
        assert len(seen) == 1
    async with livekit(404, "not_found") as (url, _):
        assert await tell(url) is False


async def test_refused_or_down():
    """Wrong key, or nobody there: an expected error."""
    async with livekit(401, "unauthenticated") as (url, _):
        with pytest.raises(RoomUnreachable, match="unauthenticated"):
            await tell(url)
    with pytest.raises(RoomUnreachable):
        await tell("ws://127.0.0.1:9")
