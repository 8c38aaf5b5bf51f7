"""What an administrator may say about the models."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class AsrSettings(BaseModel):
    """The speech recognition process and how its clients reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path = Field(
        default=Path(__file__).parent.parent / "assets" / "demo-model",
        description="A CTranslate2 Whisper folder; the demo model by default",
    )
    url: str = Field(
        default="unix:greffier-data/asr.sock",
        description="Where the process listens: unix:PATH or http://HOST:PORT",
    )
    device: str = "auto"
    compute_type: str = "default"
    threads: int = Field(default=0, ge=0, description="CPU threads a batch; 0: all cores but one")
    max_batch: int = Field(default=16, ge=1, le=256)
    batch_wait_ms: int = Field(default=20, ge=0, le=1000)
    beam_partial: int = Field(default=1, ge=1)
    beam_final: int = Field(default=5, ge=1)
    window_pad_sec: float = Field(
        default=1.0, ge=0, description="Silence after the speech in a decoding window"
    )
    full_window_finals: bool = Field(
        default=False, description="Pad finals to 30 s, for models that need it"
    )
    max_queue: int = Field(default=256, ge=1, description="Waiting requests before partials shed")


class LlmSettings(BaseModel):
    """The LLM that writes the minutes; none by default: then an extractive digest is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(default=None, description="An OpenAI-compatible base URL, ending /v1")
    model: str = ""
    api_key: str = ""
    timeout_sec: float = 120.0
    context_tokens: int = Field(default=8192, ge=1024)
