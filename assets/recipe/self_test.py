"""The clip by which a recognition process knows that the model works: heard to the word, or refused.

A sentence of the spoken test set (never trained on) that this very model hears exactly, written as
``selftest.flac`` and ``selftest.txt`` beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from .evaluate import PREROLL_SEC, TRAIL_SEC, Recogniser
from .mel import RATE_HZ, Array
from .sentences import TEST_SET

#: Long enough that a broken model can't hear it by chance, short enough to be decoded at each start.
SHORTEST_WORDS, LONGEST_SEC = 8, 6.0
_WORD = re.compile(r"\w+")


def write(folder: Path, test_set: Path = TEST_SET, threads: int = 1) -> str:
    """Choose the clip and write it; returns its text. Raises LookupError where none is heard."""
    recogniser = Recogniser(folder, threads)
    for language, text, samples in _candidates(test_set):
        heard = recogniser.texts([(language, samples)], timestamps=True)[0]
        found = recogniser.languages([(language, samples)])[0]
        if found == language and _words(heard) == _words(text):
            _write_flac(folder / "selftest.flac", samples)
            (folder / "selftest.txt").write_text(text + "\n", encoding="utf-8")
            return text
    raise LookupError(f"{folder} hears no sentence of the test set to the word: train it longer")


def _candidates(test_set: Path) -> Iterator[tuple[str, str, Array]]:
    """Language, text and sound of each sentence that is long enough; those of most words first."""
    rows: list[dict[str, Any]] = json.loads((test_set / "clips.json").read_text(encoding="utf-8"))
    sounds: dict[str, Array] = {}
    for row in sorted(rows, key=lambda row: -len(row["words"])):
        start, end = row["start_sec"], row["end_sec"]
        if len(_words(row["text"])) < SHORTEST_WORDS or end - start > LONGEST_SEC:
            continue
        if row["voice"] not in sounds:
            sounds[row["voice"]] = _read(test_set / f"{row['voice']}.ogg")
        clip = sounds[row["voice"]][round(start * RATE_HZ) : round(end * RATE_HZ)]
        # As the live path hears it: with what is before and after the speech.
        around = (round(PREROLL_SEC * RATE_HZ), round(TRAIL_SEC * RATE_HZ))
        yield row["language"], row["text"], np.pad(clip, around)


def _read(path: Path) -> Array:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [*container.decode(audio=0), None]
        pieces = [p.to_ndarray().reshape(-1) for f in frames for p in resampler.resample(f)]
    return np.concatenate(pieces).astype(np.float32) / 32768


def _write_flac(path: Path, samples: Array) -> None:
    frame = av.AudioFrame.from_ndarray(
        np.round(samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
    )
    frame.sample_rate = RATE_HZ
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, layout="mono")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
