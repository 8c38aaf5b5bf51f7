"""A whole file through the engine: its pieces recognised together, behind live speech, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from models.base import SAMPLE_RATE, Kind, Recognition, RecognitionRequest, Samples
from models.engine.engine import Engine
from models.long_audio.cutter import SpeechPiece
from models.long_audio.reader import FileReader

IN_FLIGHT_BATCHES = 2
"""One that is decoded and one that waits; the rest of the file stays on disk."""
NO_SPEECH_PROBABILITY = 0.6
LOW_LOGPROB = -1.0

Noise = Callable[[Recognition, Samples], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the sender says about the speech; `language` None: detect among `languages`."""

    language: str | None = None
    languages: tuple[str, ...] = ("fr", "en")
    prompt: str = ""
    temperature: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPiece:
    """What a piece says; the recognition's times count from `start_sec` of the file."""

    start_sec: float
    length_sec: float
    recognition: Recognition


def is_silence(recognition: Recognition, _: Samples) -> bool:
    """Whether the model itself takes its text for an invention."""
    return (
        recognition.no_speech_prob > NO_SPEECH_PROBABILITY and recognition.avg_logprob < LOW_LOGPROB
    )


class LongAudio:
    """One file. Call `next` until it gives None, and `close` whatever happens.

    `noise` says which recognitions are left out. Cancelling `next` is safe; only `close` may
    follow.
    """

    def __init__(
        self,
        engine: Engine,
        reader: FileReader,
        hints: Hints,
        *,
        noise: Noise = is_silence,
        batch: int = 4,
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._hints = hints
        self._noise = noise
        self._in_flight = IN_FLIGHT_BATCHES * batch
        self._id = f"file/{uuid4().hex}"
        self._waiting: deque[tuple[SpeechPiece, asyncio.Task[Recognition]]] = deque()
        self._ended = False

    @property
    def heard_sec(self) -> float:
        """The file's length, once `next` has given None."""
        return self._reader.heard_sec

    async def next(self) -> HeardPiece | None:
        """The next piece in which something was said, in the file's order; None at the end.

        Raises MediaRejected, and ModelUnavailable or ModelRejected when a piece can't be
        recognised: a transcript with silent holes is never given.
        """
        while True:
            while not self._ended and not self._full:
                await self._send_more()
            if not self._waiting:
                return None
            piece, task = self._waiting[0]
            recognition = await task
            self._waiting.popleft()
            if recognition.text and not self._noise(recognition, piece.samples):
                return HeardPiece(
                    start_sec=piece.start_sec,
                    length_sec=len(piece.samples) / SAMPLE_RATE,
                    recognition=recognition,
                )

    def close(self) -> None:
        """Give up what still waits."""
        self._ended = True
        for _, task in self._waiting:
            task.cancel()
        self._waiting.clear()
        self._reader.close()

    @property
    def _full(self) -> bool:
        if not self._waiting:
            return False
        return self._waiting[0][1].done() or len(self._waiting) >= self._in_flight

    async def _send_more(self) -> None:
        pieces = await self._reader.next()
        if pieces is None:
            self._ended = True
            return
        for piece in pieces:
            task = asyncio.create_task(self._recognise(piece))
            task.add_done_callback(_retrieve)
            self._waiting.append((piece, task))

    async def _recognise(self, piece: SpeechPiece) -> Recognition:
        return await self._engine.submit(
            RecognitionRequest(
                utterance_id=f"{self._id}/{piece.number}",
                kind=Kind.FINAL,
                samples=piece.samples,
                language=self._hints.language,
                languages=self._hints.languages,
                prompt=self._hints.prompt,
            ),
            background=True,
            temperature=self._hints.temperature,
        )


def _retrieve(task: asyncio.Task[Recognition]) -> None:
    # A piece that fails after its file was given up has nobody to tell.
    if not task.cancelled():
        task.exception()
