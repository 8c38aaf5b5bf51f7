"""Free ports on loopback, and LiveKit's own server on them."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from greffier.supervisor import ProcessFailed

LIVEKIT_VERSION = "v1.13.5"
NO_STUN_PORT = 9
"""Discard: nobody serves STUN there."""


def free_port(wanted: int, *, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """`wanted` if nobody listens there, else one that the system gives."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ProcessFailed("no port is free on 127.0.0.1: close some programs and try again")


def livekit_server() -> str:
    """The LiveKit server's program: $LIVEKIT_SERVER, PATH, or the one `make` built."""
    built = Path(__file__).parent.parent / ".tools" / "bin" / "livekit-server"
    for candidate in (os.environ.get("LIVEKIT_SERVER"), shutil.which("livekit-server"), str(built)):
        if candidate and Path(candidate).is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise ProcessFailed(
        f"no livekit-server found: run `make demo`, which builds {LIVEKIT_VERSION} once, "
        "or set LIVEKIT_SERVER to the program's path"
    )


def livekit_config(
    *,
    port: int,
    tcp_port: int,
    udp_port: int,
    key: str,
    secret: str,
    webhook: str,
    address: str = "127.0.0.1",
) -> str:
    """A configuration, as YAML: one address of this machine, one UDP port, no STUN outside.

    The STUN server is a port that nobody listens on: without one LiveKit names Google's, and with
    its own UDP port WebRTC takes all that comes from there for answers to STUN, and none for media,
    which then goes over TCP, where each lost packet holds up all that follow.
    """
    return f"""port: {port}
bind_addresses: [{address}]
log_level: warn
rtc:
  udp_port: {udp_port}
  tcp_port: {tcp_port}
  use_external_ip: false
  ips: {{includes: [{address}/32]}}
  node_ip: {address}
  enable_loopback_candidate: true
  stun_servers: ["{address}:{NO_STUN_PORT}"]
keys: {{{key}: {secret}}}
room: {{auto_create: true, empty_timeout: 300, departure_timeout: 20}}
webhook: {{api_key: {key}, urls: ["{webhook}"]}}
"""
