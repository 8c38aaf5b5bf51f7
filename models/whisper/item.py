"""One item of a batch: what goes into the model, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base import Kind, RecognisedWord, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request made ready outside the model's thread. `mel` is (mels, frames), zeros included.

    `wide`: a final that is unsure of a word may be searched again; a batch's first one decides.
    """

    mel: NDArray[np.float32]
    audio_sec: float
    kind: Kind
    prompt: tuple[int, ...]
    language: str | None
    languages: tuple[str, ...]
    temperature: float = 0.0
    language_prior: tuple[float, ...] = ()
    task: Task = Task.TRANSCRIBE
    wide: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What one item says; `words`: seconds from its first sample; short partials have none."""

    text: str
    language: str
    words: tuple[RecognisedWord, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    language_probability: float | None = None


def stacked(batch: Sequence[Prepared]) -> NDArray[np.float32]:
    """Return the mels as (items, mels, frames), as long as the longest: silence fills the rest."""
    longest = max(item.mel.shape[1] for item in batch)
    mels = np.empty((len(batch), batch[0].mel.shape[0], longest), dtype=np.float32)
    for at, item in enumerate(batch):
        frames = item.mel.shape[1]
        mels[at, :, :frames] = item.mel
        # A window ends with zeros after the sound, and nothing of a mel is below their value.
        mels[at, :, frames:] = item.mel.min()
    return mels
