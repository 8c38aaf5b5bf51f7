"""Scripted models that implement the protocols of `models.base`, for tests of everything above."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np

from models.base import Asked, Recognition, RecognitionRequest, Samples

Answer = str | Recognition | BaseException
Script = Sequence[Answer] | Callable[[RecognitionRequest], Answer]


class ScriptedRecogniser:
    """Answers from a script: a list taken in order, or a function of the request.

    A str becomes the recognition's text, an exception is raised. While `hold()` is in force,
    requests wait; `release()` lets them go on.
    """

    def __init__(self, script: Script = (), *, language: str = "fr") -> None:
        self._script = script
        self._language = language
        self._open = asyncio.Event()
        self._open.set()
        self.requests: list[RecognitionRequest] = []
        self.cancelled: list[RecognitionRequest] = []

    def hold(self) -> None:
        """Make requests wait."""
        self._open.clear()

    def release(self) -> None:
        """Let waiting requests go on."""
        self._open.set()

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Answer the next line of the script; ValueError when it is at its end."""
        at = len(self.requests)
        self.requests.append(request)
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            self.cancelled.append(request)
            raise
        answer = self._answer(request, at)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Recognition):
            return answer
        return Recognition(
            utterance_id=request.utterance_id,
            kind=request.kind,
            text=answer,
            language=request.language or self._language,
        )

    def _answer(self, request: RecognitionRequest, at: int) -> Answer:
        if callable(self._script):
            return self._script(request)
        if at >= len(self._script):
            raise ValueError(f"the script has {len(self._script)} answers, this is one more")
        return self._script[at]


class LoudnessDetector:
    """Speech is what is loud: the probability is 1 where the window's RMS reaches `threshold`."""

    def __init__(self, *, threshold: float = 0.01, window_samples: int = 512) -> None:
        self.window_samples = window_samples
        self.resets = 0
        self._threshold = threshold

    def probability(self, window: Samples) -> float:
        """1.0 for a loud window, 0.0 for a quiet one."""
        rms = float(np.sqrt(np.mean(np.square(window, dtype=np.float64))))
        return 1.0 if rms >= self._threshold else 0.0

    def reset(self) -> None:
        """Count it: there is no past to forget."""
        self.resets += 1


class ScriptedDetector:
    """Probabilities from a list, one a window; 0.0 after its end."""

    def __init__(self, probabilities: Sequence[float], *, window_samples: int = 512) -> None:
        self.window_samples = window_samples
        self.resets = 0
        self._left = list(probabilities)

    def probability(self, window: Samples) -> float:  # noqa: ARG002  scripted, whatever is heard
        """The next probability of the script."""
        return self._left.pop(0) if self._left else 0.0

    def reset(self) -> None:
        """Count it; the script goes on."""
        self.resets += 1


def each_alone(asked: Sequence[Asked]) -> list[float]:
    """A `Detect` for any detectors: one after the other."""
    return [detector.probability(window) for detector, window in asked]
