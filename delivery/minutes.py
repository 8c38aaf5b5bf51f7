"""Who writes the minutes: the LLM where there is one, else, or when it fails, the digest."""

from __future__ import annotations

import logging

import httpx

from models.base import ModelError
from models.llm_http import HttpLanguageModel
from models.settings import LlmSettings
from pipelines.minutes.digest import digest
from pipelines.minutes.labels import labels
from pipelines.minutes.map_reduce import write_minutes
from pipelines.minutes.schema import Minutes
from pipelines.record.transcript import Transcript
from prompts.library import prompt
from storage.line import Meeting

_log = logging.getLogger(__name__)


class MinutesWriter:
    """Always brings minutes: an LLM that fails costs the summary, never the minutes."""

    def __init__(
        self, settings: LlmSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._transport = transport

    async def write(self, meeting: Meeting, transcript: Transcript) -> Minutes:
        """The minutes in the meeting's language; a line in them says if the LLM failed."""
        title, language = meeting.title or meeting.room, meeting.language
        if not self._settings.url or not transcript.segments:
            return digest(transcript, title=title, language=language)
        try:
            async with HttpLanguageModel(self._settings, self._transport) as llm:
                return await write_minutes(
                    transcript,
                    llm,
                    instructions=prompt("minutes", language),
                    condense=prompt("condense", language),
                    title=title,
                    language=language,
                )
        except ModelError as error:
            _log.warning("meeting %s: the digest goes out, for %s", meeting.id, error)
            note = labels(language).llm_failed
            return digest(transcript, title=title, language=language, note=note)
