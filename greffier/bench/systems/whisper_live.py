"""WhisperLive (PyPI whisper-live): its own server in its own environment, over its WebSocket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from greffier.bench.systems.base import Place, Show, cores, python_of
from greffier.bench.systems.served import Served
from greffier.bench.systems.stream import Stream, as_float32
from greffier.stack import listens
from greffier.supervisor import Program

PEER = "whisper-live"
# The wheel has no launcher, so this is one: all arguments are those of its `run`.
_SERVE = (
    "import json, sys; from whisper_live.server import TranscriptionServer; "
    "TranscriptionServer().run(**json.loads(sys.argv[1]))"
)
SAME_OUTPUT = 3
"""Equal outputs before text is committed. Its client's 10 cost more than a second by themselves."""
END = b"END_OF_AUDIO"


class WhisperLiveSystem(Served):
    """One server; each client has a thread that decodes its buffer again and again."""

    peer = PEER

    def __init__(self, place: Place, *, batched: bool) -> None:
        self.name = "whisper-live-batched" if batched else "whisper-live"
        super().__init__(place)
        self._batched = batched
        self.settings: Mapping[str, str] = {
            "model": "shared by all clients (single_model)",
            "language": "told",
            "voice detector": "on (use_vad)",
            "same_output_threshold": f"{SAME_OUTPUT} (its client's default is 10)",
            "batch": "16 at most, window 50 ms, beam 1 (its defaults), no limit of admissions"
            if batched
            else "none: a lock, beam 5 (its defaults)",
            "threads": f"{cores()} for a decode",
            "pieces": "100 ms",
        }

    async def start(self) -> None:
        """Start the server; its first client makes it load the model."""
        port = self._new_port()
        options: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "backend": "faster_whisper",
            "faster_whisper_custom_model_path": str(self._place.model),
            "single_model": True,
            "max_clients": 1000,
            "max_connection_time": 3600,
            "batch_enabled": self._batched,
            "batch_max_admissions_per_s": 1000,
            "batch_max_queue_wait_s": 1000,
        }
        program = Program(
            name=self.name,
            argv=(str(python_of(PEER)), "-c", _SERVE, json.dumps(options)),
            env={"OMP_NUM_THREADS": str(cores()), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
            ready=listens(port),
        )
        await self._serve(program)
        # Loading counts for nobody: a client that says nothing has it done before the clock runs.
        await (await self.open(-1, "en", lambda *_: None)).aclose()

    async def open(self, number: int, language: str, show: Show) -> Stream:
        """Open a track."""
        reader = Reader(show)
        reader.stream = Stream(encode=as_float32, read=reader.read, end=None, goodbye=END)
        hello = {
            "uid": f"track-{number}",
            "language": language,
            "task": "transcribe",
            "model": str(self._place.model),
            "use_vad": True,
            "same_output_threshold": SAME_OUTPUT,
            # Those that were sent before are kept here; the last few are enough.
            "send_last_n_segments": 10,
        }
        return await reader.stream.open(f"http://127.0.0.1:{self._port}/", json.dumps(hello))


class Reader:
    """Completed segments are collected; one that is not completed is still open."""

    stream: Stream

    def __init__(self, show: Show) -> None:
        self._show = show
        self._completed: dict[tuple[str, str], str] = {}

    def read(self, message: dict[str, Any]) -> None:
        """Take a message of the server."""
        if message.get("message") == "SERVER_READY":
            self.stream.greeted.set()
        if message.get("status") in {"WAIT", "ERROR"}:
            self.stream.over.set()
            self.stream.greeted.set()
        segments = message.get("segments")
        if segments is None:
            return
        for one in segments:
            if one["completed"]:
                self._completed.setdefault((one["start"], one["text"]), one["text"].strip())
        tail = " ".join(one["text"].strip() for one in segments if not one["completed"])
        self._show(" ".join(self._completed.values()), tail)
