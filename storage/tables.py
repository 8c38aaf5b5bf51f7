"""The tables. Times named `*_at` are UTC; times named `*_ms` count from the meeting's start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone of what it stores; this puts it back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database: refuse a moment without a zone, for nobody knows which it is."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone: use datetime.now(UTC)")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database: UTC."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Root of the tables; names constraints so that migrations can alter them."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it so


class RoomRow(Base):
    """A room of our own, made by the rooms service. Rooms of other products have no row."""

    __tablename__ = "rooms"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    organisers: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    transcribe: Mapped[bool]
    glossary: Mapped[list[str] | None] = mapped_column(JSON)
    spoken: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime]


class IdentityRow(Base):
    """Who holds an identity in a room: the first to ask, and then who shows the last token.

    `language` and `opted_out` are what they chose (storage.choice).
    """

    __tablename__ = "identities"
    room: Mapped[str] = mapped_column(String(128), primary_key=True)
    identity: Mapped[str] = mapped_column(String(128), primary_key=True)
    language: Mapped[str | None] = mapped_column(String(8))
    opted_out: Mapped[bool | None]
    created_at: Mapped[datetime]


class MeetingRow(Base):
    """One sitting in a room, from the first dispatch to the delivered minutes.

    `state` is live, ended, delivered or failed. The agent that holds the lease is `holder`
    (a LiveKit job id) until `lease_until`; `fence` grows with each new holder, so that a
    late write of an earlier one can be refused. `started_at` is the zero of meeting time.
    `heartbeat_at` is when the holder last said what it hears, `heartbeat_ms` the same in meeting
    time, and `open_tracks` what it heard then, as [identity, name, SID, settled ms, reason].
    `off_record`: nothing is to be heard for now.
    """

    __tablename__ = "meetings"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    room: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    organisers: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(String(500))
    started_at: Mapped[datetime]
    notice_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(128))
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    heartbeat_ms: Mapped[int | None]
    open_tracks: Mapped[list[list[Any]] | None] = mapped_column(JSON)
    off_record: Mapped[bool | None]
    fence: Mapped[int] = mapped_column(default=0)
    last_seq: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        Index(None, "state"),
        # One live meeting a room, whoever races: held by the database, not by looking first.
        Index(
            "uq_meetings_live_room",
            "room",
            unique=True,
            sqlite_where=sql_text("state = 'live'"),
            postgresql_where=sql_text("state = 'live'"),
        ),
    )


class LineRow(Base):
    """A committed line of the record: a segment or a gap, numbered `seq` in its meeting."""

    __tablename__ = "lines"
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    identity: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(String(128))
    track_sid: Mapped[str] = mapped_column(String(64))
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    text: Mapped[str]
    language: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float]
    words: Mapped[list[list[Any]]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("meeting_id", "seq"),)


class ArtefactRow(Base):
    """A file that was made of a meeting: its kind (`minutes.md`), place and SHA-256."""

    __tablename__ = "artefacts"
    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    path: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class ParticipantRow(Base):
    """A person seen in a meeting; the last display name counts."""

    __tablename__ = "participants"
    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    identity: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    joined_at: Mapped[datetime]


class ExecutorRow(Base):
    """A jobs process that is alive: `beats` grows while it is. No clock, so none can be wrong."""

    __tablename__ = "executors"
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    beats: Mapped[int]
