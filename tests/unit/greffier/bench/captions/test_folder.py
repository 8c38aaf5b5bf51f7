from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from greffier.bench.captions.folder import read_folder
from greffier.errors import CommandError


def sound(path: Path, seconds: float = 1.0) -> None:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(round(16_000 * seconds), dtype="<i2").tobytes())


def test_a_text_beside_its_sound_is_a_meeting_of_one_track(tmp_path: Path) -> None:
    """Without times; with one language the line is in it."""
    sound(tmp_path / "talk.wav")
    (tmp_path / "talk.txt").write_text("we vote\nnow\n")
    (meeting,) = read_folder(tmp_path, ("en",))
    (line,) = meeting.tracks[0].lines
    assert (line.text, line.end_sec, line.language) == ("we vote now", None, "en")
    assert not meeting.timed
    assert meeting.seconds == 1.0


def test_a_sub_folder_is_a_meeting_with_a_track_a_file(tmp_path: Path) -> None:
    """STM and JSON carry times, JSON words too."""
    sound(tmp_path / "board" / "ana.wav")
    sound(tmp_path / "board" / "ben.wav", 2.0)
    (tmp_path / "board" / "ana.stm").write_text(
        ";; comment\nboard 1 ana 0.5 0.9 <o,f0> we vote\nboard 1 ana 0.1 0.4 yes\n"
    )
    said = {"text": "oui", "start_sec": 1, "end_sec": 1.5, "language": "fr"}
    said["words"] = [["oui", 1, 1.5]]
    (tmp_path / "board" / "ben.json").write_text(json.dumps([said]))
    (meeting,) = read_folder(tmp_path, ("fr", "en"))
    ana, ben = meeting.tracks
    assert [(line.text, line.start_sec) for line in ana.lines] == [("yes", 0.1), ("we vote", 0.5)]
    assert ben.lines[0].language == "fr"
    assert ben.lines[0].words[0].end_sec == 1.5
    assert meeting.timed
    assert meeting.seconds == 2.0


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The file, or what to put where there is none."""
    with pytest.raises(CommandError, match=r"put NAME\.txt"):
        read_folder(tmp_path, ("en",))
    sound(tmp_path / "talk.wav")
    (tmp_path / "talk.stm").write_text("talk 1 ana zero one words\n")
    with pytest.raises(CommandError, match=r"talk\.stm: can't be read as stm"):
        read_folder(tmp_path, ("en",))
