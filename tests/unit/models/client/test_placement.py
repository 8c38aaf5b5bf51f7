from __future__ import annotations

from models.client.placement import AWAY_SEC, KNOWN_SEC, Placement


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def placement(processes: int = 2) -> tuple[Placement, Clock]:
    clock = Clock()
    return Placement(processes, clock), clock


def test_a_new_track_goes_where_there_is_most_room_and_stays() -> None:
    """Whatever becomes of the loads: its sound is there."""
    place, _ = placement(3)
    for number, room in enumerate((0.2, 0.9, 0.5)):
        place.told(number, room)
    assert place.of("a") == 1
    place.told(1, 0.0)
    assert place.of("a") == 1
    assert place.of("b") == 2


def test_tracks_that_come_together_are_spread() -> None:
    """Loads that are about equal say nothing: the number of tracks decides."""
    place, _ = placement(2)
    place.told(0, 0.95)
    place.told(1, 1.0)
    assert sorted(place.of(f"t{at}") for at in range(6)) == [0, 0, 0, 1, 1, 1]


def test_tracks_of_a_process_that_died_move_and_do_not_come_back() -> None:
    place, clock = placement()
    first = place.of("a")
    place.failed(first)
    assert place.of("a") == 1 - first
    clock.now = AWAY_SEC + 1
    assert place.of("a") == 1 - first


def test_when_all_are_away_a_track_waits_for_its_own_and_tries_the_others() -> None:
    """The one whose failure is forgotten first is tried first."""
    place, clock = placement()
    first = place.of("a")
    place.failed(first)
    clock.now = 0.5
    place.failed(place.of("a"))
    assert not place.somebody_is_up
    assert place.of("a") == 1 - first
    clock.now = AWAY_SEC
    assert place.somebody_is_up
    assert place.of("a") == first


def test_loads_are_asked_for_only_to_choose() -> None:
    """One process is no choice; a track that stays needs none; a fresh load is known."""
    alone, _ = placement(1)
    assert not alone.must_choose("a")
    place, clock = placement()
    assert place.must_choose("a")
    place.told(0, 1.0)
    place.told(1, 1.0)
    assert not place.must_choose("a")
    clock.now = KNOWN_SEC + 1
    assert place.must_choose("a")
    place.of("a")
    assert not place.must_choose("a")
