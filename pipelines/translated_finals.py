"""Finals that come again with their text in other languages, once an LLM has them.

A final is out before its translation is even asked for, so no caption waits for an LLM; one that is
slow, away or overloaded costs readers the translation and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from models.base import ModelError, Pressure
from pipelines.caption_sink import CaptionSink
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Translation

log = logging.getLogger(__name__)

AT_ONCE = 4
"""So many requests of one meeting are with the LLM at a time."""
MOST_WAITING = 20
"""Beyond, a final is left out: its translation would come when nobody reads there any more."""
PATIENCE_SEC = 15.0


class TextTranslator(Protocol):
    """Turns a text into another language. Cancelling is safe."""

    async def translate(self, text: str, to: str) -> str:
        """`text` in the language of code `to`. Raises ModelError."""
        ...


class TranslationSink(CaptionSink, Protocol):
    """A sink that can show a final again."""

    async def translated(self, segment: Segment) -> None:
        """Show the segment, which is in the record already, with its translations."""
        ...


class TranslatedFinals:
    """A `CaptionSink` before another one, for all tracks of a meeting."""

    def __init__(
        self, sink: TranslationSink, translator: TextTranslator, languages: tuple[str, ...]
    ) -> None:
        self._sink = sink
        self._translator = translator
        self._languages = languages
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def partial(self, caption: PartialCaption) -> None:
        """As it is."""
        await self._sink.partial(caption)

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        """As it is; its translations follow. Never waits for them."""
        await self._sink.final(segment, pressure)
        there = {segment.language, *(one.language for one in segment.translations)}
        wanted = [language for language in self._languages if language not in there]
        if not wanted or len(self._tasks) >= AT_ONCE + MOST_WAITING:
            return
        task = asyncio.create_task(self._follow(segment, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def dropped(self, caption: DroppedCaption) -> None:
        """As it is."""
        await self._sink.dropped(caption)

    async def gap(self, gap: Gap) -> None:
        """As it is."""
        await self._sink.gap(gap)

    async def settled(self) -> None:
        """Wait until no translation is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, segment: Segment, wanted: list[str]) -> None:
        try:
            async with self._free, asyncio.timeout(PATIENCE_SEC):
                found = [
                    Translation(language=to, text=text)
                    for to in wanted
                    if (text := await self._translator.translate(segment.text, to))
                ]
            if found:
                both = (*segment.translations, *found)
                await self._sink.translated(replace(segment, translations=both))
        except (ModelError, TimeoutError) as error:
            log.warning("a final was not translated: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a translation is a help, no part of the record
            log.warning("a translation was not shown: %s", type(error).__name__)
