"""One audio track of a room: its speaker, its samples, what of it was lost."""

from __future__ import annotations

import numpy as np
from livekit import rtc

from models.base import Samples
from pipelines.events import Speaker


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
