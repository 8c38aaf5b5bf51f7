"""What a person has chosen for themselves: how they are heard, and whether they are at all.

In a room it is carried by the participant's attributes, which LiveKit lets nobody else set; of our
own rooms it is kept with the identity too, so that who joins again need not choose again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGE = "greffier.language"
OPTED_OUT = "greffier.opted_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`language`: the one they speak, None: to be detected. `opted_out`: not to be transcribed."""

    language: str | None = None
    opted_out: bool = False

    @staticmethod
    def of(attributes: Mapping[str, str]) -> Choice:
        """What a participant's attributes say."""
        return Choice(
            language=attributes.get(LANGUAGE) or None,
            opted_out=attributes.get(OPTED_OUT) == "true",
        )

    def attributes(self) -> dict[str, str]:
        """The same as attributes; LiveKit takes an empty one away."""
        return {LANGUAGE: self.language or "", OPTED_OUT: "true" if self.opted_out else ""}
