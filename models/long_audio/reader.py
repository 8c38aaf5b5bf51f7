"""Decodes one file and cuts it into pieces of speech, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from models.base import SAMPLE_RATE, VoiceDetector
from models.long_audio.cutter import PieceCutter, SpeechPiece
from models.media import decode

STEP_SAMPLES = 10 * SAMPLE_RATE
"""Decoded in one go: a fraction of a second of work, so that a file that is given up stops soon."""


class FileReader:
    """Reads `file` and closes it. One task at a time calls `next`."""

    def __init__(self, file: BinaryIO, *, detector: VoiceDetector, longest_sec: float) -> None:
        self._file = file
        self._steps = self._read(detector, longest_sec)
        # One thread: what closes the file queues behind the step that still reads it.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="asr-file")
        self._samples = 0

    @property
    def heard_sec(self) -> float:
        """Seconds decoded so far; the file's length once `next` has returned None."""
        return self._samples / SAMPLE_RATE

    async def next(self) -> list[SpeechPiece] | None:
        """The pieces, maybe none, of the next ten seconds; None at the end.

        Raises MediaRejected. Cancelling is safe; only `close` may follow.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, next, self._steps, None)

    def close(self) -> None:
        """Give the file up, at once for the caller; it is closed when its thread lets go."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        self._steps.close()
        self._file.close()

    def _read(self, detector: VoiceDetector, longest_sec: float) -> Generator[list[SpeechPiece]]:
        cutter = PieceCutter(detector)
        pieces: list[SpeechPiece] = []
        told = 0
        for samples in decode(self._file, longest_sec=longest_sec):
            self._samples += len(samples)
            pieces += cutter.push(samples)
            if self._samples - told >= STEP_SAMPLES:
                yield pieces
                pieces, told = [], self._samples
        yield pieces + cutter.finish()
