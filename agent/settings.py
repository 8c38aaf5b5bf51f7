"""What an administrator may say about the agent."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

StreamKind = Literal["routed", "public"]
PacketMode = Literal["append", "update", "off"]


class AgentSettings(BaseModel):
    """The LiveKit worker. `name` is what dispatches ask for; Visio's is a setting of theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "greffier"
    health_port: int = Field(default=8081, ge=0, le=65535)
    max_meetings: int = Field(default=50, ge=1, description="Meetings at once on this worker")
    lease_sec: float = Field(
        default=8.0, gt=1, description="How long after a hard kill another agent may take over"
    )
    drain_sec: float = Field(default=60.0, ge=0)
    streams: StreamKind = Field(
        default="routed",
        description="How tracks are read: routed over one subscription, or the SDK's own streams",
    )
    packets: PacketMode = Field(
        default="append", description="How legacy transcription packets are sent"
    )
    metrics: str = Field(
        default="", description="Where /metrics is served: a port of this machine, or HOST:PORT"
    )
