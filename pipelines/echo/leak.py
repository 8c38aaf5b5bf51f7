"""Whether a stretch of one track is another track's sound, come in by loudspeaker and microphone.

An echo has the shape of its source, band by band and moment by moment, later and weaker; the
levels of two people who speak at once, even the same words, differ. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.echo.band_levels import FLOOR_DB, Levels

LAG_HOPS = range(-3, 31)
"""−60 to 600 ms: the way to the loudspeaker and back; below zero by how well tracks are placed."""
SPEAKING_DB = -55.0
DOMINANT_DB = 3.0
"""A source is judged where it is this much louder than every other track."""
WEAKER_DB = -5.0
LIKE = 0.7
"""Echoes reach 0.8 and more, other speech 0.5 (docs/adr/0011)."""
FEW_HOPS = 25
LIKE_IF_FEW = 0.8
FEWEST_HOPS = 10
OUTSTANDING_DB = 8.0
ALIKE_SHARE = 0.6
OWN_DB = 4.0
"""This much above what the leaks explain, a sound is the speaker's own."""
OWN_HOPS = 5
DECAY_DB = 1.5
"""A hop of reverberation: a room of 0.8 s."""
QUIETEST = 10
"""The noise of a microphone is what the quietest tenth of hops stays below, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One source's part in a track: its likeness (correlation), lag in hops, gain a band in dB.

    `hops`: so many were compared.
    """

    source: str
    hops: int
    likeness: float
    lag_hops: int
    gain_db: float
    band_gain_db: NDArray[np.float32]


def total(levels: Levels) -> NDArray[np.float32]:
    """Level over all bands in dB, one a hop."""
    return np.asarray(10 * np.log10(np.power(10, levels / 10).sum(axis=1)), dtype=np.float32)


def find_leaks(track: str, levels: Mapping[str, Levels], margin: int) -> list[Leak]:
    """The sources that are heard in `track`.

    `levels` by track, `(margin + hops + margin, bands)` each: the stretch to be judged lies
    between the margins, which hold what lags reach (`margin` ≥ the longest lag).
    """
    totals = {sid: total(one) for sid, one in levels.items()}
    loudest = np.sort(np.stack([*totals.values(), np.full_like(totals[track], FLOOR_DB)]), axis=0)
    found = []
    for source, level in totals.items():
        if source == track:
            continue
        others = np.where(level >= loudest[-1], loudest[-2], loudest[-1])
        speaks = (level > SPEAKING_DB) & (level >= others + DOMINANT_DB)
        leak = _best(
            source,
            levels[track],
            levels[source],
            heard_total=totals[track],
            sent_total=level,
            speaks=speaks,
            margin=margin,
        )
        if leak is not None:
            found.append(leak)
    return found


def _best(
    source: str,
    heard: Levels,
    sent: Levels,
    *,
    heard_total: NDArray[np.float32],
    sent_total: NDArray[np.float32],
    speaks: NDArray[np.bool_],
    margin: int,
) -> Leak | None:
    best: Leak | None = None
    hops = len(heard) - 2 * margin
    here, here_total = heard[margin : margin + hops], heard_total[margin : margin + hops]
    for lag in LAG_HOPS:
        then = slice(margin - lag, margin - lag + hops)
        at = np.flatnonzero(speaks[then])
        if len(at) < FEWEST_HOPS:
            continue
        difference = here_total[at] - sent_total[then][at]
        gain = float(np.median(difference))
        if gain > WEAKER_DB:
            continue
        # The speaker may have begun meanwhile: what stands out is not compared.
        alike = at[difference <= gain + OUTSTANDING_DB]
        if len(alike) < max(ALIKE_SHARE * len(at), FEWEST_HOPS):
            continue
        echo, origin = here[alike], sent[then][alike]
        likeness = _correlation(echo - echo.mean(axis=0), origin - origin.mean(axis=0))
        if likeness < (LIKE if len(alike) >= FEW_HOPS else LIKE_IF_FEW):
            continue
        if best is None or likeness > best.likeness:
            best = Leak(
                source=source,
                hops=len(alike),
                likeness=likeness,
                lag_hops=lag,
                gain_db=gain,
                band_gain_db=np.median(echo - origin, axis=0),
            )
    return best


def _correlation(one: Levels, other: Levels) -> float:
    scale = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return float((one * other).sum()) / scale if scale > 0 else 0.0


def noise(levels: Levels) -> float:
    """Level of a microphone in which nobody is heard, in dB."""
    return float(np.percentile(total(levels), QUIETEST))


def own_hops(
    track: str,
    levels: Mapping[str, Levels],
    leaks: list[Leak],
    margin: int,
    *,
    noise_db: float = FLOOR_DB,
) -> tuple[int, int] | None:
    """First and end hop of the stretch that is the speaker's own; None: all of it is echo.

    `noise_db` is what the microphone hears when nobody speaks.
    """
    heard = levels[track]
    hops = len(heard) - 2 * margin
    power = np.zeros(len(heard), dtype=np.float64)
    for leak in leaks:
        echo = np.power(10, (levels[leak.source] + leak.band_gain_db) / 10).sum(axis=1)
        power += np.roll(echo, leak.lag_hops)
    # The way of an echo is no whole number of hops: its onset may come one earlier.
    power = np.maximum(power, np.roll(power, -1))
    expected = 10 * np.log10(power + 1e-12)
    for at in range(1, len(expected)):
        expected[at] = max(expected[at], expected[at - 1] - DECAY_DB)
    expected = 10 * np.log10(np.power(10, expected / 10) + 10 ** (noise_db / 10))
    level = total(heard)
    own = (level > expected + OWN_DB) & (level > SPEAKING_DB - DOMINANT_DB)
    # In most of a tenth of a second: single hops are noise of the comparison.
    steady = np.convolve(own, np.ones(OWN_HOPS), mode="same") > OWN_HOPS / 2
    inside = np.flatnonzero(steady[margin : margin + hops])
    if len(inside) < OWN_HOPS:
        return None
    return int(inside[0]), int(inside[-1]) + 1
