"""The measure of accuracy: the same utterances, one at a time, by the same model, off line.

Each is decoded by plain faster-whisper: padded to 30 s, beam 5, told its language, cut where the
script says that it begins and ends. What a live system loses against this it loses by being live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faster_whisper import WhisperModel

from greffier.bench.figures import errors_of
from greffier.bench.systems.base import cores
from greffier.bench.track_script import TrackScript
from models.base import SAMPLE_RATE

BEAM = 5
MARGIN_SAMPLES = round(0.2 * SAMPLE_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """Errors of `words` words said in `utterances`."""

    utterances: int
    words: int
    errors: int

    @property
    def wer(self) -> float:
        """Errors a word."""
        return round(self.errors / max(self.words, 1), 4)


def decode_offline(model: Path, tracks: Sequence[TrackScript]) -> Offline:
    """Decode every utterance of the tracks; takes a core a while."""
    decoder = WhisperModel(str(model), device="cpu", cpu_threads=cores())
    utterances = words = errors = 0
    for track in tracks:
        for line in track.lines:
            begin = max(line.first_sample - MARGIN_SAMPLES, 0)
            segments, _ = decoder.transcribe(
                track.samples[begin : line.end_sample + MARGIN_SAMPLES],
                language=track.language,
                beam_size=BEAM,
                condition_on_previous_text=False,
            )
            wrong, said = errors_of(line.text, " ".join(one.text for one in segments))
            utterances, words, errors = utterances + 1, words + said, errors + wrong
    return Offline(utterances=utterances, words=words, errors=errors)
