"""Off the record: nothing of the meeting is heard, and its people are told what is true.

The rooms service writes down what is wanted; the agent does it, and only then says so. So the
notice is never ahead: "paused" means that nobody is heard, and nobody is heard before "on" is out.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.room_choices import RoomChoices
from agent.room_notice import Notice


class OffRecord:
    """What is wanted, and what the people were last told. `look`: who is heard has changed."""

    def __init__(self, *, notice: Notice, choices: RoomChoices, look: Callable[[], None]) -> None:
        self._notice = notice
        self._choices = choices
        self._look = look
        self._wanted = False
        self._told: bool | None = None

    def want(self, off_record: bool) -> bool:
        """Off the record at once; on it again by `tell`. True: the people are to be told."""
        self._wanted = off_record
        if off_record and not self._choices.off_record:
            self._choices.off_record = True
            self._look()
        return self._told is not off_record

    async def tell(self) -> None:
        """Tell the people, then do what is wanted. Raises what the notice raises."""
        told = self._wanted
        await (self._notice.pause() if told else self._notice.give())
        self._told = told
        # Who changed their mind meanwhile wants no word heard before the people know of it.
        self._choices.off_record = told or self._wanted
        self._look()
