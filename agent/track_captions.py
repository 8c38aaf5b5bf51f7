"""What a track's listener needs of its captions."""

from __future__ import annotations

from typing import Protocol

from models.base import Samples
from pipelines.events import GapReason
from pipelines.speech.hearing import Steps


class Captions(Protocol):
    """What the listener needs of `pipelines.captions.TrackCaptions`."""

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks."""
        ...

    @property
    def settled_sample(self) -> int | None:
        """Up to here all is in the record, or was silence."""
        ...

    @property
    def end_sample(self) -> int | None:
        """Position after the last sample that is accounted for."""
        ...

    def begin(self, at_sample: int) -> None:
        """The track is accounted for from here on."""
        ...

    def skip(self, until_sample: int, reason: GapReason | None) -> None:
        """Nothing was heard up to there: a gap, or, without a reason, muted."""
        ...

    def steps(self, samples: Samples, at_sample: int) -> Steps[None]:
        """Take a frame."""
        ...

    def pause(self) -> None:
        """End the open utterance."""
        ...

    async def drain(self) -> None:
        """Wait for its finals."""
        ...

    async def aclose(self) -> None:
        """Stop at once."""
        ...
