"""What the way over the network does to speech: Opus, and packets that never come."""

from __future__ import annotations

import random

import av
import numpy as np

from models.base import SAMPLE_RATE, Samples

OPUS_RATE = 48_000
PACKET_SAMPLES = 960
"""20 ms, what WebRTC sends."""
BURST_PACKETS = 2
"""Losses come in bursts: a packet after a lost one is lost more often."""


def through_network(samples: Samples, *, bitrate: int, loss: float, seed: str) -> Samples:
    """Return the samples after Opus at `bitrate` and the loss of that share of packets.

    Same length and place. A lost packet is concealed by libopus itself, as a receiver does it.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    wide = _resampled(samples, SAMPLE_RATE, OPUS_RATE)
    wide = np.pad(wide, (0, 2 * PACKET_SAMPLES - len(wide) % PACKET_SAMPLES))
    encoder, decoder = _codec(bitrate)
    pieces: list[Samples] = []
    missing = 0
    for data in _packets(encoder, wide):
        if not missing and chance.random() < loss / BURST_PACKETS:
            missing = BURST_PACKETS
        # A packet of its first byte alone holds no sound: the decoder conceals its length.
        packet = av.Packet(data[:1] if missing else data)
        missing = max(missing - 1, 0)
        for frame in decoder.decode(packet):
            pieces.append(frame.to_ndarray().reshape(-1).astype(np.float32) / np.float32(32_768))
    narrow = _resampled(np.concatenate(pieces), OPUS_RATE, SAMPLE_RATE)[: len(samples)]
    return np.pad(narrow, (0, len(samples) - len(narrow)))


def _codec(bitrate: int) -> tuple[av.AudioCodecContext, av.AudioCodecContext]:
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.sample_rate = OPUS_RATE
    encoder.layout = "mono"
    encoder.format = "flt"
    encoder.bit_rate = bitrate
    # Complexity 0: a full bench codes half an hour of speech.
    encoder.options = {"application": "voip", "compression_level": "0"}
    encoder.open()
    decoder = av.AudioCodecContext.create("libopus", "r")
    decoder.sample_rate = OPUS_RATE
    decoder.layout = "mono"
    # It holds the codec's look-ahead, which the decoder then leaves out: times stay true.
    decoder.extradata = encoder.extradata
    return encoder, decoder


def _packets(encoder: av.AudioCodecContext, wide: Samples) -> list[bytes]:
    packets: list[bytes] = []
    for at in range(0, len(wide), PACKET_SAMPLES):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(wide[None, at : at + PACKET_SAMPLES]), format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts = OPUS_RATE, at
        packets += [bytes(one) for one in encoder.encode(frame)]
    return [*packets, *(bytes(one) for one in encoder.encode(None))]


def _resampled(samples: Samples, source: int, target: int) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=target)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None], dtype=np.float32), format="flt", layout="mono"
    )
    frame.sample_rate = source
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([one.to_ndarray()[0] for one in frames]).astype(np.float32)
