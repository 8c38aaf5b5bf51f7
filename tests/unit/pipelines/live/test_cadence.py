from __future__ import annotations

import pytest

from models.base import SAMPLE_RATE, Pressure
from pipelines.live.cadence import Cadence


@pytest.mark.parametrize(
    ("pressure", "sec"),
    [(Pressure.NONE, 0.7), (Pressure.SLOW, 1.4), (Pressure.SLOWER, 2.8), (Pressure.FINALS, 11.2)],
)
def test_pressure_makes_partials_rarer(pressure: Pressure, sec: float) -> None:
    cadence = Cadence(0.7)
    cadence.tell(pressure, 0)
    assert cadence.every_samples == round(sec * SAMPLE_RATE)


def test_pressure_is_forgotten_in_a_long_silence() -> None:
    """Who has said nothing for a while begins as set; who goes on keeps what was told."""
    cadence = Cadence(0.7)
    cadence.tell(Pressure.FINALS, SAMPLE_RATE)
    cadence.begin(5 * SAMPLE_RATE)
    assert cadence.pressure is Pressure.FINALS
    cadence.begin(60 * SAMPLE_RATE)
    assert cadence.pressure is Pressure.NONE
