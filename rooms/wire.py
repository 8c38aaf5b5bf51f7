"""What goes over HTTP: the bodies of requests and answers, as docs/protocol.md has them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rooms.names import check_identity, check_room_name
from storage.line import Line, MeetingState

RoomName = Annotated[
    str, AfterValidator(check_room_name), Field(max_length=128, examples=["conseil-municipal"])
]
RoomPath = Annotated[str, Path(max_length=256, pattern=r"^[^\x00-\x1f]+$")]
"""A room in an address: looser than a name of ours, for other products' rooms have records too."""

Language = Literal["fr", "en"]


def _absent_if_empty(value: str | None) -> str | None:
    return None if not value else check_identity(value)


class Problem(BaseModel):
    """What is wrong, and what to do."""

    detail: str


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return {code: {"model": Problem} for code in codes}


class TokenRequest(BaseModel):
    """LiveKit's standard token request, plus `mode`. Every field may be absent.

    Metadata, attributes and room configuration are read and passed over: an agent, an egress or
    a role is never a participant's to choose. Our own agent comes by itself.
    """

    model_config = ConfigDict(extra="ignore")

    room_name: str | None = Field(None, max_length=512, examples=["conseil-municipal"])
    participant_name: str | None = Field(None, max_length=4096, examples=["Élise Martin"])
    participant_identity: Annotated[str | None, AfterValidator(_absent_if_empty)] = Field(
        None, description="Renewing it needs a token already issued for it, as Bearer"
    )
    participant_metadata: str | None = Field(None, description="Passed over")
    participant_attributes: dict[str, Any] | None = Field(None, description="Passed over")
    room_config: dict[str, Any] | None = Field(None, description="Passed over")
    mode: Literal["speak", "read"] = Field(
        "speak", description="read: captions only, no microphone"
    )


class TokenAnswer(BaseModel):
    """Where to connect, and with what."""

    server_url: str = Field(examples=["wss://livekit.example.org"])
    participant_token: str = Field(description="A JWT for this room and person only")
    room_name: str
    participant_identity: str
    meeting: str | None = Field(description="The meeting that is running, if one is")


class OrganiserBody(BaseModel):
    """Who gets the minutes by e-mail."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(
        max_length=254, pattern=r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$", examples=["elise@example.org"]
    )
    name: str = Field("", max_length=200)
    language: Language = "fr"


class RoomRequest(BaseModel):
    """A room to make. Without a name, one that is hard to guess is chosen."""

    model_config = ConfigDict(extra="forbid")

    name: RoomName | None = None
    title: str = Field("", max_length=1000, examples=["Conseil municipal du 3 mars"])
    language: Language = "fr"
    organisers: list[OrganiserBody] = Field(
        default=[], max_length=50, description="Needs the administrator's key"
    )
    transcribe: bool = True
    spoken: Literal["fr", "en", "auto"] = Field(
        "auto", description="The only language that is spoken; auto: each speaker's is detected"
    )
    glossary: list[Annotated[str, Field(min_length=1, max_length=80)]] = Field(
        default=[],
        max_length=50,
        description="Names and terms that will be said; only for a model that profits from a "
        "prompt: the demo model hears worse with them",
    )


class RoomAnswer(BaseModel):
    """A room, and whether it is transcribed now. Organisers' addresses are never shown."""

    name: str
    title: str
    language: str
    wanted: bool = Field(description="Whether its people want it transcribed")
    transcription: Literal["on", "off", "paused"] = Field(
        description="Whether it is transcribed now; paused: off the record"
    )
    meeting: str | None = Field(description="The meeting that is running, if one is")


class ChoiceRequest(BaseModel):
    """What a person chooses for themselves; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["fr", "en", "auto"] | None = Field(
        None, description="The language that they speak; auto: it is detected"
    )
    transcribed: bool | None = Field(
        None, description="false: not heard, from this moment on; a gap with that reason"
    )


class TranscriptionAnswer(BaseModel):
    """What will be true within seconds."""

    room: str
    transcription: Literal["on", "off", "paused"]
    meeting: str | None


class HistoryAnswer(BaseModel):
    """Committed lines in the order of `seq`; a line with a `reason` is a gap."""

    meeting: str | None
    state: MeetingState | None
    started_at: datetime | None = Field(description="The zero of the lines' times")
    lines: list[Line]


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"] = "ok"
