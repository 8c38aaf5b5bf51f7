"""What a run of the bench found. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from greffier.bench.asr.offline import Offline
from greffier.bench.figures import Row

BAR_SEC = 1.5
"""What 95 of 100 finals have to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One system: its rows in the order of tracks; `capacity` None if it was not searched for.

    `failure` says why it has no rows, or not all of them.
    """

    system: str
    settings: Mapping[str, str]
    rows: tuple[Row, ...] = ()
    capacity: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole run; `searched` says whether capacities were looked for or one point was measured.

    `offline` is the accuracy of the same model without any hurry.
    """

    command: str
    date: str
    model: str
    speech: str
    seconds: float
    share: float
    seed: int
    machine: Mapping[str, str]
    searched: bool
    systems: tuple[Measured, ...]
    offline: Offline | None = None
