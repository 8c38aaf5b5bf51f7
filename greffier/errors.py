"""The errors that people can mend: the command shows their message and no stack trace."""

from agent.errors import WorkerError
from greffier.settings import SettingsError
from greffier.supervisor import ProcessFailed
from models.base import ModelError
from pipelines.file_transcription import MediaError
from rooms.errors import RoomsError
from storage.errors import StorageError


class CommandError(Exception):
    """An expected failure of a command: one line that says what to do next."""


EXPECTED = (
    CommandError,
    SettingsError,
    WorkerError,
    ProcessFailed,
    MediaError,
    ModelError,
    RoomsError,
    StorageError,
)
