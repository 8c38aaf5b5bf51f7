"""The page, as built into `web/dist`, and the headers that keep it to itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SecurityHeaders:
    """Adds the same headers to every answer. `livekit_url` is the one other host to reach."""

    def __init__(self, app: ASGIApp, livekit_url: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _policy(livekit_url),
            "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=()",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers set as the answer starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def mount_page(app: FastAPI, page: Path | None, *, demo_model: bool = False) -> None:
    """Serve `page`/index.html at / and its assets; where there is none, say so at /.

    With `demo_model` its root element carries `data-demo-model`, by which the page says so.
    """
    index = None if page is None else page / "index.html"

    @app.get("/", include_in_schema=False)
    async def show_page() -> Response:
        if index is None or not index.is_file():
            return PlainTextResponse(
                "The page has not been built: run `make web`, or take a checkout that holds "
                "web/dist. The API works without it: see /docs.\n",
                status_code=503,
            )
        # The bundle's names carry a hash, the page's doesn't: it must be asked for each time.
        headers = {"Cache-Control": "no-cache"}
        if not demo_model:
            return FileResponse(index, headers=headers)
        text = await asyncio.to_thread(index.read_text, "utf-8")
        marked = text.replace("<html", "<html data-demo-model", 1)
        return HTMLResponse(marked, headers=headers)

    if page is not None and (page / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=page / "assets"), name="assets")


def _policy(livekit_url: str) -> str:
    """Content-Security-Policy: ourselves, and the LiveKit server (its signal and its checks)."""
    parts = urlsplit(livekit_url)
    secure = parts.scheme in ("wss", "https")
    schemes = ("wss", "https") if secure else ("ws", "http")
    livekit = " ".join(f"{scheme}://{parts.netloc}" for scheme in schemes)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self' {livekit}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
