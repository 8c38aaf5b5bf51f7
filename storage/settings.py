"""What an administrator may say about storage."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class StorageSettings(BaseModel):
    """The database and the folder of results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = "sqlite+aiosqlite:///greffier-data/greffier.db"
    results: Path = Path("greffier-data/meetings")
