"""Who is in the room, and what their process says of it: `clients/main.go`, one for all of them.

The participants send sound that is Opus already: an encoder each, as in the SDKs, would take more
of two cores than all that is measured. Moments are those of the machine's monotonic clock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from greffier.supervisor import ProcessFailed
from models.base import SAMPLE_RATE

_ROOT = Path(__file__).parents[3]


class Manner(StrEnum):
    """What a participant's microphone does. OPEN sends digital silence, NOISY a quiet room."""

    SPEAKING = "speaking"
    OPEN = "open"
    NOISY = "noisy"
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One participant; `idle` and `sound` are files of `opus.write`. Without `idle`: muted."""

    identity: str
    token: str
    idle: str = ""
    sound: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """When the track left: pairs of (track second, moment); `late_sec` of each packet."""

    identity: str
    seconds: Sequence[float]
    moments: Sequence[float]
    late_sec: Sequence[float]

    def moment(self, sample: int) -> float:
        """The moment at which a sample had left."""
        return float(np.interp(sample / SAMPLE_RATE, self.seconds, self.moments))


def order(url: str, people: Sequence[Person]) -> str:
    """The line that says who to be."""
    return json.dumps({"url": url, "people": [asdict(person) for person in people]})


def program(root: Path = _ROOT) -> Path:
    """The participants' program. Raises ProcessFailed where it was not built."""
    built = root / ".tools" / "bin" / "bench-participants"
    if not (built.is_file() and os.access(built, os.X_OK)):
        raise ProcessFailed(
            "the bench's participants are not built: run `sh setup/setup.sh participants` once"
        )
    return built
