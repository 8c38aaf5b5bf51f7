"""What the disk refuses, in words that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.base import ModelError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def plain_disk_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError inside the block into a ModelError about `folder`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _FULL:
            words = f"the disk of {folder} is full: free some space, or name another folder"
        elif error.errno in _FORBIDDEN:
            words = f"{folder} can't be written ({reason}): mend its rights, or name another folder"
        else:
            words = f"{error.filename or folder}: {reason}"
        raise ModelError(words) from error
