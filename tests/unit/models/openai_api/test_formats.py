from __future__ import annotations

import io
import json

import webvtt

from models.base import RecognisedWord
from models.long_audio.segments import FileSegment, FileTranscript
from models.openai_api import formats


def segment(text: str, start_sec: float, end_sec: float) -> FileSegment:
    word = RecognisedWord(text=text, start_sec=start_sec, end_sec=end_sec, probability=0.87654)
    return FileSegment(
        start_sec=start_sec,
        end_sec=end_sec,
        text=text,
        language="fr",
        words=(word,),
        avg_logprob=-0.3,
        no_speech_prob=0.02,
        piece_sec=0.0,
    )


TRANSCRIPT = FileTranscript(
    duration_sec=3700.0,
    language="fr",
    temperature=0.2,
    text="Bonjour. A --> B & <C>",
    segments=(segment("Bonjour.", 0.0, 1.2345), segment("A --> B & <C>", 3661.5, 3661.5)),
)
EMPTY = FileTranscript(duration_sec=1.0, language="fr", temperature=0.0, text="", segments=())


def test_srt() -> None:
    """Numbered cues with commas; one that takes no time still lasts a millisecond."""
    assert formats.as_srt(TRANSCRIPT) == (
        "1\n00:00:00,000 --> 00:00:01,234\nBonjour.\n\n"
        "2\n01:01:01,500 --> 01:01:01,501\nA --> B & <C>\n\n"
    )
    assert formats.as_srt(EMPTY) == ""


def test_vtt_is_read_by_another_parser() -> None:
    """Times and escaped text survive; an empty one is still WebVTT."""
    text = formats.as_vtt(TRANSCRIPT)
    first, second = webvtt.from_buffer(io.StringIO(text)).captions
    assert (first.start, first.text) == ("00:00:00.000", "Bonjour.")
    assert second.raw_text == "A --&gt; B &amp; &lt;C&gt;"
    assert formats.as_vtt(EMPTY) == "WEBVTT\n"


def test_verbose_gives_what_was_asked_for() -> None:
    """Words, segments or both."""
    both = formats.as_verbose(TRANSCRIPT, words=True, segments=True)
    assert both["words"][0] == {"word": "Bonjour.", "start": 0.0, "end": 1.234}
    assert both["segments"][1]["id"] == 1
    assert both["segments"][1]["temperature"] == 0.2
    assert "segments" not in formats.as_verbose(TRANSCRIPT, words=True, segments=False)
    assert "words" not in formats.as_verbose(TRANSCRIPT, words=False, segments=True)


def test_events_are_one_line_each() -> None:
    """A line's end inside the text can't end the event."""
    event = formats.delta("un\ndeux")
    assert event.count("\n") == 2
    assert json.loads(event.removeprefix("data: "))["delta"] == "un\ndeux"
