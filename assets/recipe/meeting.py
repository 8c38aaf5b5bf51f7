"""The demo meeting's sound: the script is spoken, placed on one time line, and written a track a speaker."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .mel import RATE_HZ, Array
from .sentences import MEETING_SCRIPT
from .speech import Voice, speak

#: The accent of each language; a speaker keeps one timbre (variant) in both.
ACCENTS = {"fr": "fr", "en": "en"}
TIMBRES = {
    "claire-martin": ("f3", 150, 55),
    "thomas-bernard": ("m3", 150, 45),
    "emma-wilson": ("f2", 148, 50),
}
TAIL_SEC = 2.5
MIN_PAUSE_SEC = 0.3


def build(script: Path = MEETING_SCRIPT) -> None:
    """Speak ``script`` and write ``<identity>.flac`` beside it, with true times into the script.

    ``gap_sec`` is the pause after whoever ended last; a negative one makes two people overlap.
    """
    entries: list[dict[str, Any]] = json.loads(script.read_text(encoding="utf-8"))
    placed: list[tuple[str, int, Array]] = []
    ends: dict[str, float] = {}
    cursor = 0.0
    for entry in entries:
        variant, speed, pitch = TIMBRES[entry["identity"]]
        name = f"{ACCENTS[entry['language']]}+{variant}"
        spoken = speak(
            entry["text"], Voice(engine="espeak", name=name, speed_wpm=speed, pitch=pitch)
        )
        # A person does not talk over themselves, whatever the gap to the others is.
        own_end = ends.get(entry["identity"], 0.0)
        start = round(
            max(cursor + entry["gap_sec"], own_end + MIN_PAUSE_SEC if own_end else 0.0), 3
        )
        length = len(spoken.samples) / RATE_HZ
        entry["start_sec"], entry["end_sec"] = start, round(start + length, 3)
        entry["words"] = [
            [word, round(start + a, 3), round(start + b, 3)]
            for word, a, b in zip(
                entry["text"].split(), spoken.word_starts_sec, spoken.word_ends_sec, strict=True
            )
        ]
        placed.append((entry["identity"], round(start * RATE_HZ), spoken.samples))
        ends[entry["identity"]] = entry["end_sec"]
        cursor = max(cursor, entry["end_sec"])
    total = round((cursor + TAIL_SEC) * RATE_HZ)
    for identity in TIMBRES:
        track = np.zeros(total, dtype=np.float32)
        for who, at, samples in placed:
            if who == identity:
                track[at : at + len(samples)] += samples
        _write(script.parent / f"{identity}.flac", track)
    script.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write(path: Path, track: Array) -> None:
    samples = (np.clip(track, -1, 1) * 32767).astype(np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, layout="mono", format="s16")
        stream.time_base = Fraction(1, RATE_HZ)
        for at in range(0, len(samples), 4096):
            frame = av.AudioFrame.from_ndarray(
                samples[None, at : at + 4096], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE_HZ, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    build()
