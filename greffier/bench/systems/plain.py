"""The plain baseline: what most servers do, done properly and nothing more."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from greffier.bench.systems.base import Place, Show, cores
from greffier.bench.systems.served import Served
from greffier.bench.systems.stream import Stream, as_float32
from greffier.stack import listens
from greffier.supervisor import Program

MODULE = "greffier.bench.systems.plain_server"


class PlainSystem(Served):
    """One process with one shared model; see `plain_server`."""

    name = "plain"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.settings: Mapping[str, str] = {
            "model": "one faster-whisper WhisperModel for all tracks, no batches",
            "language": "told",
            "voice detector": "Silero, in the server",
            "partials": "each 1 s, padded to 30 s, beam 1, one at a time a track",
            "finals": "after 0.55 s of silence, padded to 30 s, beam 5, before all partials",
            "threads": f"{cores()} for a decode",
        }

    async def start(self) -> None:
        """Start the server."""
        port = self._new_port()
        program = Program(
            name="plain",
            argv=(sys.executable, "-m", MODULE, str(port), str(self._place.model)),
            ready=listens(port),
        )
        await self._serve(program)

    async def open(self, number: int, language: str, show: Show) -> Stream:  # noqa: ARG002
        """Open a track."""
        reader = _Reader(show)
        stream = Stream(encode=as_float32, read=reader.read, end="end")
        reader.stream = stream
        stream.greeted.set()
        return await stream.open(f"http://127.0.0.1:{self._port}/?language={language}", None)


class _Reader:
    """Finals are appended, a partial stands until its final."""

    stream: Stream

    def __init__(self, show: Show) -> None:
        self._show = show
        self._finals: list[str] = []
        self._open: dict[int, str] = {}

    def read(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "partial":
                self._open[message["utterance"]] = message["text"]
            case "final":
                self._open.pop(message["utterance"], None)
                self._finals.append(message["text"])
            case "done":
                self.stream.over.set()
        self._show(" ".join(self._finals), " ".join(self._open.values()))
