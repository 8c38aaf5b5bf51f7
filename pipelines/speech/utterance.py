"""What the segmenter finds: utterances, while they go on and once they have ended."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """An ended utterance: `samples` are the meeting's samples [start_sample, end_sample).

    Speech lies in [speech_start_sample, speech_end_sample). `cut`: speech went on after the end.
    `voice`: how sure the detector was of that speech, 0 to 1, as a mean.
    """

    number: int
    start_sample: int
    end_sample: int
    speech_start_sample: int
    speech_end_sample: int
    samples: Samples
    cut: bool
    voice: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUtterance:
    """The utterance that goes on; its samples are read with `open_samples`."""

    number: int
    start_sample: int
    speech_start_sample: int
    speech_end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """Enough speech for an utterance: it begins at `start_sample`, pre-roll included."""

    number: int
    start_sample: int
    first_speech_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded:
    """The utterance has ended."""

    utterance: Utterance


SegmenterEvent = SpeechStarted | SpeechEnded
