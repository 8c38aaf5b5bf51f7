"""Opus round trip: what a room's audio codec does to speech."""

from __future__ import annotations

import av
import numpy as np

from .mel import RATE_HZ, Array
from .speech import resample

OPUS_RATE_HZ = 48_000
#: 20 ms frames, WebRTC's default.
FRAME_SAMPLES = 960


def round_trip(samples: Array, bitrate: int, complexity: int = 5) -> Array:
    """Return 16 kHz mono ``samples`` after 16 -> 48 kHz, Opus at ``bitrate`` bit/s and back; same length."""
    wide = resample(samples, RATE_HZ, OPUS_RATE_HZ)
    wide = np.pad(wide, (0, 2 * FRAME_SAMPLES - len(wide) % FRAME_SAMPLES))
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = OPUS_RATE_HZ
    encoder.layout = "mono"
    encoder.format = "flt"
    encoder.bit_rate = bitrate
    encoder.options = {"application": "voip", "compression_level": str(complexity)}
    encoder.open()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = OPUS_RATE_HZ
    decoder.layout = "mono"
    decoder.extradata = encoder.extradata
    pieces: list[Array] = []
    for start in range(0, len(wide) + FRAME_SAMPLES, FRAME_SAMPLES):
        block = wide[start : start + FRAME_SAMPLES]
        if len(block):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block[None], dtype=np.float32), format="flt", layout="mono"
            )
            frame.sample_rate = OPUS_RATE_HZ
            frame.pts = start
            packets = encoder.encode(frame)
        else:
            packets = encoder.encode(None)
        for packet in packets:
            for out in decoder.decode(packet):
                array = out.to_ndarray()
                scale = 32768 if array.dtype == np.int16 else 1
                pieces.append(array.reshape(-1).astype(np.float32) / scale)
    # The decoder drops the codec's look-ahead itself (its extradata holds the pre-skip): word times stay true.
    narrow = resample(np.concatenate(pieces), OPUS_RATE_HZ, RATE_HZ)
    narrow = narrow[: len(samples)]
    return np.pad(narrow, (0, len(samples) - len(narrow)))
