"""Sound as the Opus packets that a browser would send, written once and played by many."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.base import SAMPLE_RATE, Samples

PACKET_SAMPLES = SAMPLE_RATE // 50
BIT_RATE = 32_000
SILENT_DBOV = 127
NOISE_RMS = 0.001
"""-60 dB: a quiet room behind an open microphone."""
_NOISE_SEC = 10
_REFRESH_PACKETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """One packet for each 20 ms, None where nothing is sent; levels are in dB below full scale."""

    packets: tuple[bytes | None, ...]
    levels: tuple[int, ...]


def encode(samples: Samples) -> Packets:
    """Return the packets of float samples in [-1, 1] at 16 kHz; what is no full packet is left out.

    Opus looks 6.5 ms ahead: sound leaves that much later than it was spoken, as from a browser.
    """
    frames = (samples[: len(samples) // PACKET_SAMPLES * PACKET_SAMPLES] * 32767).astype(np.int16)
    frames = frames.reshape(-1, PACKET_SAMPLES)
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.sample_rate = SAMPLE_RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.time_base = Fraction(1, SAMPLE_RATE)
    encoder.bit_rate = BIT_RATE
    encoder.options = {"application": "voip", "frame_duration": "20"}
    packets: list[bytes] = []
    for frame in frames:
        sound = av.AudioFrame.from_ndarray(frame[np.newaxis], format="s16", layout="mono")
        sound.sample_rate = SAMPLE_RATE
        packets += [bytes(packet) for packet in encoder.encode(sound)]
    return Packets(
        packets=tuple(packets[: len(frames)]), levels=tuple(_level(frame) for frame in frames)
    )


def silence() -> Packets:
    """Return digital silence as browsers send it, discontinuously, to be repeated.

    Each 400 ms one packet of silence, and one that says that nothing follows: its first byte alone.
    """
    refresh = encode(np.zeros(SAMPLE_RATE, np.float32)).packets[-1]
    assert refresh is not None
    nothing = (None,) * (_REFRESH_PACKETS - 2)
    return Packets(
        packets=(refresh, refresh[:1], *nothing), levels=(SILENT_DBOV,) * _REFRESH_PACKETS
    )


def noise() -> Packets:
    """Return a quiet room's noise to be repeated, a packet each 20 ms."""
    random = np.random.default_rng(1)
    return encode(random.normal(0, NOISE_RMS, _NOISE_SEC * SAMPLE_RATE).astype(np.float32))


def write(sound: Packets, path: Path) -> Path:
    """Write the file that the participants read; return its path."""
    packets = [None if packet is None else _text(packet) for packet in sound.packets]
    path.write_text(json.dumps({"packets": packets, "levels": _text(bytes(sound.levels))}))
    return path


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _level(frame: NDArray[np.int16]) -> int:
    rms = float(np.sqrt(np.mean(np.square(frame / 32768.0))))
    return SILENT_DBOV if rms == 0 else round(min(max(-20 * np.log10(rms), 0), SILENT_DBOV))
