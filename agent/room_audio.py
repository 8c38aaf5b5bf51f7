"""One audio track of a room: its stream, its speaker, its samples."""

from __future__ import annotations

import numpy as np
from livekit import rtc

from models.base import Samples
from pipelines.events import SAMPLE_RATE, Gap, GapReason, Speaker

FRAME_MS = 50
"""Every stream of the SDK receives every stream's events: shorter frames cost a core."""
QUEUE_FRAMES = 200
"""10 s: the SDK drops the oldest beyond. Bounded, so that a stuck process can't fill the memory."""
QUEUE_SEC = QUEUE_FRAMES * FRAME_MS / 1000


def open_stream(track: rtc.Track) -> rtc.AudioStream:
    """16 kHz mono frames of 50 ms."""
    return rtc.AudioStream.from_track(
        track=track,
        sample_rate=SAMPLE_RATE,
        num_channels=1,
        frame_size_ms=FRAME_MS,
        capacity=QUEUE_FRAMES,
    )


def speaker_of(
    participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication
) -> Speaker:
    """Who speaks on this track; the sound of a shared screen is nobody's own voice."""
    name = participant.name or participant.identity
    if publication.source == rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO:
        name = f"{name} (screen)"
    return Speaker(identity=participant.identity, name=name, track_sid=publication.sid)


def to_float(frame: rtc.AudioFrame) -> Samples:
    """Samples in [-1, 1], shape `(samples,)`, read-only."""
    samples = np.frombuffer(frame.data, dtype=np.int16).astype(np.float32) / 32768.0
    samples.flags.writeable = False
    return samples


def overload_gap(meeting_id: str, speaker: Speaker, start_sample: int, end_sample: int) -> Gap:
    """The gap for audio that this process was too slow to read."""
    return Gap(
        id=f"{meeting_id}/{speaker.track_sid}/lost/{start_sample}",
        speaker=speaker,
        start_ms=start_sample * 1000 // SAMPLE_RATE,
        end_ms=end_sample * 1000 // SAMPLE_RATE,
        reason=GapReason.OVERLOAD,
    )
