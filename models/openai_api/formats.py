"""A file's transcript in each shape an answer may have. Pure: a transcript in, values out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from models.base import RecognisedWord
from models.long_audio.segments import FileSegment, FileTranscript
from models.whisper.decoded import compression_ratio

DONE = "data: [DONE]\n\n"


def as_json(transcript: FileTranscript) -> dict[str, Any]:
    """`json`: the text."""
    return {"text": transcript.text, "usage": _usage(transcript)}


def as_verbose(transcript: FileTranscript, *, words: bool, segments: bool) -> dict[str, Any]:
    """`verbose_json`: with words, segments or both. The language is a code: fr, en."""
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": transcript.language,
        "duration": round(transcript.duration_sec, 3),
        "text": transcript.text,
        "usage": _usage(transcript),
    }
    if words:
        answer["words"] = [
            {"word": word.text, **_times(word)}
            for segment in transcript.segments
            for word in segment.words
        ]
    if segments:
        answer["segments"] = [
            _verbose_segment(at, segment, transcript.temperature)
            for at, segment in enumerate(transcript.segments)
        ]
    return answer


def as_diarized(transcript: FileTranscript) -> dict[str, Any]:
    """`diarized_json`, which is also WhisperX's answer, as Visio's summary service reads it.

    Every speaker is null: nobody is told apart here, and one label for all would be taken for the
    one participant who spoke most.
    """
    segments = [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{at}",
            **_times(segment),
            "text": segment.text,
            "speaker": None,
            "words": [_scored(word) for word in segment.words],
        }
        for at, segment in enumerate(transcript.segments)
    ]
    return {
        "task": "transcribe",
        "language": transcript.language,
        "duration": round(transcript.duration_sec, 3),
        "text": transcript.text,
        "segments": segments,
        "word_segments": [_scored(word) for one in transcript.segments for word in one.words],
        "usage": _usage(transcript),
    }


def as_text(transcript: FileTranscript) -> str:
    """`text`: the text and a line's end."""
    return transcript.text + "\n"


def as_srt(transcript: FileTranscript) -> str:
    """`srt`: a numbered cue for each segment."""
    return "".join(
        f"{at}\n{_span(segment, _srt_time)}\n{_one_line(segment.text)}\n\n"
        for at, segment in enumerate(transcript.segments, start=1)
    )


def as_vtt(transcript: FileTranscript) -> str:
    """`vtt`: a cue for each segment."""
    cues = [
        f"{_span(segment, _vtt_time)}\n{_escaped(segment.text)}\n"
        for segment in transcript.segments
    ]
    return "\n".join(["WEBVTT\n", *cues])


def delta(text: str) -> str:
    """The server-sent event of some more text."""
    return event({"type": "transcript.text.delta", "delta": text})


def done(text: str) -> str:
    """The server-sent event of the whole text; `DONE` follows."""
    return event({"type": "transcript.text.done", "text": text})


def event(value: dict[str, Any]) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _verbose_segment(at: int, segment: FileSegment, temperature: float) -> dict[str, Any]:
    return {
        "id": at,
        "seek": round(segment.piece_sec * 100),
        **_times(segment),
        "text": segment.text,
        # Token ids would tie the answer to one tokenizer; the client's type wants the field.
        "tokens": [],
        "temperature": temperature,
        "avg_logprob": round(segment.avg_logprob, 4),
        "compression_ratio": round(compression_ratio(segment.text), 4),
        "no_speech_prob": round(segment.no_speech_prob, 4),
    }


def _usage(transcript: FileTranscript) -> dict[str, Any]:
    return {"type": "duration", "seconds": round(transcript.duration_sec, 3)}


def _times(timed: FileSegment | RecognisedWord) -> dict[str, float]:
    return {"start": round(timed.start_sec, 3), "end": round(timed.end_sec, 3)}


def _scored(word: RecognisedWord) -> dict[str, Any]:
    score = round(word.probability, 4)
    return {"word": word.text, **_times(word), "score": score, "speaker": None}


def _span(segment: FileSegment, time: Callable[[int], str]) -> str:
    start = round(segment.start_sec * 1000)
    # A player drops a cue that ends before it has begun.
    end = max(round(segment.end_sec * 1000), start + 1)
    return f"{time(start)} --> {time(end)}"


def _srt_time(ms: int) -> str:
    return _vtt_time(ms).replace(".", ",")


def _vtt_time(ms: int) -> str:
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """Escaping `>` also breaks `-->`, which would read as the times of a new cue."""
    return _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
