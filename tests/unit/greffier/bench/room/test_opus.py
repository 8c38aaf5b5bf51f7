"""Opus packets of the bench's participants, decoded by another decoder than the worker's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import av
import numpy as np
import pytest

from greffier.bench.room import opus
from models.base import SAMPLE_RATE, Samples


def decoded(packets: tuple[bytes | None, ...]) -> Samples:
    """What a decoder hears, at 16 kHz."""
    decoder = av.AudioCodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    decoder.layout = "mono"
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    heard = [
        part.to_ndarray()[0]
        for packet in packets
        if packet is not None
        for frame in decoder.decode(av.Packet(packet))
        for part in resampler.resample(frame)
    ]
    return np.concatenate(heard)


def test_each_20_ms_is_a_packet_of_its_own() -> None:
    sound = opus.encode(np.zeros(SAMPLE_RATE + 100, np.float32))
    assert len(sound.packets) == len(sound.levels) == 50
    assert None not in sound.packets


def test_what_is_encoded_is_heard_at_its_place() -> None:
    samples = np.zeros(2 * SAMPLE_RATE, np.float32)
    tone = np.sin(np.arange(SAMPLE_RATE // 2) * 2 * np.pi * 440 / SAMPLE_RATE) * 0.5
    samples[SAMPLE_RATE : SAMPLE_RATE + len(tone)] = tone
    heard = np.flatnonzero(np.abs(decoded(opus.encode(samples).packets)) > 0.25)
    assert heard[0] / SAMPLE_RATE == pytest.approx(1.0, abs=0.02)
    assert heard[-1] / SAMPLE_RATE == pytest.approx(1.5, abs=0.02)


def test_levels_are_decibels_below_full_scale() -> None:
    full = np.tile(np.array([0.999, -0.999], np.float32), SAMPLE_RATE // 2)
    assert set(opus.encode(full).levels) == {0}
    assert set(opus.encode(full * np.float32(0.01)).levels) == {40}
    assert set(opus.silence().levels) == {opus.SILENT_DBOV}


def test_silence_is_sent_discontinuously_and_noise_is_not() -> None:
    sent = [packet for packet in opus.silence().packets if packet is not None]
    assert len(opus.silence().packets) == 20
    assert [len(packet) > 1 for packet in sent] == [True, False]
    assert None not in opus.noise().packets
    assert {60} <= set(opus.noise().levels) <= {59, 60, 61}


def test_the_file_says_where_nothing_is_sent(tmp_path: Path) -> None:
    path = opus.write(opus.Packets(packets=(b"a", None), levels=(3, 127)), tmp_path / "one.json")
    assert json.loads(path.read_text()) == {
        "packets": [base64.b64encode(b"a").decode(), None],
        "levels": base64.b64encode(bytes([3, 127])).decode(),
    }
