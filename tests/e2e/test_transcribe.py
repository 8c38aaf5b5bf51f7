"""`greffier transcribe FILE`: the meeting's engine on a file, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import av
import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray
from whisper_normalizer.basic import BasicTextNormalizer

from greffier.demo import script
from tests.e2e.stack import REPOSITORY, clean_environment

pytestmark = pytest.mark.slow


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a person types it."""
    return subprocess.run(
        [sys.executable, "-m", "greffier", "transcribe", *arguments],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.fixture(scope="module")
def speech() -> tuple[NDArray[np.int16], str]:
    """Claire's first half minute of the demo meeting at 48 kHz, and what she says in it."""
    play = script.load()
    samples = next(role.samples for role in play.roles if role.identity == "claire-martin")
    turns = [turn for turn in play.turns if turn.identity == "claire-martin"]
    heard = [turn.text for turn in turns if turn.words[-1].end_sec < 29]
    return samples[: 30 * script.PUBLISH_RATE], " ".join(heard)


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """48 kHz mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(script.PUBLISH_RATE)
        file.writeframes(samples.tobytes())


def write_mp4(path: Path, samples: NDArray[np.int16]) -> None:
    """AAC in MP4 beside a black picture: a recorded meeting."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=1)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream("aac", rate=script.PUBLISH_RATE, layout="mono")
        for _ in range(len(samples) // script.PUBLISH_RATE):
            black = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(black))
        container.mux(video.encode(None))
        for at in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(
                samples[None, at : at + 1024], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = script.PUBLISH_RATE, at
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def error_rate(reference: str, hypothesis: str) -> float:
    """WER of normalised texts."""
    normalise = BasicTextNormalizer()
    return float(jiwer.wer(normalise(reference), normalise(hypothesis)))


@pytest.mark.parametrize(("name", "write"), [("a.wav", write_wav), ("b.mp4", write_mp4)])
def test_sound_and_video_become_text(
    tmp_path: Path,
    speech: tuple[NDArray[np.int16], str],
    name: str,
    write: object,
) -> None:
    """Both containers; text where Claire speaks, and the three files of a transcript."""
    samples, _ = speech
    file = tmp_path / name
    write(file, samples)  # type: ignore[operator]
    done = run(str(file), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    transcript = json.loads((tmp_path / "out" / "transcript.json").read_text("utf-8"))
    assert len(transcript["segments"]) >= 3
    assert all(segment["text"] for segment in transcript["segments"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "transcript.json",
        "transcript.md",
        "transcript.vtt",
    ]


def test_the_words_are_those_that_were_said(
    tmp_path: Path, speech: tuple[NDArray[np.int16], str]
) -> None:
    """WER of half a minute."""
    samples, said = speech
    write_wav(tmp_path / "a.wav", samples)
    done = run(str(tmp_path / "a.wav"), "--out", str(tmp_path / "out"))
    transcript = json.loads((tmp_path / "out" / "transcript.json").read_text("utf-8"))
    assert done.returncode == 0
    heard = " ".join(segment["text"] for segment in transcript["segments"])
    assert error_rate(said, heard) <= 0.05


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"this is no sound at all" * 100, "not a sound or video file"),
        (None, "there is no such file"),
    ],
)
def test_a_file_without_sound_gets_one_line(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """Non-zero exit, one line, no stack trace, before any model is loaded."""
    file = tmp_path / "broken.mp4"
    if content is not None:
        file.write_bytes(content)
    done = run(str(file))
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_silence_is_said_to_be_silence(tmp_path: Path) -> None:
    """Nothing was said: no text is invented, and the person is told."""
    write_wav(tmp_path / "silence.wav", np.zeros(3 * script.PUBLISH_RATE, np.int16))
    done = run(str(tmp_path / "silence.wav"))
    assert done.returncode == 0
    assert done.stdout == ""
    assert "No speech was found" in done.stderr
