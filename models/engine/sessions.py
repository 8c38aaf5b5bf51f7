"""The sound of open utterances, sent once: what the recognition process keeps between requests.

Pure: the clock is injected. A client that sends on from a sample which is not here (the process was
restarted, or has forgotten) is told from where to send again; nothing else can go wrong.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from models.base import ModelError, Samples
from models.whisper.sound import Session

IDLE_SEC = 60.0
MOST = 4_096
"""Utterances kept: the oldest untouched one goes first. Each takes 96 kB a second of sound."""


class Missing(ModelError):
    """The samples before those that were sent are not here; send again from `have` on."""

    def __init__(self, have: int) -> None:
        super().__init__(f"only the first {have} samples of this utterance are here; send the rest")
        self.have = have


class Sessions:
    """All open utterances, by id. Used from one thread; only `Session.mel` runs beside it."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        idle_sec: float = IDLE_SEC,
        most: int = MOST,
    ) -> None:
        self._clock = clock
        self._idle_sec = idle_sec
        self._most = most
        self._open: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def extend(self, utterance_id: str, offset: int, samples: Samples) -> Session:
        """Take samples that begin at `offset` of the utterance. Raises Missing."""
        now = self._clock()
        session = self._open.get(utterance_id)
        have = 0 if session is None else session.have
        if offset > have:
            raise Missing(have)
        if session is None:
            self._make_room(now)
            session = Session(touched_sec=now)
            self._open[utterance_id] = session
        session.touched_sec = now
        self._open.move_to_end(utterance_id)
        session.take(offset, samples)
        return session

    def close(self, utterance_id: str) -> None:
        """The utterance has ended."""
        self._open.pop(utterance_id, None)

    def _make_room(self, now: float) -> None:
        while self._open:
            oldest = next(iter(self._open.values()))
            if len(self._open) < self._most and now - oldest.touched_sec <= self._idle_sec:
                return
            self._open.popitem(last=False)
