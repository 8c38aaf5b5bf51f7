"""What there is of an ended meeting, read anew each time: the record, and the files made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pipelines.minutes.schema import Minutes
from pipelines.record import transcript as transcripts
from pipelines.record.transcript import Transcript
from storage.files import ResultFiles
from storage.line import Meeting
from storage.record import Record


class MeetingGone(Exception):
    """The meeting was erased while its minutes were made; erasure wins."""


class Dossiers:
    """Those of all meetings, by the meeting's id."""

    def __init__(self, record: Record, files: ResultFiles) -> None:
        self._record = record
        self._files = files

    async def meeting(self, meeting_id: str) -> Meeting:
        """The meeting itself. Raises MeetingGone."""
        meeting = await self._record.meeting(meeting_id)
        if meeting is None:
            raise MeetingGone(meeting_id)
        return meeting

    async def load(self, meeting_id: str) -> tuple[Meeting, Transcript]:
        """The meeting and what was said. Raises MeetingGone."""
        meeting = await self.meeting(meeting_id)
        lines = await self._record.lines(meeting_id)
        people = await self._record.participants(meeting_id)
        return meeting, transcripts.build(lines, people)

    async def minutes(self, meeting_id: str) -> Minutes:
        """The minutes that were written."""
        return Minutes.model_validate_json(await self.text(meeting_id, "minutes.json"))

    async def text(self, meeting_id: str, name: str) -> str:
        """A file that was written."""
        return await asyncio.to_thread(self._files.read, meeting_id, name)

    async def keep(self, meeting_id: str, texts: Mapping[str, str]) -> None:
        """Write files, by name, and note them in the record."""
        for name, text in texts.items():
            file = await asyncio.to_thread(self._files.write, meeting_id, name, text)
            await self._record.saw_artefact(meeting_id, name, str(file.path), file.sha256)
