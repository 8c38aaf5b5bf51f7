"""What to do about a room: the whole table of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rooms.decision import Action, AskForAgent, EndMeeting, RoomSeen, decide

NOW = 1000.0
ASK = AskForAgent(room="salle")
END = EndMeeting(room="salle", meeting_id="m", own=True)
QUIET = RoomSeen(
    room="salle",
    own=True,
    wanted=True,
    peopled=True,
    empty_since=None,
    meeting_id=None,
    leased=False,
    dispatched_at=None,
)
RUNS = replace(QUIET, meeting_id="m", leased=True)


def _decide(seen: RoomSeen) -> Action | None:
    return decide(seen, now=NOW, empty_grace_sec=30, patience_sec=4)


@pytest.mark.parametrize(
    ("seen", "action"),
    [
        pytest.param(QUIET, ASK, id="people and no agent: ask"),
        pytest.param(replace(QUIET, peopled=False), None, id="nobody: wait"),
        pytest.param(replace(QUIET, wanted=False), None, id="not wanted: nothing"),
        pytest.param(replace(QUIET, own=False), None, id="another product's room: nothing"),
        pytest.param(replace(QUIET, dispatched_at=NOW - 3.9), None, id="just asked: wait"),
        pytest.param(replace(QUIET, dispatched_at=NOW - 4), ASK, id="asked in vain: ask again"),
        pytest.param(RUNS, None, id="runs: nothing"),
        pytest.param(replace(RUNS, leased=False), ASK, id="the agent died: ask for another"),
        pytest.param(replace(RUNS, wanted=False), END, id="stopped: end"),
        pytest.param(
            replace(RUNS, peopled=False, empty_since=NOW - 29.9), None, id="empty for a moment"
        ),
        pytest.param(replace(RUNS, peopled=False, empty_since=NOW - 30), END, id="empty: end"),
        pytest.param(
            replace(RUNS, own=False, wanted=False, peopled=False, empty_since=NOW - 30),
            replace(END, own=False),
            id="another product's empty room: end, metadata untouched",
        ),
        pytest.param(
            replace(RUNS, own=False, wanted=False), None, id="another product's meeting: leave it"
        ),
        pytest.param(
            replace(RUNS, leased=False, peopled=False, empty_since=NOW), None, id="dead and empty"
        ),
    ],
)
def test_each_case_has_one_action(seen: RoomSeen, action: Action | None) -> None:
    assert _decide(seen) == action
