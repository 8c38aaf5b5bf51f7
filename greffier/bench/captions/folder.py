"""Meetings of one's own: a folder of sound with what is said in it, to judge a real model by.

A sound file in the folder itself is a meeting of one track; a sub-folder is a meeting, and each
sound file in it one participant's track. What is said stands beside NAME.wav, in one of:

- NAME.txt: the text alone. Latencies and what else needs times are then left out;
- NAME.stm: NIST's lines, `file channel speaker begin end [<labels>] text`;
- NAME.json: a list of `{"text", "start_sec", "end_sec"}`, with `"speaker"`, `"language"` and
  `"words": [[word, start_sec, end_sec], …]` where they are known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from greffier.bench.captions.meeting import SaidLine, SaidMeeting, SaidTrack
from greffier.demo.script import ScriptWord
from greffier.errors import CommandError
from pipelines.file_transcription import decode

SOUND = {".wav", ".flac", ".ogg", ".mp3", ".m4a", ".opus"}


def read_folder(folder: Path, languages: tuple[str, ...]) -> list[SaidMeeting]:
    """Return the folder's meetings. Raises CommandError for none, or for lines that can't be read.

    With a single language every line is in it; with several, lines that don't say are in none.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one with NAME.wav and NAME.txt in it")
    language = languages[0] if len(languages) == 1 else ""
    meetings = [
        _meeting(path.stem, [path], languages, language)
        for path in _sounds(folder)
        if _said_file(path)
    ]
    for inside in sorted(one for one in folder.iterdir() if one.is_dir()):
        if tracks := [path for path in _sounds(inside) if _said_file(path)]:
            meetings.append(_meeting(inside.name, tracks, languages, language))
    if not meetings:
        raise CommandError(
            f"{folder}: no sound file here has its words beside it; put NAME.txt, NAME.stm or"
            " NAME.json next to NAME.wav"
        )
    return meetings


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUND)


def _said_file(sound: Path) -> Path | None:
    files = (sound.with_suffix(suffix) for suffix in _READERS)
    return next((path for path in files if path.exists()), None)


def _meeting(
    name: str, sounds: Sequence[Path], languages: tuple[str, ...], language: str
) -> SaidMeeting:
    tracks = tuple(_track(path, language) for path in sounds)
    people = "1 track" if len(tracks) == 1 else f"{len(tracks)} tracks"
    return SaidMeeting(name=name, kind=people, languages=languages, tracks=tracks)


def _track(sound: Path, language: str) -> SaidTrack:
    samples = np.concatenate([chunk.samples for chunk in decode(sound)])
    samples.setflags(write=False)
    said = _said_file(sound)
    assert said is not None
    try:
        lines = _READERS[said.suffix](said.read_text("utf-8"), sound.stem, language)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CommandError(f"{said}: can't be read as {said.suffix[1:]} ({error})") from error
    lines.sort(key=lambda line: line.start_sec)
    return SaidTrack(identity=sound.stem, samples=samples, lines=tuple(lines))


def _text(content: str, speaker: str, language: str) -> list[SaidLine]:
    text = " ".join(content.split())
    if not text:
        return []
    return [SaidLine(speaker=speaker, language=language, text=text, start_sec=0.0, end_sec=None)]


def _stm(content: str, speaker: str, language: str) -> list[SaidLine]:  # noqa: ARG001
    lines: list[SaidLine] = []
    for row in content.splitlines():
        if not row.strip() or row.startswith(";;"):
            continue
        _, _, who, begin, end, *rest = row.split()
        words = rest[1:] if rest and rest[0].startswith("<") else rest
        lines.append(
            SaidLine(
                speaker=who,
                language=language,
                text=" ".join(words),
                start_sec=float(begin),
                end_sec=float(end),
            )
        )
    return lines


def _json(content: str, speaker: str, language: str) -> list[SaidLine]:
    return [
        SaidLine(
            speaker=str(row.get("speaker", speaker)),
            language=str(row.get("language", language)),
            text=str(row["text"]),
            start_sec=float(row["start_sec"]),
            end_sec=float(row["end_sec"]),
            words=tuple(
                ScriptWord(text=word, start_sec=first, end_sec=last)
                for word, first, last in row.get("words", ())
            ),
        )
        for row in cast(list[dict[str, Any]], json.loads(content))
    ]


_READERS: dict[str, Callable[[str, str, str], list[SaidLine]]] = {
    ".json": _json,
    ".stm": _stm,
    ".txt": _text,
}
