from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from models.media import MediaRejected, MediaTooLong, MediaUnsupported, decode
from tests.unit.models.recordings import encoded, recording, wav


def length(data: bytes, longest_sec: float = 60.0) -> float:
    return sum(len(piece) for piece in decode(io.BytesIO(data), longest_sec=longest_sec)) / 16_000


def test_wav_comes_out_as_it_went_in() -> None:
    """16 kHz mono is passed on sample by sample."""
    samples = recording(3)
    heard = np.concatenate(list(decode(io.BytesIO(wav(samples)), longest_sec=60)))
    assert heard.dtype == np.float32
    np.testing.assert_allclose(heard, samples, atol=1e-4)


@pytest.mark.parametrize(
    ("container", "codec"),
    [("flac", "flac"), ("ogg", "libopus"), ("webm", "libopus"), ("mp4", "aac"), ("mp3", "mp3")],
)
def test_what_browsers_and_recorders_write(container: str, codec: str) -> None:
    """Each of OpenAI's containers is read, resampled to 16 kHz."""
    assert length(encoded(recording(3, 4), container, codec)) == pytest.approx(8, abs=0.1)


def test_a_file_that_unfolds_is_stopped_early() -> None:
    """The length counts, by the header or, where that says nothing, by what has come out."""
    small = encoded(np.zeros(40 * 16_000, dtype=np.float32), "ogg", "libopus")
    assert len(small) < 40_000
    with pytest.raises(MediaTooLong, match="minutes of audio"):
        length(small, longest_sec=30)
    adts = encoded(np.zeros(40 * 16_000, dtype=np.float32), "adts", "aac", rate=16_000)
    pieces = decode(io.BytesIO(adts), longest_sec=39.9)
    with pytest.raises(MediaTooLong):
        for _ in pieces:
            pass


@pytest.mark.parametrize("data", [b"hello " * 100, wav(recording(1))[:30], b"\0" * 5_000])
def test_broken_files(data: bytes) -> None:
    """What can't be read is rejected, and the message names no path of ours."""
    with pytest.raises(MediaRejected, match="broken") as caught:
        length(data)
    assert "/" not in str(caught.value)


def test_no_sound() -> None:
    """An empty file, a film without sound and a recording without samples say so."""
    with pytest.raises(MediaRejected, match="empty"):
        length(b"")
    with pytest.raises(MediaRejected, match="no sound"):
        length(wav(np.zeros(0, dtype=np.float32)))
    film = io.BytesIO()
    with av.open(film, "w", format="matroska") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8))
        output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    with pytest.raises(MediaRejected, match="no sound"):
        length(film.getvalue())


def test_a_script_reads_no_other_file(tmp_path: Path) -> None:
    """Formats that name other files are not even opened."""
    other = tmp_path / "secret.wav"
    other.write_bytes(wav(recording(1)))
    concat = f"ffconcat version 1.0\nfile {other}\n".encode()
    with pytest.raises(MediaUnsupported, match="send wav"):
        length(concat)
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:4,\n{other}\n#EXT-X-ENDLIST\n".encode()
    with pytest.raises(MediaRejected):
        length(playlist)


def test_a_sample_rate_that_unfolds_is_refused() -> None:
    """One sample a second would become 16,000 times as many."""
    data = bytearray(wav(recording(1)))
    data[24:28] = (1).to_bytes(4, "little")
    with pytest.raises(MediaRejected):
        length(bytes(data), longest_sec=1e9)
