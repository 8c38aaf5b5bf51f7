"""WhisperLiveKit (PyPI whisperlivekit): its own server in its own environment, over /asr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greffier.bench.systems.base import Place, Show, cores, python_of
from greffier.bench.systems.served import Served
from greffier.bench.systems.stream import Stream, as_int16
from greffier.stack import answers
from greffier.supervisor import Program

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


class WhisperLiveKitSystem(Served):
    """One server with one shared model, behind a lock."""

    name = "whisperlivekit"
    peer = PEER

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.settings: Mapping[str, str] = {
            "policy": "LocalAgreement on faster-whisper, beam 5 (its default)",
            "language": "told, a session",
            "voice detector": "on (VAC)",
            "asr-coalesce-min-s": OPTIONS["--asr-coalesce-min-s"] + " (its default: 0, no rest)",
            "confidence-validation": "on: sure words are committed at once",
            "threads": f"{cores()} for a decode",
            "pieces": "100 ms",
        }

    async def start(self) -> None:
        """Start the server; it serves once the model is loaded."""
        port = self._new_port()
        program = Program(
            name=self.name,
            argv=(
                str(python_of(PEER)),
                *("-m", "whisperlivekit.basic_server", "--host", "127.0.0.1"),
                *("--port", str(port), "--model_dir", str(self._place.model)),
                *(part for option in OPTIONS.items() for part in option),
                *("--confidence-validation", "--pcm-input", "--warmup-file", ""),
            ),
            env={"OMP_NUM_THREADS": str(cores()), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
            ready=answers(f"http://127.0.0.1:{self._port}/health"),
        )
        await self._serve(program)

    async def open(self, number: int, language: str, show: Show) -> Stream:  # noqa: ARG002
        """Open a track."""
        reader = Reader(show)
        reader.stream = Stream(encode=as_int16, read=reader.read, end=b"")
        url = f"http://127.0.0.1:{self._port}/asr?language={language}"
        return await reader.stream.open(url, None)


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
