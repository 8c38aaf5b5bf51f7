"""The protocols between the meeting and the models: samples in, text out.

Audio is float32, mono, 16 kHz, shape `(samples,)`, in [-1, 1], read-only once shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
SAMPLE_RATE = 16_000


class ModelError(Exception):
    """Root of what can go wrong with a model. Each message says what to do next.

    ModelError
    ├── ModelUnavailable   the process is down, restarting or full: try again later
    │   └── ModelBusy      it takes no partials now
    └── ModelRejected      this request can never succeed: do not send it again
    """


class ModelUnavailable(ModelError):
    """The model can't answer now; a final is sent again, a partial is forgotten."""


class ModelRejected(ModelError):
    """The request itself is wrong; sending it again gives the same answer."""


class ModelBusy(ModelUnavailable):
    """The process is too loaded for partials: ask for them rarely, finals are answered."""


class Pressure(StrEnum):
    """How loaded the recognition process is, in order; what a client does about its partials."""

    NONE = "none"
    """As often as is set."""
    SLOW = "slow"
    """Half as often."""
    SLOWER = "slower"
    """A quarter as often."""
    FINALS = "finals"
    """None: finals only."""


class Kind(StrEnum):
    """Finals are never dropped and go first; a partial may be replaced by a newer one."""

    PARTIAL = "partial"
    FINAL = "final"


class Task(StrEnum):
    """What is made of the speech."""

    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"
    """To English, by Whisper itself; small and turbo models were not trained for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionRequest:
    """One utterance (so far) to be recognised.

    `utterance_id` with `kind` identifies the reply; `language` None means: detect among
    `languages`. `samples` holds the utterance with its pre-roll, 30 s at most, and the samples
    of an earlier request of the same utterance are its beginning. The text of its first
    `skip_samples` is known already: what follows is recognised. `meeting_id` and `track_id` say
    whose speech it is, where that is known: one speaker's finals are never reordered. `age_sec`
    is how long the utterance has been waiting for its text already, for finals. `language_prior`
    weighs what is detected: a probability for each of `languages`; empty: all alike.
    """

    utterance_id: str
    kind: Kind
    samples: Samples
    meeting_id: str = ""
    track_id: str = ""
    age_sec: float = 0.0
    language: str | None = None
    languages: tuple[str, ...] = ("fr", "en")
    language_prior: tuple[float, ...] = ()
    task: Task = Task.TRANSCRIBE
    prompt: str = ""
    skip_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedWord:
    """A word with its times in seconds from the first sample of the request."""

    text: str
    start_sec: float
    end_sec: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was heard. Short partials have no `words`; `text` is stripped.

    `pressure` is the process's as it answered. `language_probability` is what the sound alone says
    of `language` among the request's (the prior left out); None: it was given, not detected.
    """

    utterance_id: str
    kind: Kind
    text: str
    language: str
    words: tuple[RecognisedWord, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    language_probability: float | None = None
    pressure: Pressure = Pressure.NONE


class Recogniser(Protocol):
    """Turns samples into text. Cancelling a call is safe and forgets the request."""

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Recognise one utterance.

        Raises ModelUnavailable (partials only: finals wait and replay) and ModelRejected.
        """
        ...


class VoiceDetector(Protocol):
    """One track's voice activity; keeps the recurrent state of that track."""

    window_samples: int
    """Samples a call takes (512 for Silero at 16 kHz: 32 ms)."""

    def probability(self, window: Samples) -> float:
        """Probability (0 to 1) that the window, shape `(window_samples,)`, holds speech."""
        ...

    def reset(self) -> None:
        """Forget the past: the stream was interrupted."""
        ...


Asked = tuple[VoiceDetector, Samples]
"""A window, and the detector of its track."""
Detect = Callable[[Sequence[Asked]], Sequence[float]]
"""Probabilities of windows of different tracks, as each detector would give them alone."""
