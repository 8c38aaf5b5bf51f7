"""WhisperLiveKit (PyPI whisperlivekit): its own server in its own environment, over /asr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from greffier.bench.systems.base import Place, Show, cores, not_installed, python_of
from greffier.bench.systems.process import ServerProcess
from greffier.bench.systems.stream import Stream, as_int16
from greffier.ports import free_port
from greffier.stack import answers
from greffier.supervisor import Program, Supervisor

PEER = "whisperlivekit"
SILENCE = -2
"""The speaker it gives to pauses."""
# AlignAtt, its default policy, needs the decoder as a PyTorch checkpoint: a CTranslate2 folder,
# which all systems load here, leaves LocalAgreement.
OPTIONS = {
    "--backend-policy": "localagreement",
    "--backend": "faster-whisper",
    "--asr-coalesce-min-s": "1.0",
}


class WhisperLiveKitSystem:
    """One server with one shared model, behind a lock."""

    name = "whisperlivekit"
    client_is_part = False

    def __init__(self, place: Place) -> None:
        self._place = place
        self._server = ServerProcess()
        self._port = 0
        self.settings: Mapping[str, str] = {
            "policy": "LocalAgreement on faster-whisper, beam 5 (its default)",
            "language": "told, a session",
            "voice detector": "on (VAC)",
            "asr-coalesce-min-s": OPTIONS["--asr-coalesce-min-s"] + " (its default: 0, no rest)",
            "confidence-validation": "on: sure words are committed at once",
            "threads": f"{cores()} for a decode",
            "pieces": "100 ms",
        }

    @property
    def missing(self) -> str | None:
        """Whether it has been installed."""
        return not_installed(PEER)

    @property
    def pids(self) -> Sequence[int]:
        """The server."""
        return self._server.pids

    async def start(self) -> None:
        """Start the server; it serves once the model is loaded."""
        self._port = free_port(0)
        program = Program(
            name=self.name,
            argv=(
                str(python_of(PEER)),
                *("-m", "whisperlivekit.basic_server", "--host", "127.0.0.1"),
                *("--port", str(self._port), "--model_dir", str(self._place.model)),
                *(part for option in OPTIONS.items() for part in option),
                *("--confidence-validation", "--pcm-input", "--warmup-file", ""),
            ),
            env={"OMP_NUM_THREADS": str(cores()), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
            ready=answers(f"http://127.0.0.1:{self._port}/health"),
        )
        await self._server.start(program, Supervisor(logs=self._place.folder, max_restarts=0))

    async def open(self, number: int, language: str, show: Show) -> Stream:  # noqa: ARG002
        """Open a track."""
        reader = Reader(show)
        reader.stream = Stream(encode=as_int16, read=reader.read, end=b"")
        url = f"http://127.0.0.1:{self._port}/asr?language={language}"
        return await reader.stream.open(url, None)

    async def stop(self) -> None:
        """Stop the server."""
        await self._server.stop()


class Reader:
    """Each message has the whole transcript: lines that stay, and the buffer after them."""

    stream: Stream

    def __init__(self, show: Show) -> None:
        self._show = show

    def read(self, message: dict[str, Any]) -> None:
        """Take a message of the server."""
        match message.get("type"):
            case "config":
                self.stream.greeted.set()
            case "ready_to_stop" | "error":
                self.stream.over.set()
                self.stream.greeted.set()
        if "lines" not in message:
            return
        lines = [one["text"] or "" for one in message["lines"] if one["speaker"] != SILENCE]
        self._show(" ".join(lines), message["buffer_transcription"])
