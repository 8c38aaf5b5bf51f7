"""The sound of one utterance as it grows, and the features a model hears it by."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from models.base import Samples
from models.whisper.log_mel import HOP, Frames, LogMelStream


class Features(Protocol):
    """What a model hears by; `models.whisper.model.WhisperModel` has it."""

    @property
    def bands(self) -> int:
        """Mel bands: models with as many share their features."""
        ...

    def new_stream(self) -> LogMelStream:
        """An empty stream of these features; any thread."""
        ...


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
