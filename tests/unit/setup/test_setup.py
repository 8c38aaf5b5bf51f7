"""Rules of the set-up scripts: what is there is used, what fails says so in one line."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.setup.bench import ROOT, Bench

GO = """case $1 in
env) echo go1.26.8 ;;
install) printf '#!/bin/sh\\necho livekit-server version 1.13.5\\n' >"$GOBIN/server"
    chmod +x "$GOBIN/server" ;;
esac"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.at(tmp_path)


def old_python(bench: Bench, version: str = "3.9") -> None:
    bench.command("python3", f"echo {version}")


@pytest.mark.parametrize(
    ("have", "enough"),
    [("v20.19.0", True), ("v20.18.3", False), ("v24.0.0", True), ("v9.99.0", False), ("", False)],
)
def test_versions_are_compared_as_numbers(bench: Bench, have: str, enough: bool) -> None:
    (bench.root / "setup" / "ask.sh").write_text('. setup/progress.sh\nat_least "$1" 20 19\n')
    assert (bench.run("ask.sh", have).returncode == 0) is enough


def test_a_python_too_old_gets_one_clear_line(bench: Bench) -> None:
    old_python(bench)
    done = bench.run("setup.sh", "app")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "Python 3.11 or newer is needed: python3 is 3.9;" in line
    assert "set PYTHON" in line


def test_no_python_at_all_gets_the_same(bench: Bench) -> None:
    (line,) = bench.run("interpreter.sh").stderr.splitlines()
    assert "none is on PATH" in line


def test_a_newer_python_beside_an_old_one_is_found(bench: Bench) -> None:
    old_python(bench)
    newer = bench.command("python3.12", "echo 3.12")
    assert bench.run("interpreter.sh").stdout == f"{newer}\n"


def test_a_shim_without_a_version_behind_it_is_passed_over(bench: Bench) -> None:
    bench.command("python3", "echo 'command not found' >&2; exit 127")
    newer = bench.command("python3.11", "echo 3.11")
    assert bench.run("interpreter.sh").stdout == f"{newer}\n"


def test_a_python_without_venv_names_debians_package(bench: Bench) -> None:
    bench.command("python3", "case $2 in *ensurepip*) exit 1 ;; *) echo 3.11 ;; esac")
    done = bench.run("python.sh", "app")
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_a_failing_install_shows_its_last_lines_and_is_tried_again(bench: Bench) -> None:
    python = bench.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(
        bench.command(
            "fake",
            f'case "$*" in *--version) ;; *sysconfig*) echo "{bench.root}/.venv" ;;'
            " *) echo no network; exit 3 ;; esac",
        )
    )
    for _ in range(2):
        done = bench.run("python.sh", "app")
        assert done.returncode == 1
        assert "no network" in done.stderr
        assert ".tools/log/pip-app.log" in done.stderr


def test_a_changed_lock_is_installed_again_and_an_unchanged_one_is_not(bench: Bench) -> None:
    python = bench.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(
        bench.command("fake", f'case "$*" in *sysconfig*) echo "{bench.root}/.venv" ;; esac')
    )
    assert "Installing Greffier's libraries" in bench.run("python.sh", "app").stdout
    assert bench.run("python.sh", "app").stdout == ""
    with (bench.root / "requirements" / "app.txt").open("a") as lock:
        lock.write("# changed\n")
    assert "Installing Greffier's libraries" in bench.run("python.sh", "app").stdout
    assert (bench.root / ".venv" / "greffier.pth").read_text() == f"{bench.root}\n"


def test_a_livekit_server_that_is_named_is_used(bench: Bench) -> None:
    server = bench.command("mine", "echo livekit-server version 9")
    done = bench.run("livekit.sh", LIVEKIT_SERVER=str(server))
    assert (done.returncode, done.stdout) == (0, "")


def test_a_livekit_server_that_is_named_but_does_not_run_is_an_error(bench: Bench) -> None:
    done = bench.run("livekit.sh", LIVEKIT_SERVER="/nowhere/livekit-server")
    assert done.returncode == 1
    assert "/nowhere/livekit-server, which does not run" in done.stderr


def test_a_livekit_server_on_path_is_used(bench: Bench) -> None:
    bench.command("livekit-server", "echo livekit-server version 1.13.5")
    assert bench.run("livekit.sh").stdout == ""
    assert not (bench.root / ".tools").exists()


def test_livekit_is_built_once_with_the_go_on_path(bench: Bench) -> None:
    bench.command("go", GO)
    first = bench.run("livekit.sh")
    assert "Building LiveKit server v1.13.5 once (about 4 minutes on 2 cores)" in first.stdout
    assert (bench.root / ".tools" / "bin" / "livekit-server").exists()
    assert not (bench.root / ".tools" / "livekit.building").exists()
    assert bench.run("livekit.sh").stdout == ""


def test_a_build_that_fails_leaves_no_server(bench: Bench) -> None:
    bench.command("go", "case $1 in env) echo go1.26.8 ;; *) echo disk full >&2; exit 1 ;; esac")
    done = bench.run("livekit.sh")
    assert done.returncode == 1
    assert "disk full" in done.stderr
    assert not (bench.root / ".tools" / "bin" / "livekit-server").exists()


def test_the_benchs_participants_are_built_once_for_each_state_of_their_source(
    bench: Bench,
) -> None:
    source = bench.root / "greffier" / "bench" / "room" / "clients"
    source.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        (source / name).write_text("")
    build = 'cat "$2/main.go" >"$6/participants"; chmod +x "$6/participants"'
    bench.command("go", f"case $1 in env) echo go1.26.8 ;; *) {build} ;; esac")
    built = bench.root / ".tools" / "bin" / "bench-participants"
    for state in ("first", "second"):
        (source / "main.go").write_text(state)
        assert "Building the bench's participants once" in bench.run("participants.sh").stdout
        assert built.read_text() == state
        assert bench.run("participants.sh").stdout == ""
    assert len(list(built.parent.iterdir())) == 2


def test_without_chromium_one_line_says_what_to_install(bench: Bench) -> None:
    done = bench.run("browser.sh")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.endswith("To run them: install chromium")


def test_without_chromium_continuous_integration_fails(bench: Bench) -> None:
    assert bench.run("browser.sh", CI="true").returncode == 1


def test_a_chromium_on_path_is_enough(bench: Bench) -> None:
    bench.command("google-chrome", "")
    assert bench.run("browser.sh", CI="true").stdout == ""


def test_without_voices_training_says_what_to_install(bench: Bench) -> None:
    done = bench.run("voices.sh")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("install espeak-ng flite")


def test_a_second_run_says_one_line(bench: Bench) -> None:
    bench.real_python()
    bench.command("go", GO)
    assert "up to date" not in bench.run("setup.sh", "livekit").stdout
    assert bench.run("setup.sh", "livekit").stdout == "set-up is up to date\n"


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    command = [sys.executable, ROOT / "setup" / "lock.py", file, "/bin/echo", "mine"]
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
            assert waiting.stdout is not None
            assert waiting.stdout.readline().startswith("Waiting for another set-up")
            fcntl.flock(held, fcntl.LOCK_UN)
            assert waiting.stdout.read() == "mine\n"


def test_no_lock_names_a_registry() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert "--hash=sha256:" in text, lock.name
