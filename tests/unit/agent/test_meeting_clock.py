"""Meeting time: the wall clock once, then a clock that nobody sets."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.meeting_clock import MeetingClock
from storage.line import Heartbeat, Lease

STARTED = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


class Machine:
    """Two clocks of one machine; the wall's may be set."""

    def __init__(self) -> None:
        self.wall = STARTED.timestamp()
        self.monotonic = 1_000.0

    def pass_sec(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self, before: Heartbeat | None = None) -> MeetingClock:
        lease = Lease(meeting_id="m", fence=1, started_at=STARTED, before=before)
        return MeetingClock(lease, wall=lambda: self.wall, monotonic=lambda: self.monotonic)

    def beat(self, clock: MeetingClock) -> Heartbeat:
        at = datetime.fromtimestamp(self.wall, UTC)
        return Heartbeat(at=at, meeting_ms=round(clock.sec() * 1000), tracks=())


@pytest.mark.parametrize("step_sec", [-2.0, 2.0])
def test_a_wall_clock_that_is_set_shifts_no_line(step_sec: float) -> None:
    machine = Machine()
    machine.pass_sec(3)
    clock = machine.clock()
    assert clock.sec() == pytest.approx(3)
    machine.wall += step_sec
    machine.pass_sec(10)
    assert clock.sec() == pytest.approx(13)
    assert clock.sample() == 13 * 16_000


@pytest.mark.parametrize("step_sec", [-2.0, 2.0])
def test_nor_does_it_for_a_successor_that_comes_later(step_sec: float) -> None:
    """Three agents, the clock set twice: twelve hours later the third one's time is right."""
    machine = Machine()
    machine.pass_sec(3)
    clock, passed = machine.clock(), 3.0
    for _ in range(2):
        machine.pass_sec(6 * 3600)
        machine.wall += step_sec
        machine.pass_sec(2)
        before = machine.beat(clock)
        machine.pass_sec(15)
        machine.monotonic = 5.0  # another machine, another process: another zero
        clock = machine.clock(before)
        passed += 6 * 3600 + 17
    assert clock.sec() == pytest.approx(passed, abs=0.002)


def test_time_never_goes_back_behind_the_heartbeat() -> None:
    """Another machine, whose wall clock is slow: the lines it writes come after all the others."""
    machine = Machine()
    machine.pass_sec(60)
    before = machine.beat(machine.clock())
    machine.wall -= 30
    assert machine.clock(before).sec() == pytest.approx(60)


def test_an_agent_that_comes_before_the_meeting_began_begins_with_it() -> None:
    machine = Machine()
    machine.wall -= 5
    assert machine.clock().sec() == 0


def test_a_moment_of_the_wall_clock_has_its_place() -> None:
    machine = Machine()
    machine.pass_sec(60)
    clock = machine.clock()
    assert clock.sample_at(STARTED + timedelta(seconds=20)) == pytest.approx(20 * 16_000, abs=1)
