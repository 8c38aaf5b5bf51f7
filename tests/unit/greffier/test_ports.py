"""Ports and LiveKit's own server."""

import socket
from pathlib import Path

import pytest

from greffier import ports
from greffier.supervisor import ProcessFailed


def test_a_taken_port_gives_another() -> None:
    """The wanted one if free, else one of the system's."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert ports.free_port(port) != port
    assert ports.free_port(port) == port


def test_no_server_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the variable, nor PATH, nor a built one."""
    monkeypatch.setenv("LIVEKIT_SERVER", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ports, "__file__", str(tmp_path / "greffier" / "ports.py"))
    with pytest.raises(ProcessFailed, match=r"make demo.*LIVEKIT_SERVER"):
        ports.livekit_server()
