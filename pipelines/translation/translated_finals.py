"""Finals that come again with their text in other languages, once an LLM has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from models.base import Pressure
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Translation
from pipelines.translation.afterwards import Afterwards, TranslationSink


class TextTranslator(Protocol):
    """Turns a text into another language. Cancelling is safe."""

    async def translate(self, text: str, to: str) -> str:
        """`text` in the language of code `to`. Raises ModelError."""
        ...


class TranslatedFinals:
    """A `TranslationSink` before another one, for all tracks of a meeting."""

    def __init__(
        self, sink: TranslationSink, translator: TextTranslator, languages: tuple[str, ...]
    ) -> None:
        self._sink = sink
        self._translator = translator
        self._languages = languages
        self._afterwards = Afterwards(sink)

    async def partial(self, caption: PartialCaption) -> None:
        """As it is."""
        await self._sink.partial(caption)

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        """As it is; its translations follow. Never waits for them."""
        await self._sink.final(segment, pressure)
        wanted = [language for language in self._languages if language != segment.language]
        if wanted:
            self._afterwards.follow(lambda: self._translated(segment, wanted))

    async def translated(self, segment: Segment) -> None:
        """As it is."""
        await self._sink.translated(segment)

    async def dropped(self, caption: DroppedCaption) -> None:
        """As it is."""
        await self._sink.dropped(caption)

    async def gap(self, gap: Gap) -> None:
        """As it is."""
        await self._sink.gap(gap)

    async def settled(self) -> None:
        """Wait until no translation is under way."""
        await self._afterwards.settled()

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._afterwards.aclose()

    async def _translated(self, segment: Segment, wanted: list[str]) -> Segment | None:
        found = [
            Translation(language=to, text=text)
            for to in wanted
            if (text := await self._translator.translate(segment.text, to))
        ]
        return replace(segment, translations=tuple(found)) if found else None
