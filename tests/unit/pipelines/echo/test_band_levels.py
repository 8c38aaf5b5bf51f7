from __future__ import annotations

import numpy as np
import pytest

from pipelines.echo import band_levels
from pipelines.echo.band_levels import FLOOR, HOP_SAMPLES, levels


@pytest.mark.parametrize("seed", range(4))
def test_what_is_too_quiet_for_any_band_has_the_levels_that_the_transform_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut for silent tracks changes nothing."""
    random = np.random.default_rng(seed)
    tone = np.sin(np.arange(5 * HOP_SAMPLES) * random.uniform(0.05, 1.5)) * 0.99 * FLOOR
    noise = random.uniform(-0.99, 0.99, 5 * HOP_SAMPLES) * FLOOR
    for sound in (tone, noise, np.zeros(5 * HOP_SAMPLES)):
        quick = levels(sound.astype(np.float32))
        with monkeypatch.context() as changed:
            changed.setattr(band_levels, "FLOOR", -1.0)
            assert np.allclose(quick, levels(sound.astype(np.float32)), atol=0.001)
