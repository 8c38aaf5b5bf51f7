"""`GET /metrics` of a process at an address of its own, on loopback unless another is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from greffier.errors import CommandError

LOOPBACK = "127.0.0.1"


@contextmanager
def metrics_server(
    address: str, registry: CollectorRegistry, *, setting: str
) -> Iterator[int | None]:
    """Inside it the metrics are served; gives the port, or None where `address` is empty.

    `address` is PORT or HOST:PORT, `setting` the name to blame. Raises CommandError.
    """
    if not address:
        yield None
        return
    host, port = split(address, setting)
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"metrics can't be served at {host}:{port} ({reason}): set {setting} to another "
            "address, or to nothing"
        ) from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def split(address: str, setting: str) -> tuple[str, int]:
    """Host and port; a port alone is on loopback. Raises CommandError."""
    host, _, port = address.strip().rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise CommandError(
            f"{setting} is {address!r}: write a port, or HOST:PORT to be reached from elsewhere"
        )
    return host.strip("[]") or LOOPBACK, int(port)
