"""One frozen object with everything that can be set; read once, at the start, in `cli`.

Values come from the environment (`GREFFIER_ASR__MODEL=…`, a double underscore between section
and name) and a `.env` file in the current folder. `LIVEKIT_URL`, `LIVEKIT_API_KEY` and
`LIVEKIT_API_SECRET` are understood as everywhere in the LiveKit world, and so are OpenTelemetry's
names of its collector's address. An unknown name is an error: a setting that is mistyped must not
be silently without effect.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agent.settings import AgentSettings
from delivery.settings import JobsSettings, MailSettings
from greffier.tracing import TracesSettings
from models.settings import AsrSettings, LlmSettings
from pipelines.settings import CaptionSettings
from rooms.settings import LiveKitSettings, RoomsSettings
from storage.settings import StorageSettings

PREFIX = "GREFFIER_"
_LIVEKIT_NAMES = {
    "LIVEKIT_URL": "url",
    "LIVEKIT_API_KEY": "api_key",
    "LIVEKIT_API_SECRET": "api_secret",
}


_OTLP_NAMES = {
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "/v1/traces",
}
"""OpenTelemetry's own names, the nearer first, with what is to be added to their value."""


class SettingsError(Exception):
    """A setting is unknown, missing or out of range; the message names it and its values."""


class Settings(BaseSettings):
    """All sections. Each package declares its own; only `greffier` sees them together."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    livekit: LiveKitSettings = LiveKitSettings()
    rooms: RoomsSettings = RoomsSettings()
    agent: AgentSettings = AgentSettings()
    captions: CaptionSettings = CaptionSettings()
    asr: AsrSettings = AsrSettings()
    llm: LlmSettings = LlmSettings()
    storage: StorageSettings = StorageSettings()
    mail: MailSettings = MailSettings()
    jobs: JobsSettings = JobsSettings()
    traces: TracesSettings = TracesSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` gives: pydantic-settings passes over unknown environment names."""
        return (init_settings,)


def load(
    environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")
) -> Settings:
    """Read the settings. Raises SettingsError with one line for each mistake."""
    environ = os.environ if environ is None else environ
    values: dict[str, str] = {}
    if env_file is not None and env_file.exists():
        values |= {k: v for k, v in dotenv_values(env_file).items() if v is not None}
    values |= environ
    sections: dict[str, Any] = {}
    mistakes: list[str] = []
    for name, value in values.items():
        if name in _LIVEKIT_NAMES:
            sections.setdefault("livekit", {}).setdefault(_LIVEKIT_NAMES[name], value)
        elif name.upper().startswith(PREFIX):
            section, _, field = name.upper().removeprefix(PREFIX).lower().partition("__")
            known = Settings.model_fields.get(section)
            fields = getattr(known.annotation, "model_fields", {}) if known else {}
            if field not in fields:
                mistakes.append(f"{name} is not a setting; {_nearest(section, known, fields)}")
                continue
            sections.setdefault(section, {})[field] = _parsed(value, fields[field].annotation)
    for name, path in _OTLP_NAMES.items():
        if values.get(name):
            address = values[name].rstrip("/") + path if path else values[name]
            sections.setdefault("traces", {}).setdefault("endpoint", address)
    try:
        settings = Settings(**sections)
    except ValidationError as error:
        for one in error.errors():
            name = PREFIX + "__".join(str(part) for part in one["loc"][:2]).upper()
            mistakes.append(f"{name}: {one['msg']}")
        raise SettingsError("\n".join(mistakes)) from None
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as environment names, for a child process."""
    values = {}
    for section in Settings.model_fields:
        model = getattr(settings, section)
        for field in type(model).model_fields:
            value = getattr(model, field)
            if value is None:
                continue
            if hasattr(value, "get_secret_value"):
                value = value.get_secret_value()
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            values[f"{PREFIX}{section}__{field}".upper()] = text
    return values


def _parsed(value: str, annotation: Any) -> Any:
    """A comma-separated list for tuples; everything else is pydantic's to parse."""
    if getattr(annotation, "__origin__", None) is tuple:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _nearest(section: str, known: Any, fields: Mapping[str, Any]) -> str:
    if known is None:
        return "the sections are " + ", ".join(name.upper() for name in Settings.model_fields)
    names = ", ".join(f"{PREFIX}{section}__{name}".upper() for name in fields)
    return f"the settings of this section are {names}"
