"""What a track's stream, speaker and samples are."""

from types import SimpleNamespace

import numpy as np
import pytest
from livekit import rtc

from agent.room_audio import speaker_of, to_float


def test_samples_are_scaled_and_read_only() -> None:
    samples = to_float(np.full(800, -32768, np.int16).tobytes())
    assert samples.dtype == np.float32
    assert samples.min() == -1.0
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 0


def test_the_sound_of_a_screen_is_not_its_owner() -> None:
    claire = SimpleNamespace(identity="claire", name="Claire")
    microphone = SimpleNamespace(sid="TR_1", source=rtc.TrackSource.SOURCE_MICROPHONE)
    screen = SimpleNamespace(sid="TR_2", source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO)
    assert speaker_of(claire, microphone).name == "Claire"
    assert speaker_of(claire, screen).name == "Claire (screen)"
    nameless = SimpleNamespace(identity="x", name="")
    assert speaker_of(nameless, microphone).name == "x"
