"""What the people of a room want: who is not to be heard, and which language who speaks."""

from __future__ import annotations

from livekit import rtc

from pipelines.events import GapReason
from storage.choice import Choice


class RoomChoices:
    """Read anew each time it is asked. `off_record`: nobody is to be heard for now."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self.off_record = False

    def withheld(self, identity: str) -> GapReason | None:
        """Why this person is not to be heard now; None: they are."""
        if self._of(identity).opted_out:
            return GapReason.OPTED_OUT
        return GapReason.OFF_RECORD if self.off_record else None

    def language(self, identity: str) -> str | None:
        """The language that this person has said they speak."""
        return self._of(identity).language

    def _of(self, identity: str) -> Choice:
        participant = self._room.remote_participants.get(identity)
        return Choice() if participant is None else Choice.of(participant.attributes)
