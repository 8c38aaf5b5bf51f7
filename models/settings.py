"""What an administrator may say about the models."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class AsrSettings(BaseModel):
    """The speech recognition process and how its clients reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path = Field(
        default=Path(__file__).parent.parent / "assets" / "demo-model",
        description="A CTranslate2 Whisper folder, or a name that was pulled; else the demo model",
    )
    fallback_model: str = Field(
        default="", description="A smaller model, folder or name, that serves when memory runs out"
    )
    language_models: tuple[str, ...] = Field(
        default=(), description="Models of single languages: fr:FOLDER_OR_NAME,en:FOLDER_OR_NAME"
    )
    models_folder: Path = Field(
        default=Path("greffier-data/models"), description="Where `greffier models pull` puts models"
    )
    url: str = Field(
        default="unix:greffier-data/asr.sock",
        description="Where the process listens: unix:PATH or http://HOST:PORT; several, by commas,"
        " for clients of one process a GPU",
    )
    device: str = "auto"
    compute_type: str = "default"
    workers: int = Field(
        default=0, ge=0, description="Batches at once; 0: two on a CPU of several cores, else one"
    )
    threads: int = Field(
        default=0, ge=0, description="CPU threads a batch; 0: the cores, shared by the workers"
    )
    max_batch: int = Field(default=16, ge=1, le=256)
    batch_wait_ms: int = Field(default=20, ge=0, le=1000)
    beam_partial: int = Field(default=1, ge=1)
    beam_final: int = Field(default=5, ge=1, description="Of finals that are unsure of a word")
    beam_below: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="A word less probable is unsure; 1: the wide beam for every final",
    )
    window_pad_sec: float = Field(
        default=0.5, ge=0, description="Silence after the speech in a decoding window"
    )
    full_window_finals: bool = Field(
        default=False, description="Pad finals to 30 s, for models that need it"
    )
    max_queue: int = Field(default=256, ge=1, description="Waiting requests before partials shed")
    longest_wait_ms: int = Field(
        default=400, ge=1, description="Live speech that waits longer makes partials rarer"
    )
    hang_floor_sec: float = Field(
        default=30.0, gt=0, description="A batch may take so long, and ..."
    )
    hang_factor: float = Field(
        default=1.0, ge=0, description="... so long a second of its windows; then it is hung"
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer key of /v1; without one /v1 serves this machine only",
    )
    max_files: int = Field(default=8, ge=1, description="Files at once on /v1; more get a 503")
    max_upload_mb: int = Field(default=500, ge=1)
    max_audio_minutes: float = Field(default=240, gt=0)
    file_languages: tuple[str, ...] = Field(
        default=("fr", "en"), min_length=1, description="What a file may speak that names none"
    )
    max_background_batch: int = Field(
        default=4, ge=1, description="Pieces of files in a batch; live speech waits for one at most"
    )
    background_patience_sec: float = Field(
        default=10.0, ge=0, description="A piece that waited longer goes before partials"
    )
    metrics: str = Field(
        default="",
        description="Where /metrics is served besides `url`: a port of this machine, or HOST:PORT",
    )

    @field_validator("language_models")
    @classmethod
    def _pairs(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        for pair in pairs:
            language, _, model = pair.partition(":")
            if not (language.isascii() and language.isalpha() and model):
                raise ValueError(f"{pair!r} is not LANGUAGE:FOLDER, such as fr:/models/whisper-fr")
        if len({pair.partition(":")[0] for pair in pairs}) < len(pairs):
            raise ValueError("a language has two models")
        return pairs

    @property
    def model_of_language(self) -> dict[str, Path]:
        """The models of single languages."""
        return {
            pair.partition(":")[0]: Path(pair.partition(":")[2]) for pair in self.language_models
        }


class LlmSettings(BaseModel):
    """The LLM that writes the minutes; none by default: then an extractive digest is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(default=None, description="An OpenAI-compatible base URL, ending /v1")
    model: str = ""
    api_key: str = ""
    timeout_sec: float = 120.0
    context_tokens: int = Field(default=8192, ge=1024)
