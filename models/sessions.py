"""The sound of open utterances, sent once: what the recognition process keeps between requests.

Pure: the clock is injected. A client that sends on from a sample which is not here (the process was
restarted, or has forgotten) is told from where to send again; nothing else can go wrong.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from models.base import ModelError, Samples
from models.log_mel import HOP, Frames, LogMelStream

IDLE_SEC = 60.0
MOST = 4_096
"""Utterances kept: the oldest untouched one goes first. Each takes 96 kB a second of sound."""


class Features(Protocol):
    """What a model hears by; `models.whisper.WhisperModel` has it."""

    @property
    def bands(self) -> int:
        """Mel bands: models with as many share their features."""
        ...

    def new_stream(self) -> LogMelStream:
        """An empty stream of these features; any thread."""
        ...


class Missing(ModelError):
    """The samples before those that were sent are not here; send again from `have` on."""

    def __init__(self, have: int) -> None:
        super().__init__(f"only the first {have} samples of this utterance are here; send the rest")
        self.have = have


@dataclass(slots=True)
class Session:
    """The sound of one utterance. Its lock serialises the mel of two requests that overlap.

    The samples are kept beside the mel: another model may have to hear them too.
    """

    touched_sec: float
    have: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _pieces: list[Samples] = field(default_factory=list)
    _streams: dict[int, tuple[LogMelStream, int]] = field(default_factory=dict)

    def take(self, offset: int, samples: Samples) -> None:
        """Note the samples from `offset` on; those that are here already are passed over."""
        fresh = samples[self.have - offset :]
        if len(fresh):
            self._pieces.append(fresh)
            self.have += len(fresh)

    def mel(self, features: Features) -> LogMelStream:
        """Return such features of everything taken; the caller holds the lock."""
        stream, heard = self._streams.get(features.bands) or (features.new_stream(), 0)
        fresh = self._pieces[heard:]
        for piece in fresh:
            stream.push(piece)
        self._streams[features.bands] = (stream, heard + len(fresh))
        return stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What one request hears of a session: the samples from `first` to `until`."""

    session: Session
    first: int
    until: int

    @classmethod
    def whole(cls, samples: Samples) -> Sound:
        """Return the sound of samples that nobody will add to."""
        session = Session(touched_sec=0.0)
        session.take(0, samples)
        return cls(session=session, first=0, until=len(samples))

    @property
    def samples(self) -> int:
        """How many samples are heard."""
        return self.until - self.first

    def mel(self, frames: int, features: Features) -> Frames:
        """Return log-mel features, shape (mels, frames); zeros follow the sound. Any thread."""
        with self.session.lock:
            stream = self.session.mel(features)
            return stream.window(frames, first=self.first // HOP, until=self.until)


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
