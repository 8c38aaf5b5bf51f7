"""Where a track's captions go."""

from __future__ import annotations

from typing import Protocol

from models.base import Pressure
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment


class CaptionSink(Protocol):
    """Where captions go. A final or a gap is committed to the record, then published."""

    async def partial(self, caption: PartialCaption) -> None:
        """Show the text so far; cancelled when the utterance ends meanwhile."""
        ...

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        """Record the segment, then show it, and that partials are rare under this pressure."""
        ...

    async def dropped(self, caption: DroppedCaption) -> None:
        """Take the utterance's partials back."""
        ...

    async def gap(self, gap: Gap) -> None:
        """Record that speech was lost, then show it."""
        ...
