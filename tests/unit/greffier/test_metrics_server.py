"""Where a process shows its metrics."""

from __future__ import annotations

import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from greffier.errors import CommandError
from greffier.metrics_server import metrics_server, split


def test_a_port_alone_is_on_loopback() -> None:
    """To be reached from elsewhere must be said."""
    assert split("9101", "S") == ("127.0.0.1", 9101)
    assert split("0.0.0.0:9101", "S") == ("0.0.0.0", 9101)
    assert split("[::1]:9101", "S") == ("::1", 9101)


@pytest.mark.parametrize("address", ["x", "host", "1.2.3.4:", "70000", "host:-1"])
def test_an_address_that_is_none_names_its_setting(address: str) -> None:
    """With how to write one."""
    with (
        pytest.raises(CommandError, match=r"^S is .*HOST:PORT"),
        metrics_server(address, CollectorRegistry(), setting="S"),
    ):
        pass


def test_without_an_address_nothing_is_served() -> None:
    """The default."""
    with metrics_server("", CollectorRegistry(), setting="S") as port:
        assert port is None


def test_the_registry_is_served_and_a_port_in_use_is_named() -> None:
    """Only this registry; the port is free again afterwards."""
    registry = CollectorRegistry()
    Counter("mine", "One.", registry=registry).inc()
    with metrics_server("0", registry, setting="S") as port:
        page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert "mine_total 1.0" in page
        assert "python_info" not in page
        with (
            pytest.raises(CommandError, match=f"127.0.0.1:{port}.*set S to another"),
            metrics_server(str(port), registry, setting="S"),
        ):
            pass
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
