"""Ways to show partials that are compared: how often, and how much of their unsure end."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.settings import CaptionSettings

NOTHING_UNSURE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`held_words`: how many last words of a partial are not shown until they are heard again."""

    every_sec: float
    held_words: int

    @property
    def name(self) -> str:
        """In words."""
        if self.held_words >= NOTHING_UNSURE:
            held = "confirmed words only"
        else:
            held = f"{self.held_words} held back" if self.held_words else "all words"
        return f"each {self.every_sec:g} s, {held}"

    def applied(self, settings: CaptionSettings) -> CaptionSettings:
        """Return the settings with this policy."""
        return settings.model_copy(
            update={"partial_every_sec": self.every_sec, "held_words": self.held_words}
        )


POLICIES = tuple(
    Policy(every_sec=every_sec, held_words=held_words)
    for every_sec in (0.5, 0.7, 1.0)
    for held_words in (0, 1, 2, NOTHING_UNSURE)
)
