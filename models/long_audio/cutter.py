"""Cuts a long recording into pieces a decoding window can hold. Pure: samples in, pieces out.

A piece ends at a pause, once it is long enough to give Whisper some context; where somebody speaks
without a pause, at the quietest point. What holds no speech is left out: Whisper invents text of
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import SAMPLE_RATE, Samples, VoiceDetector

LONGEST_SEC = 28.0
"""With the second of silence that a window wants after the speech, still below its 30 s."""
ENOUGH_SEC = 8.0
PAUSE_SEC = 0.5
LONG_PAUSE_SEC = 1.5
"""Ends a piece of any length."""
PREROLL_SEC = 0.4
TAIL_SEC = 0.3
CUT_SEARCH_SEC = 8.0
CUT_SMOOTH = 5
THRESHOLD = 0.5
RELEASE = 0.35
MIN_SPEECH_SEC = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechPiece:
    """Samples of the recording from `start_sec` on, 28 s at most, with speech in them."""

    number: int
    start_sec: float
    samples: Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    samples: Samples
    probability: float
    speech: bool


class PieceCutter:
    """The state of one recording. Holds one piece at most."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._size = detector.window_samples
        self._rest: Samples = np.zeros(0, dtype=np.float32)
        self._held: list[_Window] = []
        self._first = 0  # number of the recording's window that is held first
        self._number = 0

    def push(self, samples: Samples) -> list[SpeechPiece]:
        """Take the next samples, any number of them, and return the pieces that have ended."""
        clean = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        self._rest = np.concatenate((self._rest, np.clip(clean, -1.0, 1.0)))
        whole = len(self._rest) // self._size * self._size
        windows, self._rest = self._rest[:whole], self._rest[whole:]
        pieces: list[SpeechPiece] = []
        for at in range(0, whole, self._size):
            pieces += self._window(windows[at : at + self._size])
        return pieces

    def finish(self) -> list[SpeechPiece]:
        """End the recording: return what is left, if it holds speech."""
        pieces: list[SpeechPiece] = []
        if len(self._rest):
            pieces += self.push(np.zeros(self._size - len(self._rest), dtype=np.float32))
        last = self._last_speech()
        if last is not None:
            pieces += self._cut(min(last + 1 + self._count(TAIL_SEC), len(self._held)))
        return pieces

    def _window(self, samples: Samples) -> list[SpeechPiece]:
        probability = self._detector.probability(samples)
        going_on = bool(self._held) and self._held[-1].speech
        speech = probability >= (RELEASE if going_on else THRESHOLD)
        self._held.append(_Window(samples=samples, probability=probability, speech=speech))
        last = self._last_speech()
        if last is None:
            self._forget(len(self._held) - self._count(PREROLL_SEC))
            return []
        pause = len(self._held) - 1 - last
        enough = len(self._held) >= self._count(ENOUGH_SEC)
        if pause >= self._count(PAUSE_SEC if enough else LONG_PAUSE_SEC):
            return self._cut(last + 1 + self._count(TAIL_SEC))
        if len(self._held) >= self._count(LONGEST_SEC):
            return self._cut(self._quietest())
        return []

    def _cut(self, end: int) -> list[SpeechPiece]:
        """End the piece before its window `end`; the rest begins the next one."""
        held, first = self._held[:end], self._first
        self._forget(end)
        if sum(window.speech for window in held) < self._count(MIN_SPEECH_SEC):
            return []
        self._number += 1
        samples = np.concatenate([window.samples for window in held])
        samples.flags.writeable = False
        start_sec = first * self._size / SAMPLE_RATE
        return [SpeechPiece(number=self._number - 1, start_sec=start_sec, samples=samples)]

    def _forget(self, count: int) -> None:
        if count > 0:
            self._held = self._held[count:]
            self._first += count

    def _last_speech(self) -> int | None:
        backwards = range(len(self._held) - 1, -1, -1)
        return next((at for at in backwards if self._held[at].speech), None)

    def _quietest(self) -> int:
        """Where the probability of speech is least in the last seconds, rather late than early."""
        search = self._held[-self._count(CUT_SEARCH_SEC) :]
        probabilities = [window.probability for window in search]
        smooth = np.convolve(probabilities, np.ones(CUT_SMOOTH), mode="valid")
        last = len(smooth) - 1 - int(np.argmin(smooth[::-1]))
        return len(self._held) - len(search) + last + CUT_SMOOTH // 2 + 1

    def _count(self, seconds: float) -> int:
        return max(int(seconds * SAMPLE_RATE / self._size), 1)
