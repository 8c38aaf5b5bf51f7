"""Rules of models.store: where a name leads, and what is still whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.base import ModelError
from models.store.manifest import NAME, Manifest, check_sizes, measured, read, seal, verify
from models.store.store import model_id, place, resolve, short_names, stored

TINY = "Systran/faster-whisper-tiny"
OLD, NEW = "a" * 40, "b" * 40


def put(store: Path, model: str = TINY, commit: str = OLD, day: int = 1) -> Path:
    """A stored model of one file."""
    folder = place(store, model, commit)
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    manifest = Manifest(
        model=model,
        commit=commit,
        date=datetime(2026, 1, day, tzinfo=UTC),
        files=measured(folder),
    )
    seal(folder, manifest)
    return folder


def damage(folder: Path, content: bytes) -> None:
    (folder / "model.bin").chmod(0o644)
    (folder / "model.bin").write_bytes(content)


def test_short_names_are_faster_whispers_own() -> None:
    assert {"large-v3-turbo", "large-v3", "distil-large-v3", "small", "tiny"} <= set(short_names())
    assert model_id("tiny") == TINY
    assert model_id("someone/whisper") == "someone/whisper"


@pytest.mark.parametrize("name", ["tin", "a/b/c", "../x", "/abs", ".hidden/x", ""])
def test_what_is_neither_a_name_nor_an_id_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="large-v3-turbo"):
        model_id(name)


def test_a_folder_stands_for_itself(tmp_path: Path) -> None:
    assert resolve(tmp_path, tmp_path / "store") == tmp_path


def test_a_name_and_an_id_stand_for_what_was_pulled(tmp_path: Path) -> None:
    folder = put(tmp_path)
    assert resolve(Path("tiny"), tmp_path) == folder
    assert resolve(Path(TINY), tmp_path) == folder


def test_the_last_one_pulled_is_taken_unless_a_commit_is_named(tmp_path: Path) -> None:
    old, new = put(tmp_path, commit=OLD, day=1), put(tmp_path, commit=NEW, day=2)
    assert resolve(Path("tiny"), tmp_path) == new
    assert resolve(Path("tiny@aaaa"), tmp_path) == old


@pytest.mark.parametrize("name", ["tiny", "someone/whisper"])
def test_a_model_that_was_not_pulled_says_the_command(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=f"run: greffier models pull {name}$"):
        resolve(Path(name), tmp_path)
    with pytest.raises(ModelError, match=f"run: greffier models pull {name} --revision cccc$"):
        resolve(Path(f"{name}@cccc"), tmp_path)


def test_a_path_that_isnt_there_is_left_to_the_loader(tmp_path: Path) -> None:
    assert resolve(tmp_path / "nothing", tmp_path) == tmp_path / "nothing"


def test_a_pull_that_has_not_ended_is_no_model(tmp_path: Path) -> None:
    (tmp_path / ".x.partial").mkdir()
    (tmp_path / "a-file").write_text("")
    assert stored(tmp_path) == []
    assert stored(tmp_path / "nothing") == []


def test_the_store_tells_the_whole_from_the_damaged(tmp_path: Path) -> None:
    good, bad, bare = put(tmp_path), put(tmp_path, commit=NEW), tmp_path / "x"
    bare.mkdir()
    damage(bad, b"w3ights")
    found = {one.path: one.damage for one in stored(tmp_path, lambda _: None)}
    assert found[good] == ""
    assert "model.bin is not the file" in found[bad]
    assert "no manifest.json" in found[bare]


def test_sizes_are_checked_without_reading(tmp_path: Path) -> None:
    """The same length passes the quick check, and not the thorough one."""
    folder = put(tmp_path)
    manifest = read(folder)
    assert manifest is not None
    damage(folder, b"w3ights")
    check_sizes(folder)
    with pytest.raises(ModelError, match="hash"):
        verify(folder, manifest)
    damage(folder, b"short")
    with pytest.raises(ModelError, match="5 bytes instead of 7"):
        check_sizes(folder)
    (folder / "model.bin").unlink()
    with pytest.raises(ModelError, match="is missing"):
        verify(folder, manifest)


def test_a_folder_without_a_manifest_is_taken_as_it_is(tmp_path: Path) -> None:
    check_sizes(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"files": [{"name": "../x"}]}'])
def test_a_damaged_manifest_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json is damaged"):
        check_sizes(tmp_path)
