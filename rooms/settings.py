"""What an administrator may say about rooms, tokens and LiveKit."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class LiveKitSettings(BaseModel):
    """The LiveKit server. `public_url` is what browsers use, where it differs from `url`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = "ws://127.0.0.1:7880"
    public_url: str = ""
    api_key: str = ""
    api_secret: SecretStr = SecretStr("")


class RoomsSettings(BaseModel):
    """The rooms service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = Field(default="", description="Address of the page in mails")
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Needed to create rooms with organisers; empty: nobody may over the network",
    )
    open_rooms: bool = Field(default=True, description="Joining an unknown room makes it")
    token_ttl_sec: int = Field(default=6 * 3600, ge=60)
    reader_ttl_sec: int = Field(default=600, ge=60)
    reconcile_every_sec: float = Field(default=2.0, gt=0)
    empty_grace_sec: float = Field(
        default=30.0, ge=0, description="An empty room's meeting ends after this"
    )
    metrics: str = Field(
        default="", description="Where /metrics is served: a port of this machine, or HOST:PORT"
    )
