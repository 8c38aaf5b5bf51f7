"""What an administrator may say about delivery."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MailSettings(BaseModel):
    """The SMTP server; without a host no mail is sent, and the record says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = ""
    port: int = Field(default=25, ge=1, le=65535)
    user: str = ""
    password: SecretStr = SecretStr("")
    tls: str = Field(default="auto", pattern="^(auto|none|starttls|tls)$")
    sender: str = "Greffier <greffier@localhost>"
    timeout_sec: float = 30.0


class JobsSettings(BaseModel):
    """The durable workflows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system_database_url: str = "sqlite:///greffier-data/jobs.db"
    poll_every_sec: float = Field(default=1.0, gt=0)
    executor_id: str = Field(
        default="",
        description="Name of this process among those of one database; empty: the host's name, so "
        "two on one machine need one each",
    )
    dead_after_sec: float = Field(
        default=15.0,
        gt=0,
        description="A process that gives no sign of life for so long is dead: others do its work",
    )
    metrics: str = Field(
        default="", description="Where /metrics is served: a port of this machine, or HOST:PORT"
    )
