"""Who is in the room, and their program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from greffier.bench.room.participants import Person, Sent, order, program
from greffier.supervisor import ProcessFailed


def test_a_program_that_is_not_built_is_said_with_the_command_that_builds_it(
    tmp_path: Path,
) -> None:
    with pytest.raises(ProcessFailed, match=r"run `sh setup/setup.sh participants` once"):
        program(tmp_path)


def test_a_program_that_is_built_is_found(tmp_path: Path) -> None:
    built = tmp_path / ".tools" / "bin" / "bench-participants"
    built.parent.mkdir(parents=True)
    built.touch(mode=0o755)
    assert program(tmp_path) == built


def test_moments_between_packets_are_interpolated() -> None:
    sent = Sent(identity="a", seconds=[0.02, 0.04], moments=[10.0, 10.03], late_sec=[0, 0])
    assert sent.moment(480) == pytest.approx(10.015)


def test_the_order_names_everybody_by_their_files() -> None:
    line = order("ws://here", [Person(identity="a", token="t", idle="idle.json")])
    assert json.loads(line) == {
        "url": "ws://here",
        "people": [{"identity": "a", "token": "t", "idle": "idle.json", "sound": ""}],
    }
