"""A cap on what may be sent to us, before anything reads it."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 256 * 1024
"""Largest request body: a webhook of a full room is some tens of kilobytes."""


class BodyLimit:
    """Answers 413 to a larger body, by its declared length or, undeclared, as it grows."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_BYTES) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit, then pass it on as one message."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit_bytes:
                detail = f"the body is larger than {self._limit_bytes} bytes: send less"
                await JSONResponse({"detail": detail}, status_code=413)(scope, receive, send)
                return
        read = False

        async def replay() -> Message:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
