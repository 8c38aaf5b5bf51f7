"""Real processes for the tests: LiveKit's server and Greffier's own, on free loopback ports.

Everything is a context manager with a clean teardown: SIGTERM first, SIGKILL after a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import av
import httpx
import numpy as np
from livekit import api, rtc
from numpy.typing import NDArray

from greffier.ports import free_port, livekit_config
from greffier.ports import livekit_server as livekit_binary

REPOSITORY = Path(__file__).parents[2]
KEY, SECRET = "devkey", "a-secret-of-the-tests-with-32-characters"
READY_SEC = 90.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKit:
    """A running LiveKit server."""

    url: str
    key: str = KEY
    secret: str = SECRET

    def env(self) -> dict[str, str]:
        """What a Greffier process needs to reach it."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.key,
            "LIVEKIT_API_SECRET": self.secret,
        }

    def api(self) -> api.LiveKitAPI:
        """An API client; close it with `aclose()`, or use it as an async context."""
        return api.LiveKitAPI(self.url, self.key, self.secret)

    def token(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        publish: bool = True,
        ttl: timedelta = timedelta(hours=1),
    ) -> str:
        """A join token."""
        grants = api.VideoGrants(room_join=True, room=room, can_publish=publish, can_subscribe=True)
        return (
            api.AccessToken(self.key, self.secret)
            .with_identity(identity)
            .with_name(name or identity)
            .with_grants(grants)
            .with_ttl(ttl)
            .to_jwt()
        )


class RunningProcess:
    """A child process whose output is kept; `log()` is what it said so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.last_log = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        if self._log.exists():
            self.last_log = self._log.read_text(errors="replace")
        return self.last_log

    def wait_log(self, text: str, *, timeout_sec: float = 30.0) -> None:
        """Return once it has said `text`. Fails with what it said instead."""
        deadline = time.monotonic() + timeout_sec
        while text not in self.log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it never said {text!r}:\n{self.log()}")
            time.sleep(0.1)

    def terminate(self) -> None:
        """SIGTERM to the process alone, as an orchestrator does."""
        self.process.terminate()

    def kill(self) -> None:
        """SIGKILL to the process alone."""
        self.process.kill()

    def wait(self, timeout_sec: float = 60.0) -> int:
        return self.process.wait(timeout_sec)

    def stop(self, patience_sec: float = 20.0) -> None:
        """End it and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_sec)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(
    argv: list[str], env: Mapping[str, str] | None = None, *, cwd: Path | None = None
) -> Iterator[RunningProcess]:
    """Any program, in a process group of its own."""
    with tempfile.TemporaryDirectory(prefix="greffier-test-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                argv,
                env=clean_environment() | dict(env or {}),
                cwd=cwd or REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = RunningProcess(process, log)
        try:
            yield child
        finally:
            child.stop()
            sys.stdout.write(f"--- {' '.join(argv[-2:])}\n{child.log()[-4000:]}\n")


def clean_environment() -> dict[str, str]:
    """This environment without Greffier's and LiveKit's settings of the developer."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("GREFFIER_", "LIVEKIT_"))}


@contextlib.contextmanager
def greffier_process(
    command: str, env: Mapping[str, str] | None = None, *, cwd: Path | None = None
) -> Iterator[RunningProcess]:
    """`python -m greffier <asr|worker|serve|jobs>`."""
    settings = {"PYTHONPATH": str(REPOSITORY)} | dict(env or {})
    with running([sys.executable, "-m", "greffier", command], settings, cwd=cwd) as child:
        yield child


@contextlib.contextmanager
def livekit_server(webhook: str = "", address: str = "127.0.0.1") -> Iterator[LiveKit]:
    """A LiveKit server on free ports, ready. `webhook`: where it reports events, if anywhere."""
    port, tcp = free_port(0), free_port(0)
    udp = free_port(0, kind=socket.SOCK_DGRAM)
    text = livekit_config(
        port=port,
        tcp_port=tcp,
        udp_port=udp,
        key=KEY,
        secret=SECRET,
        webhook=webhook,
        address=address,
    )
    if not webhook:
        text = "".join(line for line in text.splitlines(True) if not line.startswith("webhook"))
    with tempfile.TemporaryDirectory(prefix="greffier-livekit-") as folder:
        config = Path(folder) / "livekit.yaml"
        config.write_text(text)
        with running([livekit_binary(), "--config", str(config)]) as server:
            wait_http(f"http://{address}:{port}/", process=server)
            yield LiveKit(url=f"ws://{address}:{port}")


def wait_http(
    url: str,
    *,
    uds: str | None = None,
    process: RunningProcess | None = None,
    timeout_sec: float = READY_SEC,
) -> None:
    """Return once `url` answers with success. Fails with the process's log."""
    deadline = time.monotonic() + timeout_sec
    transport = httpx.HTTPTransport(uds=uds) if uds else None
    with httpx.Client(transport=transport, timeout=5) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                # httpx leaks the socket of a Unix path that nobody listens on.
                if (uds is None or listens(uds)) and client.get(url).is_success:
                    return
            ended = process is not None and process.process.poll() is not None
            if ended or time.monotonic() > deadline:
                said = process.log() if process is not None else ""
                raise AssertionError(f"{url} {'ended' if ended else 'is not ready'}:\n{said}")
            time.sleep(0.1)


def listens(path: str) -> bool:
    """Whether somebody listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextlib.contextmanager
def asr_process(url: str) -> Iterator[RunningProcess]:
    """The recognition process with the demo model, ready; `url` is `unix:PATH`."""
    with greffier_process("asr", {"GREFFIER_ASR__URL": url}) as process:
        wait_asr(url, process)
        yield process


def wait_asr(url: str, process: RunningProcess | None = None) -> None:
    """Return once the asr process has passed its self-test."""
    if url.startswith("unix:"):
        wait_http("http://asr/health", uds=url.removeprefix("unix:"), process=process)
    else:
        wait_http(f"{url}/health", process=process)


async def until(
    read: Callable[[], Awaitable[T] | T], *, timeout_sec: float = 30.0, what: str = "it"
) -> T:
    """The first truthy value of `read`; a condition is waited for, never a time."""
    deadline = time.monotonic() + timeout_sec
    while True:
        value = read()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {timeout_sec} s")
        await asyncio.sleep(0.05)


# Speech


def read_speech(path: Path) -> NDArray[np.int16]:
    """Any sound file as 48 kHz mono samples."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        frames = [*container.decode(audio=0), None]
        pieces = [p.to_ndarray().reshape(-1) for f in frames for p in resampler.resample(f)]
    return np.concatenate(pieces)


def spoken(language: str) -> NDArray[np.int16]:
    """Two sentences of about two seconds each, 48 kHz."""
    return read_speech(REPOSITORY / "assets" / "self-test" / f"{language}.ogg")


class Person:
    """A participant with a microphone, and what reaches them."""

    def __init__(self, livekit: LiveKit, room: str, identity: str, *, name: str = "") -> None:
        self.identity = identity
        self.room = rtc.Room()
        self.streams: list[CaptionStream] = []
        self.packets: list[Packet] = []
        self.data: list[tuple[str, bytes]] = []
        self._livekit, self._name, self._room_name = livekit, name, room
        self._readers: set[asyncio.Task[None]] = set()
        self._source: rtc.AudioSource | None = None
        self.publication: rtc.LocalTrackPublication | None = None

    async def __aenter__(self) -> Person:
        self.room.on("transcription_received", self._on_packet)
        self.room.on("data_received", self._on_data)
        self.room.register_text_stream_handler("lk.transcription", self._on_stream)
        token = self._livekit.token(self._room_name, self.identity, name=self._name)
        await self.room.connect(self._livekit.url, token)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.room.disconnect()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def open_microphone(self) -> str:
        """Publish a track; returns its SID."""
        self._source = rtc.AudioSource(48_000, 1, queue_size_ms=200)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self.publication = await self.room.local_participant.publish_track(track, options)
        return self.publication.sid

    async def say(self, samples: NDArray[np.int16]) -> None:
        """Speak 48 kHz samples in real time; returns when the last one is sent."""
        assert self._source is not None, "open_microphone() first"
        size = 960
        padded = np.pad(samples, (0, -len(samples) % size))
        for start in range(0, len(padded), size):
            frame = padded[start : start + size]
            await self._source.capture_frame(rtc.AudioFrame(frame.tobytes(), 48_000, 1, size))
        await self._source.wait_for_playout()

    async def be_silent(self, seconds: float) -> None:
        """Send silence, as an open microphone does."""
        await self.say(np.zeros(int(48_000 * seconds), np.int16))

    def finals(self, speaker: str = "") -> list[CaptionStream]:
        """Final captions that arrived, of one speaker or of all."""
        return [s for s in self.streams if s.final and s.sender == (speaker or s.sender)]

    def _on_packet(
        self,
        segments: list[rtc.TranscriptionSegment],
        participant: rtc.Participant | None,
        publication: rtc.TrackPublication | None,
    ) -> None:
        identity = participant.identity if participant is not None else ""
        self.packets.extend(Packet(identity, s.id, s.text, s.final) for s in segments)

    def _on_data(self, packet: rtc.DataPacket) -> None:
        self.data.append((packet.topic or "", packet.data))

    def _on_stream(self, reader: rtc.TextStreamReader, sender: str) -> None:
        task = asyncio.create_task(self._read(reader, sender))
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _read(self, reader: rtc.TextStreamReader, sender: str) -> None:
        text = await reader.read_all()
        attributes = dict(reader.info.attributes or {})
        self.streams.append(CaptionStream(sender, text, attributes, time.monotonic()))


@dataclass(frozen=True, slots=True)
class CaptionStream:
    """One text stream on `lk.transcription`."""

    sender: str
    text: str
    attributes: Mapping[str, str]
    at: float

    @property
    def final(self) -> bool:
        return self.attributes.get("lk.transcription_final") == "true"


@dataclass(frozen=True, slots=True)
class Packet:
    """One segment of a legacy transcription packet."""

    identity: str
    id: str
    text: str
    final: bool


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Every core is at work while inside: what a loaded machine looks like to the worker."""
    loop = [sys.executable, "-c", "while True: pass"]
    children = [subprocess.Popen(loop) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()
