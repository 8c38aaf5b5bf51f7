"""Where the recognition process listens, and the socket it listens on."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from models.base import ModelError

LONGEST_SOCKET_PATH = 107
"""Bytes; what Linux leaves of sun_path after its closing zero."""
OTHER_ADDRESS = "stop the process that holds it, or choose another asr.url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A Unix socket (`path`) or a TCP address (`host`, `port`)."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    @property
    def base_url(self) -> str:
        """What a client's requests are relative to."""
        if self.path is not None:
            return "http://asr"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path is not None else self.base_url


def parse_addresses(urls: str) -> tuple[Address, ...]:
    """Read one address, or several that are separated by commas. Raises ModelError."""
    return tuple(parse_address(url.strip()) for url in urls.split(","))


def parse_address(url: str) -> Address:
    """Read `unix:PATH` or `http://HOST:PORT`. Raises ModelError."""
    if url.startswith("unix:"):
        path = Path(url.removeprefix("unix:"))
        if not path.name:
            raise ModelError("asr.url names no socket file; write unix:PATH")
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            raise ModelError(
                f"the socket path {path} has {len(os.fsencode(path))} bytes and the system takes"
                f" {LONGEST_SOCKET_PATH}; choose a shorter asr.url"
            )
        return Address(path=path)
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and parts.port is not None:
            return Address(host=parts.hostname, port=parts.port)
    except ValueError:
        pass
    raise ModelError(f"asr.url is {url!r}; write unix:PATH or http://HOST:PORT")


def bind(address: Address) -> socket.socket:
    """Return a bound socket that doesn't listen yet. Raises ModelError when it is in use."""
    if address.path is not None:
        return _bind_path(address.path)
    try:
        # An unresolvable name is the administrator's mistake as much as a port that is taken.
        family, kind, _, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )[0]
        return _bound(family, kind, target)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ModelError(f"{address} is in use; {OTHER_ADDRESS}") from error
        raise ModelError(f"can't listen on {address}: {error.strerror}; change asr.url") from error


def _bound(family: int, kind: int, target: tuple[object, ...] | str) -> socket.socket:
    bound = socket.socket(family, kind)
    try:
        if family != socket.AF_UNIX:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(target)
    except OSError:
        bound.close()
        raise
    return bound


def _bind_path(path: Path) -> socket.socket:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            if not path.is_socket():
                raise ModelError(f"{path} is a file, not a socket; choose another asr.url")
            if _somebody_listens(path):
                raise ModelError(f"unix:{path} is in use; {OTHER_ADDRESS}")
            path.unlink()  # left behind by a process that was killed
        bound = _bound(socket.AF_UNIX, socket.SOCK_STREAM, str(path))
        # What is said in meetings passes here: for this account alone.
        path.chmod(0o600)
    except OSError as error:
        raise ModelError(
            f"can't listen on unix:{path}: {error.strerror}; change asr.url"
        ) from error
    return bound


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except TimeoutError:
            return True
        return True
