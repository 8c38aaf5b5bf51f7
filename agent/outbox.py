"""What waits to be shown in a room: finals in order and never dropped, partials replaceable.

Pure. A slow room must not grow memory: of an utterance's partials only the newest waits, and
nothing of an utterance waits beside its final. Captions committed to the record are bounded too:
beyond the bound the oldest are left out of the room, where readers fetch them from the history.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    GapCaption,
    PartialCaption,
    TranslatedCaption,
)

MAX_WAITING = 1000
"""About an hour of one talkative meeting in a room that can't be reached."""


class Outbox:
    """A queue with one reader."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._waiting: OrderedDict[str, CaptionEvent] = OrderedDict()
        self._max_waiting = max_waiting
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._in_hand = False
        self.left_out = 0
        """Captions that the room was not shown because too many waited; all are in the record."""

    def put(self, caption: CaptionEvent) -> None:
        """Never waits. A caption takes the place of an older one of the same utterance."""
        key = utterance_of(caption)
        if isinstance(caption, TranslatedCaption):
            # It comes after its final and after other languages of it, never in their place.
            there = ",".join(one.language for one in caption.segment.translations)
            key = f"{key}/translated/{there}"
        older = self._waiting.get(key)
        if not isinstance(caption, PartialCaption):
            # A final goes to the end of the queue, whenever its utterance's partials began.
            self._waiting.pop(key, None)
        elif older is not None and not isinstance(older, PartialCaption):
            return
        self._waiting[key] = caption
        if len(self._waiting) > self._max_waiting:
            self._waiting.popitem(last=False)
            self.left_out += 1
        self._empty.clear()
        self._something.set()

    async def take(self) -> CaptionEvent:
        """The next caption; call `done` when it is out. Cancelling is safe."""
        while not self._waiting:
            self._something.clear()
            await self._something.wait()
        self._in_hand = True
        return self._waiting.popitem(last=False)[1]

    def done(self) -> None:
        """The caption taken last is out, or given up."""
        self._in_hand = False
        if not self._waiting:
            self._empty.set()

    async def emptied(self) -> None:
        """Wait until nothing waits and nothing is in hand."""
        await self._empty.wait()


def utterance_of(caption: CaptionEvent) -> str:
    """The id of the utterance that the caption is about."""
    match caption:
        case PartialCaption() | DroppedCaption():
            return caption.utterance_id
        case FinalCaption() | TranslatedCaption():
            return caption.segment.id
        case GapCaption():
            return caption.gap.id
