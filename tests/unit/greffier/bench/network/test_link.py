"""A weak link: what it lets through, where one may be made."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from greffier.bench.network.link import CUT, PERFECT, Quality, weak_link
from greffier.supervisor import ProcessFailed

PING = """
import socket, time
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.settimeout(0.2)
came, slowest = 0, 0.0
for number in range({count}):
    sent = time.monotonic()
    far.sendto(b"a", ("{address}", {port}))
    try:
        far.recv(1)
    except TimeoutError:
        continue
    came, slowest = came + 1, max(slowest, time.monotonic() - sent)
print(came, slowest)
"""
ECHO = """
import socket
near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
near.bind(("{address}", 0))
print(near.getsockname()[1], flush=True)
while True:
    near.sendto(*near.recvfrom(9))
"""


def test_packets_are_delayed_lost_and_cut_as_is_set() -> None:
    """All of them come over a perfect link, late over a slow one, none over one that is cut."""
    try:
        context = weak_link()
        link = context.__enter__()
    except ProcessFailed as error:
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            raise
        pytest.skip(str(error))
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO.format(address=link.address)], stdout=subprocess.PIPE
    )
    try:
        assert echo.stdout is not None
        port = int(echo.stdout.readline())

        def ping(count: int) -> tuple[int, float]:
            code = PING.format(address=link.address, port=port, count=count)
            done = subprocess.run(
                link.run(sys.executable, "-c", code), capture_output=True, text=True, check=True
            )
            came, slowest = done.stdout.split()
            return int(came), float(slowest)

        assert ping(20)[0] == 20
        link.begin(Quality(delay_ms=40), seed=1)
        came, slowest = ping(3)
        assert came == 3
        assert slowest >= 0.08
        link.begin(Quality(loss=0.3), seed=1)
        assert 0 < ping(20)[0] < 20
        assert link.lost > 0
        for silent in (CUT, Quality(udp=False)):
            link.begin(silent, seed=1)
            assert ping(2)[0] == 0
        link.begin(PERFECT, seed=1)
        assert ping(2)[0] == 2
    finally:
        echo.kill()
        echo.communicate()
        context.__exit__(None, None, None)
