"""One audio track of a room: its speaker, its samples, what of it was lost."""

from __future__ import annotations

import numpy as np
from livekit import rtc

from models.base import Samples
from pipelines.events import SAMPLE_RATE, Gap, GapReason, Speaker


def speaker_of(
    participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication
) -> Speaker:
    """Who speaks on this track; the sound of a shared screen is nobody's own voice."""
    name = participant.name or participant.identity
    if publication.source == rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO:
        name = f"{name} (screen)"
    return Speaker(identity=participant.identity, name=name, track_sid=publication.sid)


def to_float(frame: bytes) -> Samples:
    """Samples of int16 bytes in [-1, 1], shape `(samples,)`, read-only."""
    samples = np.frombuffer(frame, dtype=np.int16).astype(np.float32)
    samples *= 1 / 32768
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
