"""A model hub on this machine, with its own protocol: an API, files, and a second host for weights.

Real sockets on free ports. Large files are redirected to the second server, as the public hub does.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODEL = "Systran/faster-whisper-tiny"


@dataclass
class FakeHub:
    """What it holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    model: str = MODEL
    lists_hashes: bool = True
    status: int = 200
    corrupt: set[str] = field(default_factory=set)
    break_once_at: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    cdn_url: str = ""

    def fetched(self, name: str = "") -> list[dict[str, str]]:
        """The headers of each download of that file, of any without a name, from either host."""
        return [
            headers
            for host, method, path, headers in self.asked
            if method == "GET" and not path.startswith("/api/") and path.endswith(name)
            if host == "cdn" or not self.is_large(path.rsplit("/", 1)[-1])
        ]

    def headers_of(self, host: str) -> list[dict[str, str]]:
        """The headers of each request to that host."""
        return [headers for where, _, _, headers in self.asked if where == host]

    def is_large(self, name: str) -> bool:
        return name.endswith((".bin", ".safetensors"))

    def listing(self) -> dict[str, object]:
        return {
            "id": self.model,
            "sha": COMMIT,
            "siblings": [self._sibling(name, data) for name, data in self.files.items()],
        }

    def etag(self, name: str) -> str:
        data = self.files[name]
        if self.is_large(name):
            return hashlib.sha256(data).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def _sibling(self, name: str, data: bytes) -> dict[str, object]:
        if not self.lists_hashes:
            return {"rfilename": name}
        lfs = {"sha256": self.etag(name), "size": len(data), "pointerSize": 130}
        return {
            "rfilename": name,
            "size": len(data),
            "blobId": "0" * 40 if self.is_large(name) else self.etag(name),
            **({"lfs": lfs} if self.is_large(name) else {}),
        }


def _handler(hub: FakeHub, host: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            asked = {name.lower(): value for name, value in self.headers.items()}
            hub.asked.append((host, self.command, path, asked))
            api = f"/api/models/{hub.model}/revision/"
            resolve = f"/{hub.model}/resolve/{COMMIT}/"
            if host == "cdn":
                self._file(path.removeprefix("/"))
            elif hub.status != 200:
                self._send(hub.status, b"{}", {})
            elif path in (f"{api}main", f"{api}{COMMIT}"):
                self._send(200, json.dumps(hub.listing()).encode(), {})
            elif path.startswith(api):
                self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            elif path.startswith(resolve) and path.removeprefix(resolve) in hub.files:
                self._resolve(path.removeprefix(resolve))
            else:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

        def _resolve(self, name: str) -> None:
            marks = {"X-Repo-Commit": COMMIT, "ETag": f'"{hub.etag(name)}"'}
            if not hub.is_large(name):
                self._file(name, marks)
                return
            linked = {
                "X-Linked-Size": str(len(hub.files[name])),
                "X-Linked-Etag": f'"{hub.etag(name)}"',
                "Location": f"{hub.cdn_url}/{name}",
            }
            self._send(302, b"", {**marks, **linked, "ETag": '"of-the-redirect"'})

        def _file(self, name: str, headers: dict[str, str] | None = None) -> None:
            data = hub.files[name]
            if name in hub.corrupt:
                data = bytes([255 - data[0]]) + data[1:]
            first, status, extra = 0, 200, dict(headers or {})
            if wanted := self.headers.get("Range"):
                first = int(wanted.removeprefix("bytes=").split("-")[0])
                extra["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
                status = 206
            self._send(status, data[first:], extra, stop=hub.break_once_at.pop(name, None))

        def _send(
            self, status: int, body: bytes, headers: dict[str, str], stop: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body[:stop])

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def running(hub: FakeHub) -> Iterator[FakeHub]:
    """Serve it on two ports until the block ends."""
    with contextlib.ExitStack() as stack:
        for host in ("hub", "cdn"):
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, host))
            stack.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            url = f"http://127.0.0.1:{server.server_port}"
            if host == "hub":
                hub.url = url
            else:
                hub.cdn_url = url
        yield hub
