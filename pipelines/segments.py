"""Utterances of a track become segments and gaps of the meeting."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import SAMPLE_RATE, Recognition
from pipelines.events import Gap, GapReason, Segment, Speaker, Word
from pipelines.guards import confidence
from pipelines.speech.utterance import OpenUtterance, Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One speaker's track in one meeting: what is said on it gets its identity from here."""

    meeting_id: str
    speaker: Speaker

    def utterance_id(self, start_sample: int) -> str:
        """The `Segment.id` of the utterance that begins there."""
        # From the position alone: the same speech, replayed after a crash, is the same line.
        return f"{self.meeting_id}/{self.speaker.track_sid}/{start_sample}"

    def gap(self, utterance: Utterance, reason: GapReason) -> Gap:
        """The utterance as speech without text."""
        return Gap(
            id=self.utterance_id(utterance.start_sample),
            speaker=self.speaker,
            start_ms=to_ms(utterance.speech_start_sample),
            end_ms=to_ms(utterance.speech_end_sample),
            reason=reason,
        )

    def hole(self, start_sample: int, end_sample: int, reason: GapReason) -> Gap:
        """Samples that were never heard."""
        return Gap(
            id=f"{self.meeting_id}/{self.speaker.track_sid}/hole/{start_sample}",
            speaker=self.speaker,
            start_ms=to_ms(start_sample),
            end_ms=to_ms(end_sample),
            reason=reason,
        )

    def segment(self, utterance: Utterance, recognition: Recognition) -> Segment:
        """The utterance with its text."""
        return Segment(
            id=self.utterance_id(utterance.start_sample),
            speaker=self.speaker,
            start_ms=to_ms(utterance.speech_start_sample),
            end_ms=to_ms(utterance.speech_end_sample),
            text=recognition.text.strip(),
            language=recognition.language,
            confidence=round(confidence(recognition), 4),
            words=meeting_words(utterance, recognition),
        )


def to_ms(sample: int) -> int:
    """Meeting samples to meeting milliseconds."""
    return sample * 1000 // SAMPLE_RATE


def speech_sec(utterance: Utterance | OpenUtterance) -> float:
    """How long was spoken, without pre-roll and trailing silence."""
    return (utterance.speech_end_sample - utterance.speech_start_sample) / SAMPLE_RATE


def meeting_words(utterance: Utterance, recognition: Recognition) -> tuple[Word, ...]:
    """The words with times in meeting milliseconds, inside the utterance and in order."""
    first, last = to_ms(utterance.start_sample), to_ms(utterance.end_sample)
    words: list[Word] = []
    for word in recognition.words:
        start = min(max(first + round(word.start_sec * 1000), first), last)
        end = min(max(first + round(word.end_sec * 1000), start), last)
        words.append(
            Word(
                text=word.text,
                start_ms=start,
                end_ms=end,
                probability=round(min(max(word.probability, 0.0), 1.0), 4),
            )
        )
    return tuple(words)
