"""A weak network link: a network namespace that is reached by our own, bad, wire.

Two TUN devices are its ends; every packet between them goes through `Link`, which loses, delays or
blocks it. The kernel's netem would do the same, but many kernels are built without it, and here the
losses follow a seed. Linux and root only.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import os
import random
import selectors
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from greffier.supervisor import ProcessFailed

_TUN = Path("/dev/net/tun")
_NAMESPACES = Path("/run/netns")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_MTU = 1500
_UDP = 17
_QUEUE = 2_000
"""Packets under way; more are lost, as in any router."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Each way: `loss` from 0 to 1, `delay_ms` plus or minus `jitter_ms`; `udp`: it passes."""

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    udp: bool = True


PERFECT = Quality()
CUT = Quality(loss=1.0)


def why_not() -> str:
    """Why there can be no link on this machine, in one line; empty if there can."""
    if not _TUN.exists():
        return f"a weak network needs {_TUN}: load the kernel's tun module"
    if not shutil.which("ip"):
        return "a weak network needs `ip`: apt-get install iproute2"
    if os.geteuid() != 0:
        return "a weak network needs root, for a network namespace of its own"
    return ""


@dataclass(order=True, slots=True)
class _Packet:
    due: float
    number: int
    end: int = field(compare=False)
    data: bytes = field(compare=False)


class Link:
    """A running link. `run(argv)` gives the argument list of a program on its far end."""

    def __init__(self, number: int, seed: int) -> None:
        self.namespace = _name(number)
        self.address, self.far_address = f"198.18.{number}.1", f"198.18.{number}.2"
        self.quality = PERFECT
        self.lost = self.passed = 0
        self._names = f"gw{number}near", f"gw{number}far"
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._ends: tuple[int, int]
        self._is_ours = False
        self._waiting: list[_Packet] = []
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._carry, name=self.namespace, daemon=True)

    def run(self, *argv: str) -> list[str]:
        """`argv`, to be run in the namespace; it keeps its standard files."""
        return ["ip", "netns", "exec", self.namespace, *argv]

    def begin(self, quality: Quality, *, seed: int) -> None:
        """From now on this quality, with losses by this seed; packets are counted anew."""
        self._random.seed(seed)
        self.quality, self.lost, self.passed = quality, 0, 0

    def open(self) -> None:
        """Make devices and namespace, and begin to carry packets. Raises ProcessFailed."""
        near, far = self._names
        _ip("netns", "add", self.namespace)
        self._is_ours = True
        self._ends = (_tun(near), _tun(far))
        _ip("link", "set", far, "netns", self.namespace)
        _ip("addr", "add", self.address, "peer", self.far_address, "dev", near)
        _ip("link", "set", near, "mtu", str(_MTU), "up")
        inside = ("-n", self.namespace)
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "addr", "add", self.far_address, "peer", self.address, "dev", far)
        _ip(*inside, "link", "set", far, "mtu", str(_MTU), "up")
        _ip(*inside, "route", "add", "default", "via", self.address)
        self._thread.start()

    def close(self) -> None:
        """Take everything down again, whatever of it is there."""
        os.close(self._stopped)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stop)
        for end in getattr(self, "_ends", ()):
            os.close(end)  # a TUN device goes with its last descriptor
        if self._is_ours:
            _ip("netns", "del", self.namespace)

    def _carry(self) -> None:
        with selectors.DefaultSelector() as selector:
            for source in (*self._ends, self._stop):
                selector.register(source, selectors.EVENT_READ)
            while True:
                wait = self._waiting[0].due - time.monotonic() if self._waiting else None
                for key, _ in selector.select(None if wait is None else max(0.0, wait)):
                    if key.fd == self._stop:
                        return
                    _drain(key.fd, self._take)
                self._deliver()

    def _take(self, end: int, data: bytes) -> None:
        quality = self.quality
        blocked = not quality.udp and _protocol(data) == _UDP
        if blocked or self._random.random() < quality.loss or len(self._waiting) >= _QUEUE:
            self.lost += 1
            return
        self.passed += 1
        jitter = self._random.uniform(-quality.jitter_ms, quality.jitter_ms)
        due = time.monotonic() + max(0.0, quality.delay_ms + jitter) / 1000
        other = self._ends[1 - self._ends.index(end)]
        heapq.heappush(self._waiting, _Packet(due, self.lost + self.passed, other, data))

    def _deliver(self) -> None:
        while self._waiting and self._waiting[0].due <= time.monotonic():
            packet = heapq.heappop(self._waiting)
            with contextlib.suppress(OSError):  # an end that is down takes nothing
                os.write(packet.end, packet.data)


@contextlib.contextmanager
def weak_link(*, seed: int = 1) -> Iterator[Link]:
    """A link, perfect until its `quality` is set. Raises ProcessFailed where there can be none."""
    if reason := why_not():
        raise ProcessFailed(reason)
    free = (number for number in range(256) if not (_NAMESPACES / _name(number)).exists())
    link = Link(next(free), seed)
    try:
        link.open()
        yield link
    finally:
        link.close()


def _name(number: int) -> str:
    return f"greffier-{number}"


def _tun(name: str) -> int:
    end = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        request = struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI)
        fcntl.ioctl(end, _TUNSETIFF, request)
    except OSError as error:
        os.close(end)
        raise ProcessFailed(f"no network device {name} can be made: {error.strerror}") from error
    return end


def _drain(end: int, take: Callable[[int, bytes], None]) -> None:
    while True:
        try:
            take(end, os.read(end, 65_536))
        except OSError:  # nothing more for now, or the device is down
            return


def _protocol(data: bytes) -> int:
    """Of an IPv4 packet; IPv6 has no address on this link."""
    return data[9] if data[0] >> 4 == 4 else 0


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ProcessFailed(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
