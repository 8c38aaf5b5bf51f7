"""Rules of models.hub, against a hub with real sockets."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from models.base import ModelError
from models.hub.hub import Hub
from models.hub.pull import pull
from models.settings import AsrSettings
from models.store.manifest import NAME, read
from models.store.store import resolve, stored
from models.whisper.model import WhisperModel
from tests.unit.models.hub.hub_server import COMMIT, MODEL, FakeHub, running
from tests.unit.models.tiny_transformers import make as make_transformers

FOLDER = f"Systran--faster-whisper-tiny@{COMMIT[:12]}"
WEIGHTS = bytes(range(256)) * 4096
CHUNK = constants.DOWNLOAD_CHUNK_SIZE
LARGE = bytes(range(256)) * (CHUNK // 100)
FILES = {
    "model.bin": WEIGHTS,
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not needed",
    ".gitattributes": b"not needed",
}


class Steps:
    """A watcher that remembers, and interrupts where it is told to."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.steps: list[str] = []
        self.total: int | None = None
        self.done = 0
        self._interrupt_at = interrupt_at

    def step(self, words: str, total_bytes: int | None) -> None:
        self.steps.append(words.split(maxsplit=1)[0])
        self.total, self.done = total_bytes, 0

    def advance(self, count_bytes: int) -> None:
        self.done += count_bytes
        if self._interrupt_at is not None and self.done >= self._interrupt_at:
            raise KeyboardInterrupt


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running(FakeHub(files=dict(FILES))) as one:
        yield one


def bring(
    hub: FakeHub,
    store: Path,
    *,
    name: str = "tiny",
    revision: str = "main",
    to: Path | None = None,
    token: str = "",
    watcher: Steps | None = None,
) -> Path:
    return pull(
        name,
        revision=revision,
        store=store,
        to=to,
        hub=Hub(endpoint=hub.url, token=token),
        watcher=watcher or Steps(),
        quantization="float32",
    )


def refused(hub: FakeHub, store: Path, **wishes: object) -> str:
    """The one line that a pull ends with; nothing is there under a final name."""
    with pytest.raises(ModelError) as caught:
        bring(hub, store, **wishes)
    assert stored(store) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_comes_whole_with_its_manifest_and_nothing_else(
    hub: FakeHub, tmp_path: Path
) -> None:
    watcher = Steps()
    folder = bring(hub, tmp_path, watcher=watcher)
    assert folder == tmp_path / FOLDER
    names = {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    assert {path.name for path in folder.iterdir()} == {*names, NAME}
    assert {name: (folder / name).read_bytes() for name in names} == {n: FILES[n] for n in names}
    manifest = read(folder)
    assert manifest is not None
    assert (manifest.model, manifest.commit, manifest.quantization) == (MODEL, COMMIT, None)
    assert {file.name for file in manifest.files} == names
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    assert watcher.done == watcher.total == sum(len(FILES[name]) for name in names)


def test_the_files_are_read_only(hub: FakeHub, tmp_path: Path) -> None:
    folder = bring(hub, tmp_path)
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    assert not any(path.stat().st_mode & writable for path in folder.iterdir())


def test_a_second_pull_fetches_nothing_and_verifies(hub: FakeHub, tmp_path: Path) -> None:
    bring(hub, tmp_path)
    hub.asked.clear()
    watcher = Steps()
    assert bring(hub, tmp_path, watcher=watcher) == tmp_path / FOLDER
    assert hub.fetched() == []
    assert watcher.steps == ["Asking", "Verifying"]


def test_a_second_pull_says_what_has_been_damaged(hub: FakeHub, tmp_path: Path) -> None:
    weights = bring(hub, tmp_path) / "model.bin"
    weights.chmod(0o644)
    weights.write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(ModelError, match=r"model\.bin is not the file that was pulled"):
        bring(hub, tmp_path)


def test_a_broken_connection_is_continued_where_it_broke(hub: FakeHub, tmp_path: Path) -> None:
    """At the last whole chunk, that is: half a chunk comes again."""
    hub.files["model.bin"] = LARGE
    hub.break_once_at["model.bin"] = CHUNK * 3 // 2
    folder = bring(hub, tmp_path)
    assert (folder / "model.bin").read_bytes() == LARGE
    assert [one.get("range") for one in hub.fetched("model.bin")] == [None, f"bytes={CHUNK}-"]


def test_an_interrupted_command_is_continued_by_the_next(hub: FakeHub, tmp_path: Path) -> None:
    """The half of a file that came stays, hidden; whole files don't come again."""
    hub.files["model.bin"] = LARGE
    with pytest.raises(KeyboardInterrupt):
        bring(hub, tmp_path, watcher=Steps(interrupt_at=2 * CHUNK))
    assert stored(tmp_path) == []
    (part,) = tmp_path.glob(".*.partial/files/model.bin.part")
    assert part.read_bytes() == LARGE[:CHUNK]
    hub.asked.clear()
    watcher = Steps()
    folder = bring(hub, tmp_path, watcher=watcher)
    assert (folder / "model.bin").read_bytes() == LARGE
    assert [one.get("range") for one in hub.fetched("model.bin")] == [f"bytes={CHUNK}-"]
    assert hub.fetched("config.json") == []
    assert watcher.done == watcher.total


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_a_corrupt_file_is_refused_and_comes_anew_the_next_time(
    hub: FakeHub, tmp_path: Path, name: str
) -> None:
    hub.corrupt = {name}
    assert f"{name} came damaged" in refused(hub, tmp_path)
    hub.corrupt = set()
    assert (bring(hub, tmp_path) / name).read_bytes() == FILES[name]


def test_the_token_goes_to_the_hub_and_not_where_it_redirects_to(
    hub: FakeHub, tmp_path: Path
) -> None:
    bring(hub, tmp_path, token="hf_secret")
    assert all(one["authorization"] == "Bearer hf_secret" for one in hub.headers_of("hub"))
    assert hub.headers_of("cdn")
    assert not any("secret" in str(one) for one in hub.headers_of("cdn"))


def test_without_a_token_none_is_sent_and_none_is_shown(hub: FakeHub, tmp_path: Path) -> None:
    bring(hub, tmp_path)
    assert not any("authorization" in one for one in hub.headers_of("hub"))
    assert "hf_secret" not in repr(Hub(token="hf_secret"))


def test_a_hub_that_lists_no_hashes_is_asked_for_each(hub: FakeHub, tmp_path: Path) -> None:
    """Some mirrors know the list only; the file's own headers have the rest."""
    hub.lists_hashes = False
    bring(hub, tmp_path)
    hub.corrupt = {"model.bin"}
    assert "model.bin came damaged" in refused(hub, tmp_path / "other")


def test_an_unknown_model_is_named(hub: FakeHub, tmp_path: Path) -> None:
    assert f"{hub.url} has no model someone/nothing" in refused(
        hub, tmp_path, name="someone/nothing"
    )


def test_an_unknown_short_name_lists_the_known_ones(hub: FakeHub, tmp_path: Path) -> None:
    assert "large-v3-turbo" in refused(hub, tmp_path, name="larg")
    assert hub.asked == []


def test_an_unknown_revision_is_named(hub: FakeHub, tmp_path: Path) -> None:
    assert "no revision 'v9'" in refused(hub, tmp_path, revision="v9")


@pytest.mark.parametrize(("status", "words"), [(401, "HF_TOKEN"), (403, "terms"), (500, "later")])
def test_a_refusal_says_what_to_do(hub: FakeHub, tmp_path: Path, status: int, words: str) -> None:
    hub.status = status
    assert words in refused(hub, tmp_path)


def test_a_hub_that_cant_be_reached_is_named(tmp_path: Path) -> None:
    with running(FakeHub(files={})) as gone:
        pass
    words = refused(gone, tmp_path)
    assert gone.url in words
    assert "HF_ENDPOINT" in words


def test_a_wish_to_stay_offline_is_kept(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refused(hub, tmp_path)
    assert hub.asked == []


def test_something_else_than_a_hub_is_recognised(hub: FakeHub, tmp_path: Path) -> None:
    hub.listing = lambda: {"id": MODEL, "sha": "../../etc", "siblings": []}  # type: ignore[method-assign]
    assert "HF_ENDPOINT" in refused(hub, tmp_path)


def test_a_repository_without_a_whisper_is_refused_before_anything_comes(
    hub: FakeHub, tmp_path: Path
) -> None:
    del hub.files["tokenizer.json"]
    assert "no tokenizer.json" in refused(hub, tmp_path)
    del hub.files["model.bin"]
    assert "neither model.bin" in refused(hub, tmp_path)
    assert hub.fetched() == []


def test_a_disk_that_becomes_full_is_named(hub: FakeHub, tmp_path: Path) -> None:
    """The device that is always full stands in for the disk."""
    work = tmp_path / f".{FOLDER}.{COMMIT[:12]}.partial" / "files"
    work.mkdir(parents=True)
    (work / "model.bin.part").symlink_to("/dev/full")
    words = refused(hub, tmp_path)
    assert str(tmp_path) in words
    assert "full" in words


def test_a_disk_that_is_too_small_is_said_before_anything_comes(
    hub: FakeHub, tmp_path: Path
) -> None:
    """A hub that announces more than any disk has."""
    listing = hub.listing

    def huge() -> dict[str, object]:
        answer = json.loads(json.dumps(listing()))
        answer["siblings"][0]["size"] = answer["siblings"][0]["lfs"]["size"] = 10**18
        return answer

    hub.listing = huge  # type: ignore[method-assign]
    assert "1000000000.0 GB are needed" in refused(hub, tmp_path)
    assert hub.fetched() == []


def test_a_folder_that_may_not_be_written_is_named(hub: FakeHub, tmp_path: Path) -> None:
    """Not even root makes folders there."""
    assert "/sys" in (words := refused(hub, Path("/sys/greffier-models")))
    assert "rights" in words


def test_a_folder_of_ones_own_is_taken_and_a_used_one_is_left_alone(
    hub: FakeHub, tmp_path: Path
) -> None:
    assert bring(hub, tmp_path / "store", to=tmp_path / "mine") == tmp_path / "mine"
    used = tmp_path / "used"
    used.mkdir()
    (used / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="holds something else"):
        bring(hub, tmp_path / "store", to=used)
    assert [path.name for path in used.iterdir()] == ["thesis.txt"]


def test_two_commands_dont_write_the_same_files(hub: FakeHub, tmp_path: Path) -> None:
    class Second(Steps):
        def step(self, words: str, total_bytes: int | None) -> None:
            super().step(words, total_bytes)
            if words.startswith("Fetching"):
                with pytest.raises(ModelError, match="another command"):
                    bring(hub, tmp_path)

    assert bring(hub, tmp_path, watcher=Second()).is_dir()


def test_a_transformers_model_is_converted_as_it_comes(tmp_path: Path) -> None:
    source = make_transformers(tmp_path / "source", shards=2)
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    with running(FakeHub(files=files, model="someone/whisper")) as hub:
        folder = bring(hub, tmp_path / "store", name="someone/whisper")
    manifest = read(folder)
    assert manifest is not None
    assert manifest.quantization == "float32"
    assert not list(folder.glob("*.safetensors"))
    found = resolve(Path("someone/whisper"), tmp_path / "store")
    assert WhisperModel.load(found, AsrSettings(device="cpu")).knows("fr")
