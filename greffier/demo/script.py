"""The committed demo meeting: who says what and when, and the sound of each track."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

PUBLISH_RATE = 48_000
"""Hz: what WebRTC's Opus takes, so that nothing is resampled on the way out."""

FOLDER = Path(__file__).parent.parent.parent / "assets" / "demo-meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptWord:
    """A word that is really spoken, in seconds from the start of its track."""

    text: str
    start_sec: float
    end_sec: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One sentence of the script."""

    identity: str
    language: str
    text: str
    words: tuple[ScriptWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A participant of the play: `samples` is the whole track, int16 mono at PUBLISH_RATE."""

    identity: str
    name: str
    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The meeting: its roles in order of speaking, its turns in order of time."""

    roles: tuple[Role, ...]
    turns: tuple[Turn, ...]

    @property
    def seconds(self) -> float:
        """How long the play takes."""
        return max(len(role.samples) for role in self.roles) / PUBLISH_RATE


def load(folder: Path = FOLDER) -> Script:
    """Read `script.json` and one audio file a speaker."""
    entries = cast(list[dict[str, Any]], json.loads((folder / "script.json").read_text("utf-8")))
    names = {entry["identity"]: entry["speaker"] for entry in entries}
    roles = tuple(
        Role(identity=identity, name=name, samples=_decode(_sound(folder, identity)))
        for identity, name in names.items()
    )
    turns = tuple(
        Turn(
            identity=entry["identity"],
            language=entry["language"],
            text=entry["text"],
            words=tuple(
                ScriptWord(text=text, start_sec=start, end_sec=end)
                for text, start, end in entry["words"]
            ),
        )
        for entry in sorted(entries, key=lambda one: float(one["start_sec"]))
    )
    return Script(roles=roles, turns=turns)


def _sound(folder: Path, identity: str) -> Path:
    return next(path for path in folder.glob(f"{identity}.*") if path.suffix != ".json")


def _decode(path: Path) -> NDArray[np.int16]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=PUBLISH_RATE)
    with av.open(str(path)) as container:
        parts = [
            out.to_ndarray().reshape(-1)
            for frame in container.decode(audio=0)
            for out in resampler.resample(frame)
        ]
    parts += [out.to_ndarray().reshape(-1) for out in resampler.resample(None)]
    return np.concatenate(parts)
