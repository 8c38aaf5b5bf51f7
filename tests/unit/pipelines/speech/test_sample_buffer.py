from __future__ import annotations

import numpy as np
import pytest

from pipelines.speech.sample_buffer import SampleBuffer


def test_samples_keep_their_positions() -> None:
    """Whatever was discarded and however the space moved, a position is a position."""
    buffer = SampleBuffer(100, capacity_samples=16)
    everything = np.arange(1000, dtype=np.float32)
    for at in range(0, 1000, 7):
        buffer.append(everything[at : at + 7])
        if at > 50:
            buffer.discard_before(100 + at - 30)
    assert buffer.end == 1100
    assert np.array_equal(buffer.slice(1080, 1100), everything[-20:])


def test_a_slice_that_is_not_there_is_refused() -> None:
    """Samples that were discarded or haven't come can't be read."""
    buffer = SampleBuffer(0)
    buffer.append(np.zeros(10, dtype=np.float32))
    buffer.discard_before(5)
    with pytest.raises(ValueError, match="not inside"):
        buffer.slice(4, 8)
    with pytest.raises(ValueError, match="not inside"):
        buffer.slice(5, 11)


def test_a_view_is_the_slice_without_a_copy() -> None:
    """Its numbers, of the buffer's own memory."""
    buffer = SampleBuffer(3)
    buffer.append(np.arange(10, dtype=np.float32))
    assert np.array_equal(buffer.view(5, 9), buffer.slice(5, 9))
    assert np.shares_memory(buffer.view(5, 9), buffer.view(3, 13))
    assert not np.shares_memory(buffer.slice(5, 9), buffer.view(3, 13))
    with pytest.raises(ValueError, match="not inside"):
        buffer.view(2, 4)
