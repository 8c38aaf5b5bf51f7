"""What was heard in a file, as segments of a sentence or a subtitle's length. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.base import RecognisedWord
from models.long_audio.long_audio import HeardPiece
from models.whisper.words import WITHOUT_SPACES

LONGEST_SEC = 7.0
LONGEST_CHARACTERS = 84
"""Two lines of a subtitle."""
SHORTEST_SEC = 1.0
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSegment:
    """Times, the words' too, in seconds of the file; `piece_sec` is where its piece begins."""

    start_sec: float
    end_sec: float
    text: str
    language: str
    words: tuple[RecognisedWord, ...]
    avg_logprob: float
    no_speech_prob: float
    piece_sec: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTranscript:
    """A whole file. `language` is the one most of it is in."""

    duration_sec: float
    language: str
    temperature: float
    text: str
    segments: tuple[FileSegment, ...]


def file_transcript(
    pieces: Sequence[HeardPiece], *, duration_sec: float, language: str, temperature: float
) -> FileTranscript:
    """Join pieces in their order; `language` is said of a file in which nothing was heard."""
    seconds: dict[str, float] = {}
    for piece in pieces:
        spoken = piece.recognition.language
        seconds[spoken] = seconds.get(spoken, 0.0) + piece.length_sec
    return FileTranscript(
        duration_sec=duration_sec,
        language=max(seconds, key=lambda code: seconds[code], default=language),
        temperature=temperature,
        text="".join(joined_texts(pieces)),
        segments=tuple(segment for piece in pieces for segment in segments(piece)),
    )


def joined_texts(pieces: Iterable[HeardPiece]) -> Iterator[str]:
    """The pieces' texts, each after the first with what divides it from the one before."""
    first = True
    for piece in pieces:
        yield following(piece, first=first)
        first = False


def following(piece: HeardPiece, *, first: bool) -> str:
    """The piece's text with what divides it from the text before."""
    close = first or piece.recognition.language in WITHOUT_SPACES
    return piece.recognition.text if close else f" {piece.recognition.text}"


def segments(piece: HeardPiece) -> list[FileSegment]:
    """Divide a piece at the ends of sentences, and where it would fill more than a subtitle."""
    heard = piece.recognition
    words = [_moved(word, piece.start_sec) for word in heard.words]
    starts = _starts(heard.text, heard.words)
    if not starts:
        end_sec = piece.start_sec + piece.length_sec
        return [_segment(piece, heard.text, tuple(words), piece.start_sec, end_sec)]
    found = []
    for first, after in _runs(words):
        text = heard.text[starts[first] : starts[after] if after < len(words) else None].strip()
        run = tuple(words[first:after])
        found.append(_segment(piece, text, run, run[0].start_sec, run[-1].end_sec))
    return found


def _segment(
    piece: HeardPiece,
    text: str,
    words: tuple[RecognisedWord, ...],
    start_sec: float,
    end_sec: float,
) -> FileSegment:
    return FileSegment(
        start_sec=start_sec,
        end_sec=end_sec,
        text=text,
        language=piece.recognition.language,
        words=words,
        avg_logprob=piece.recognition.avg_logprob,
        no_speech_prob=piece.recognition.no_speech_prob,
        piece_sec=piece.start_sec,
    )


def _runs(words: Sequence[RecognisedWord]) -> Iterator[tuple[int, int]]:
    first, characters = 0, 0
    for at, word in enumerate(words):
        characters += len(word.text) + 1
        following_word = words[at + 1] if at + 1 < len(words) else None
        if following_word is None:
            yield first, at + 1
            return
        length_sec = word.end_sec - words[first].start_sec
        sentence = word.text.endswith(SENTENCE_ENDS) and length_sec >= SHORTEST_SEC
        too_long = following_word.end_sec - words[first].start_sec > LONGEST_SEC
        too_wide = characters + len(following_word.text) > LONGEST_CHARACTERS
        if sentence or too_long or too_wide:
            yield first, at + 1
            first, characters = at + 1, 0


def _starts(text: str, words: Sequence[RecognisedWord]) -> list[int]:
    """Where each word begins in the text; empty when they don't tell the same."""
    starts, at = [], 0
    for word in words:
        found = text.find(word.text, at)
        if found < 0:
            return []
        starts.append(found)
        at = found + len(word.text)
    return [0, *starts[1:]] if starts else []


def _moved(word: RecognisedWord, by_sec: float) -> RecognisedWord:
    return RecognisedWord(
        text=word.text,
        start_sec=word.start_sec + by_sec,
        end_sec=word.end_sec + by_sec,
        probability=word.probability,
    )
