"""The bars are judged as they are written, and what was not measured is not told."""

from __future__ import annotations

from dataclasses import replace

from greffier.bench.asr.bars import bars, best_peer
from greffier.bench.asr.offline import Offline
from greffier.bench.asr.outcome import Measured
from tests.unit.greffier.bench.made import row

OFFLINE = Offline(
    tracks=40, utterances=50, words=1000, errors=10, whole_tracks={"windows": 500, "file": 40}
)


def ours(*, cpu: float = 0.01, capacity: int = 40) -> Measured:
    rows = [replace(row(at, 0.9, system="greffier"), cpu_s_per_audio_s=cpu) for at in (4, 20, 40)]
    return Measured(system="greffier", settings={}, rows=tuple(rows), capacity=capacity)


def peer(name: str, capacity: int) -> Measured:
    return Measured(system=name, settings={}, rows=(row(capacity, 1.4),), capacity=capacity)


def met(systems: list[Measured], offline: Offline | None = OFFLINE) -> list[bool | None]:
    return [bar.met for bar in bars(systems, offline)]


def test_the_best_peer_is_the_one_that_holds_most() -> None:
    assert best_peer([ours(), peer("a", 2), peer("b", 4)]).system == "b"
    assert best_peer([ours()]) is None


def test_ten_times_the_tracks_at_a_tenth_of_the_cost_is_met() -> None:
    assert met([ours(), peer("a", 4)]) == [True, True, True, True]


def test_what_is_missed_is_said() -> None:
    assert met([ours(cpu=0.02, capacity=20), peer("a", 4)])[:2] == [False, False]
    better = replace(OFFLINE, whole_tracks={"windows": 30, "file": 40})
    assert met([ours(), peer("a", 4)], better)[3] is False


def test_words_are_judged_by_the_best_that_hears_whole_tracks() -> None:
    """Cuts that only the script knows are told beside it, and are no bar."""
    found = bars([ours()], OFFLINE)[1]
    assert found.met
    assert found.found == (
        "3.10% live; 4.00% offline (40 tracks, 50 utterances); "
        "1.00% with cuts that only the script knows"
    )


def test_what_was_not_measured_is_not_told() -> None:
    assert met([ours(), peer("a", 3)])[1] is None
    assert met([ours()], None) == [True, None]
    assert bars([peer("a", 3)], OFFLINE) == []
