from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from models.base import ModelRejected, ModelUnavailable
from models.fakes import LoudnessDetector, ScriptedRecogniser
from pipelines.events import Segment
from pipelines.file_transcription import MediaError, transcribe_file
from pipelines.settings import CaptionSettings


def sound(rate: int = 8_000) -> np.ndarray:
    loud = (np.sin(np.arange(rate) * 0.3) * 8_000).astype("<i2")
    silent = np.zeros(rate, dtype="<i2")
    return np.concatenate([silent, loud, silent, loud, silent])


def wav(path: Path, samples: np.ndarray, rate: int = 8_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def mp4(path: Path, *, audio: bool) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        stream = container.add_stream("aac", rate=48_000, layout="mono") if audio else None
        for _ in range(25):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8))
            container.mux(video.encode(picture))
        container.mux(video.encode())
        if stream is not None:
            frame = av.AudioFrame.from_ndarray(
                sound(48_000).reshape(1, -1), format="s16", layout="mono"
            )
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


async def run(path: Path, recogniser: ScriptedRecogniser, **more: object) -> list[Segment]:
    return await transcribe_file(
        path,
        recogniser=recogniser,
        detector=LoudnessDetector(),
        settings=CaptionSettings(),
        **more,
    )


@pytest.mark.parametrize("kind", ["wav", "mp4"])
async def test_segments_come_in_order_with_progress(tmp_path: Path, kind: str) -> None:
    """Sound and video give the same segments, and progress reaches the end."""
    path = tmp_path / f"a.{kind}"
    wav(path, sound()) if kind == "wav" else mp4(path, audio=True)
    seen: list[tuple[float, float | None]] = []
    segments = await run(
        path, ScriptedRecogniser(["un", "deux"]), progress=lambda *at: seen.append(at)
    )
    assert [segment.text for segment in segments] == ["un", "deux"]
    assert segments[0].start_ms == pytest.approx(1000, abs=80)
    assert segments[1].end_ms == pytest.approx(4000, abs=80)
    done, total = seen[-1]
    assert done == pytest.approx(5, abs=0.1)
    assert total == pytest.approx(5, abs=0.1)


async def test_what_is_no_sound_gets_one_clear_line(tmp_path: Path) -> None:
    """Missing, empty, broken, silent of samples, or a video without sound: MediaError, one line."""
    text = tmp_path / "text.wav"
    text.write_text("this is no sound at all\n" * 30)
    empty = tmp_path / "empty.wav"
    empty.touch()
    bad = [
        tmp_path / "missing.wav",
        tmp_path,
        text,
        empty,
        wav(tmp_path / "nothing.wav", np.zeros(0, dtype="<i2")),
        mp4(tmp_path / "mute.mp4", audio=False),
    ]
    for path in bad:
        with pytest.raises(MediaError) as caught:
            await run(path, ScriptedRecogniser())
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)


async def test_a_transcript_with_holes_is_never_returned(tmp_path: Path) -> None:
    """Speech that could not be recognised is an error, not an omission."""
    path = wav(tmp_path / "a.wav", sound())
    with pytest.raises(ModelUnavailable, match="could not be recognised"):
        await run(path, ScriptedRecogniser(lambda _: ModelRejected("no")))
