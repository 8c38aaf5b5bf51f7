"""The errors that people can mend: the command shows their message and no stack trace."""

from greffier.supervisor import ProcessFailed
from models.base import ModelError
from storage.database import StorageError

EXPECTED: tuple[type[Exception], ...] = (ModelError, StorageError, ProcessFailed)
