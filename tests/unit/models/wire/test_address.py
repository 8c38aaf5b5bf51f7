from __future__ import annotations

import socket
from pathlib import Path

import pytest

from models.base import ModelError
from models.wire.address import bind, parse_address


def test_both_kinds_are_read() -> None:
    """unix:PATH and http://HOST:PORT."""
    assert parse_address("unix:a/b.sock").path == Path("a/b.sock")
    tcp = parse_address("http://127.0.0.1:9000")
    assert (tcp.host, tcp.port, tcp.base_url) == ("127.0.0.1", 9000, "http://127.0.0.1:9000")
    assert parse_address("http://[::1]:9000").base_url == "http://[::1]:9000"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("unix:", "names no socket"),
        ("unix:/tmp/" + "x" * 120, "takes 107"),
        ("localhost:1", "write unix:PATH"),
        ("http://localhost", "write unix:PATH"),
        ("http://localhost:99999", "write unix:PATH"),
        ("https://localhost:1", "write unix:PATH"),
    ],
)
def test_what_is_no_address_is_explained(url: str, message: str) -> None:
    """Every wrong address says what to write."""
    with pytest.raises(ModelError, match=message):
        parse_address(url)


def test_a_stale_socket_is_removed(tmp_path: Path) -> None:
    """A file left by a killed process doesn't stop the next one, and is private."""
    address = parse_address(f"unix:{tmp_path}/new/a.sock")
    bind(address).close()
    with bind(address):
        assert address.path is not None
        assert address.path.stat().st_mode & 0o777 == 0o600


def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    """Somebody who listens is left alone."""
    path = tmp_path / "a.sock"
    with bind(parse_address(f"unix:{path}")) as held:
        held.listen()
        with pytest.raises(ModelError, match="is in use"):
            bind(parse_address(f"unix:{path}"))
    with bind(parse_address("http://127.0.0.1:0")) as held:
        held.listen()
        with pytest.raises(ModelError, match="is in use"):
            bind(parse_address(f"http://127.0.0.1:{held.getsockname()[1]}"))


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A path that holds a file is a mistake, not a stale socket."""
    file = tmp_path / "precious"
    file.write_text("keep me")
    with pytest.raises(ModelError, match="not a socket"):
        bind(parse_address(f"unix:{file}"))
    assert file.read_text() == "keep me"


def test_a_host_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that can't be bound is named."""

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ModelError, match="can't listen on http://nowhere:1"):
        bind(parse_address("http://nowhere:1"))
