"""What an administrator may say about captions."""

from pydantic import BaseModel, ConfigDict, Field


class CaptionSettings(BaseModel):
    """Segmentation and the cadence of partials. Durations in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: tuple[str, ...] = ("fr", "en")
    glossary: tuple[str, ...] = Field(
        default=(),
        description="Names and terms for a model that profits from a prompt; participants' names "
        "are added. The demo model does not",
    )
    translate_to_en: bool = Field(
        default=False,
        description="Finals in other languages come again with Whisper's own English; turbo can't. "
        "Not asked where translate_to has en",
    )
    translate_to: tuple[str, ...] = Field(
        default=(),
        description="Finals come again in these languages, as en,fr, by the LLM of GREFFIER_LLM__*",
    )
    vad_threshold: float = Field(default=0.5, gt=0, lt=1)
    min_speech_sec: float = 0.1
    min_silence_sec: float = 0.35
    preroll_sec: float = 0.4
    long_line_sec: float = Field(
        default=2.5,
        ge=0,
        description="After so much speech a shorter pause ends a line, 0.6 of the other; longer "
        "for people who pause within sentences",
    )
    max_utterance_sec: float = Field(default=20.0, gt=2, le=29)
    first_partial_sec: float = Field(default=0.6, gt=0.1)
    partial_every_sec: float = Field(default=1.0, gt=0.1)
    held_words: int = Field(
        default=1, ge=0, description="Last words of a partial, shown once they are heard again"
    )
