"""`.env.example`, written from the settings themselves: `python -m greffier.settings_example`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from greffier.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
FILE = ROOT / ".env.example"
_HEAD = """\
# Every setting with its default. Copy to .env and take the # away where yours differs; the
# environment wins over .env. Written by `make env-example`; not to be edited by hand.
# LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET are understood too.
"""


def example() -> str:
    """The file's text: a paragraph for each section, a commented line for each setting."""
    return "\n".join([_HEAD, *(_section(name) for name in Settings.model_fields)])


def _section(name: str) -> str:
    section: BaseModel = getattr(Settings(), name)
    kind = type(section)
    lines = [f"# {line.strip()}" for line in (kind.__doc__ or name).splitlines() if line.strip()]
    for field, info in kind.model_fields.items():
        if info.description:
            lines.append(f"# {info.description}:")
        lines.append(f"# {PREFIX}{name.upper()}__{field.upper()}={_default(info)}")
    return "\n".join(lines) + "\n"


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True)
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(value)
        case Path() if value.is_relative_to(ROOT):
            return str(value.relative_to(ROOT))
        case bool():
            return str(value).lower()
        case _:
            return str(value)


if __name__ == "__main__":
    FILE.write_text(example(), encoding="utf-8")
