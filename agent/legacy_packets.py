"""Legacy transcription packets in the append-only manner: committed text only, never revised.

Pure: captions in, chunks out. A front end of this kind shows the first text of an id for ever
and joins one speaker's chunks with a single space; so each chunk is a new id, cut between words,
never before punctuation or inside an elision, and nothing is sent twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    PartialCaption,
    Speaker,
    TranslatedCaption,
)
from pipelines.live.agreement import split_words
from pipelines.record.gap_text import gap_text

PHRASE_WORDS = 4
"""While others talk too, a chunk waits for this many words: each chunk breaks the other's row."""
_ELISION_ENDS = ("'", "’", "«", "(", "“")
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One packet: one segment. Times are meeting milliseconds; `final` is always true here."""

    id: str
    speaker: Speaker
    text: str
    start_ms: int
    end_ms: int
    language: str
    final: bool = True


@dataclass(slots=True)
class _Sent:
    """What of an utterance is on the screens: bounded by its length, gone with its final."""

    words: list[str] = field(default_factory=list)
    chunks: int = 0


class AppendChunker:
    """The state of all open utterances of a meeting; gaps are said in `language`."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._open: dict[str, _Sent] = {}
        self._last_identity = ""

    def chunk(self, caption: CaptionEvent) -> Chunk | None:
        """The chunk that this caption adds to the screens; None when there is nothing to add."""
        match caption:
            case PartialCaption():
                return self._partial(caption)
            case FinalCaption():
                return self._final(caption)
            case DroppedCaption():
                # What was shown can't be taken back in this manner; it only doesn't go on.
                self._open.pop(caption.utterance_id, None)
                return None
            case TranslatedCaption():
                return None  # one chunk is in one language
            case GapCaption(gap=gap):
                self._open.pop(gap.id, None)
                self._last_identity = gap.speaker.identity
                return _gap_chunk(gap, self._language, chunk_id=f"{gap.id}#gap")

    def _partial(self, caption: PartialCaption) -> Chunk | None:
        sent = self._open.setdefault(caption.utterance_id, _Sent())
        stable = split_words(caption.stable)
        following = caption.tail.split()
        # The last stable word waits for the next one: punctuation may still join it.
        end = len(stable) if following and _normal(following[0]) else len(stable) - 1
        while end > 0 and stable[end - 1].endswith(_ELISION_ENDS):
            end -= 1
        words = stable[len(sent.words) : max(end, 0)]
        others_talk = len(self._open) > 1 and self._last_identity != caption.speaker.identity
        if len(words) < (PHRASE_WORDS if others_talk else 1):
            return None
        return self._made(
            caption.utterance_id,
            sent,
            words,
            speaker=caption.speaker,
            times=(caption.start_ms, caption.start_ms),
            language=caption.language,
        )

    def _final(self, caption: FinalCaption) -> Chunk | None:
        segment = caption.segment
        sent = self._open.pop(segment.id, None) or _Sent()
        words = split_words(segment.text)
        rest = words[continuation(sent.words, words) :]
        if not rest:
            return None
        return self._made(
            segment.id,
            sent,
            rest,
            speaker=segment.speaker,
            times=(segment.start_ms, segment.end_ms),
            language=segment.language,
        )

    def _made(
        self,
        utterance_id: str,
        sent: _Sent,
        words: Sequence[str],
        *,
        speaker: Speaker,
        times: tuple[int, int],
        language: str,
    ) -> Chunk:
        sent.words.extend(words)
        sent.chunks += 1
        self._last_identity = speaker.identity
        return Chunk(
            id=f"{utterance_id}#{sent.chunks}",
            speaker=speaker,
            text=" ".join(words),
            start_ms=times[0],
            end_ms=times[1],
            language=language,
        )


def update_chunk(caption: CaptionEvent, language: str) -> Chunk | None:
    """UPDATE mode: one id an utterance, its text growing; None while there is no text."""
    match caption:
        case DroppedCaption() | TranslatedCaption():
            return None
        case GapCaption(gap=gap):
            # Its utterance's id: what was shown of it is not in the record either.
            return _gap_chunk(gap, language, chunk_id=gap.id)
        case PartialCaption():
            chunk = Chunk(
                id=caption.utterance_id,
                speaker=caption.speaker,
                text=caption.text,
                start_ms=caption.start_ms,
                end_ms=caption.start_ms,
                language=caption.language,
                final=False,
            )
        case FinalCaption(segment=segment):
            chunk = Chunk(
                id=segment.id,
                speaker=segment.speaker,
                text=segment.text,
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                language=segment.language,
            )
    return chunk if chunk.text.strip() else None


def _gap_chunk(gap: Gap, language: str, *, chunk_id: str) -> Chunk:
    return Chunk(
        id=chunk_id,
        speaker=gap.speaker,
        text=gap_text(gap.reason, gap.end_ms - gap.start_ms, language),
        start_ms=gap.start_ms,
        end_ms=gap.end_ms,
        language=language,
    )


def continuation(sent: Sequence[str], words: Sequence[str]) -> int:
    """Index of the first word of the final that is not on the screens yet.

    The final may differ from what was sent: the split is where the sent words and the final's
    beginning are nearest in edit distance, so that nothing is shown twice and nothing is missed.
    """
    left = [_normal(word) for word in sent]
    right = [_normal(word) for word in words]
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(right, start=1):
            change = before + (one != other)
            before, row[j] = row[j], min(change, row[j] + 1, row[j - 1] + 1)

    def badness(j: int) -> tuple[int, bool, int]:
        ends_alike = j > 0 and bool(left) and right[j - 1] == left[-1]
        return row[j], not ends_alike, abs(j - len(left))

    return min(range(len(row)), key=badness)


def _normal(word: str) -> str:
    return _NOT_A_LETTER.sub("", word.casefold())
