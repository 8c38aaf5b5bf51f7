"""The made meetings: 24, from two people in a quiet room to eight who talk over each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlan:
    """What a made meeting is like. `noise_dbfs` None: microphones that send digital silence.

    `overlap`: part of the time of speech, 0 to 1, in which another one speaks as well, meant so;
    the report says what came of it. `loss`: part of the packets. `switching`: people change
    between the languages. Speech lies between −32 and −20 dBFS.
    """

    name: str
    people: int
    languages: tuple[str, ...]
    overlap: float = 0.0
    backchannels_a_minute: float = 3.0
    noise_dbfs: float | None = -60.0
    bitrate: int = 32_000
    loss: float = 0.0
    switching: bool = False
    seconds: float = 75.0

    @property
    def kind(self) -> str:
        """In words, for the report."""
        noise = "digital silence" if self.noise_dbfs is None else f"noise {self.noise_dbfs:g} dBFS"
        parts = [f"{self.people} people", "/".join(self.languages), noise]
        parts += [f"overlap {self.overlap:.0%}"] if self.overlap else []
        parts += [f"{self.backchannels_a_minute:g} backchannels a minute"]
        parts += [f"Opus {self.bitrate // 1000} kbit/s"]
        parts += [f"{self.loss:.0%} loss"] if self.loss else []
        parts += ["switching languages"] if self.switching else []
        return ", ".join(parts)


_FR, _EN, _BOTH = ("fr",), ("en",), ("fr", "en")

PLANS = (
    MeetingPlan(name="duo-fr", people=2, languages=_FR),
    MeetingPlan(name="duo-en", people=2, languages=_EN),
    MeetingPlan(name="duo-both", people=2, languages=_BOTH),
    MeetingPlan(name="duo-muted", people=2, languages=_BOTH, noise_dbfs=None),
    MeetingPlan(name="duo-switching", people=2, languages=_BOTH, switching=True),
    MeetingPlan(name="trio-fr", people=3, languages=_FR, overlap=0.05),
    MeetingPlan(name="trio-en", people=3, languages=_EN, overlap=0.05),
    MeetingPlan(name="trio-muted", people=3, languages=_FR, noise_dbfs=None, overlap=0.1),
    MeetingPlan(name="trio-switching", people=3, languages=_BOTH, switching=True, overlap=0.05),
    MeetingPlan(name="trio-yes", people=3, languages=_EN, backchannels_a_minute=10),
    MeetingPlan(name="four-fr", people=4, languages=_FR, overlap=0.1),
    MeetingPlan(name="four-en", people=4, languages=_EN, overlap=0.1),
    MeetingPlan(name="four-both", people=4, languages=_BOTH, overlap=0.15),
    MeetingPlan(name="four-noise", people=4, languages=_BOTH, noise_dbfs=-48, overlap=0.05),
    MeetingPlan(name="four-loss-5", people=4, languages=_BOTH, loss=0.05, bitrate=24_000),
    MeetingPlan(name="four-loss-10", people=4, languages=_BOTH, loss=0.1, bitrate=24_000),
    MeetingPlan(name="five-oui", people=5, languages=_FR, backchannels_a_minute=10, overlap=0.05),
    MeetingPlan(name="five-noise", people=5, languages=_EN, noise_dbfs=-45),
    MeetingPlan(name="five-low-rate", people=5, languages=_BOTH, bitrate=16_000, overlap=0.1),
    MeetingPlan(name="six-both", people=6, languages=_BOTH, overlap=0.1),
    MeetingPlan(name="six-muted", people=6, languages=_BOTH, noise_dbfs=None, overlap=0.15),
    MeetingPlan(name="seven-fr", people=7, languages=_FR, overlap=0.12),
    MeetingPlan(name="eight-en", people=8, languages=_EN, overlap=0.18),
    MeetingPlan(
        name="eight-both", people=8, languages=_BOTH, overlap=0.12, backchannels_a_minute=8
    ),
)
