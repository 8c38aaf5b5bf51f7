"""Result files: whole or not there."""

import hashlib
import os

import pytest

from storage.errors import StorageError
from storage.files import ResultFiles, write_file


def test_write_replaces_and_leaves_nothing_else(tmp_path):
    """The last text stands, with its hash, and no temporary file beside it."""
    files = ResultFiles(tmp_path / "deep" / "results")
    files.write("m1", "minutes.md", "un")
    stored = files.write("m1", "minutes.md", "deux é")
    assert stored.path.read_text("utf-8") == files.read("m1", "minutes.md") == "deux é"
    assert stored.sha256 == hashlib.sha256("deux é".encode()).hexdigest()
    assert [one.name for one in stored.path.parent.iterdir()] == ["minutes.md"]


def test_file_and_folder_are_synced_before_it_returns(tmp_path, monkeypatch):
    """fsync of the file comes before the rename, fsync of the folder after it."""
    (tmp_path / "m").mkdir()
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle)))
    write_file(tmp_path / "m" / "a.txt", b"x")
    assert len(synced) == 2


def test_a_failed_write_keeps_the_earlier_file(tmp_path, monkeypatch):
    """Disk full: one clear error, the old file untouched, nothing left over."""
    path = tmp_path / "a.txt"
    write_file(path, b"old")
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(StorageError, match="No space left"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def _full(handle):
    raise OSError(28, "No space left on device")


def test_a_folder_that_cannot_be_written(tmp_path):
    """The message names the file and the setting."""
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StorageError, match="GREFFIER_STORAGE__RESULTS"):
        ResultFiles(tmp_path / "results").write("m1", "minutes.md", "x")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\x00b", ".."])
def test_no_way_out_of_the_folder(tmp_path, name):
    """Neither a meeting's id nor a name leads elsewhere."""
    files = ResultFiles(tmp_path)
    with pytest.raises(StorageError):
        files.path(name, "x")
    with pytest.raises(StorageError):
        files.path("m1", name)


def test_reading_what_is_not_there(tmp_path):
    """A missing file is an expected error."""
    with pytest.raises(StorageError, match="can't be read"):
        ResultFiles(tmp_path).read("m1", "minutes.json")
