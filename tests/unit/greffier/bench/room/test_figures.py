"""From what a reader in the room saw to a row of the table."""

from __future__ import annotations

import numpy as np

from greffier.bench.room.figures import RoomRow, cores_of_each_more, heard, shown
from greffier.bench.room.participants import Sent
from greffier.bench.track_script import Line, TrackScript
from greffier.demo.viewer import Caption

RATE = 16_000


def caption(moment: float, text: str, *, final: bool, **more: object) -> Caption:
    values: dict[str, object] = {
        "segment_id": "s1",
        "identity": "speaker-0",
        "stable": 0,
        "start_ms": 0,
        "end_ms": 0,
        "gap": "",
        "dropped": False,
    }
    return Caption(moment=moment, text=text, final=final, **(values | more))  # type: ignore[arg-type]


def row(participants: int, quiet: float, **more: object) -> RoomRow:
    values: dict[str, object] = {
        "speaking": 8,
        "silence": "open",
        "sdk_quiet_cores": quiet / 2,
        "worker_cores": quiet + 0.1,
        "livekit_cores": 0.1,
        "asr_cores": 0.2,
        "clients_cores": 0.3,
        "worker_peak_mb": 400.0,
        "join_s": 3.0,
        "utterances": 10,
        "lost": 0,
        "first_text_p50_s": 0.8,
        "first_text_p95_s": 1.0,
        "final_p50_s": 0.7,
        "final_p95_s": 0.9,
        "wer": 0.01,
        "late_p99_s": 0.01,
    }
    return RoomRow(
        participants=participants,
        worker_quiet_cores=quiet,
        **(values | more),  # type: ignore[arg-type]
    )


def script() -> TrackScript:
    """Two utterances: at 1 s to 2 s, and at 4 s to 5 s."""
    return TrackScript(
        number=0,
        voice="claire",
        language="fr",
        lines=(
            Line(text="bonjour à tous", first_sample=RATE, end_sample=2 * RATE),
            Line(text="merci beaucoup", first_sample=4 * RATE, end_sample=5 * RATE),
        ),
        samples=np.zeros(6 * RATE, dtype=np.float32),
    )


def sent(*, late: float = 0.0) -> Sent:
    """A track that began at moment 100."""
    return Sent(
        identity="speaker-0", seconds=[0.0, 6.0], moments=[100.0, 106.0], late_sec=[late] * 10
    )


def test_latencies_count_from_the_moment_the_words_left_the_speaker() -> None:
    captions = [
        caption(101.8, "bonjour", final=False),
        caption(102.7, "Bonjour à tous.", final=True),
        caption(104.9, "merci", final=False, segment_id="s2"),
        caption(105.6, "Merci beaucoup.", final=True, segment_id="s2"),
    ]
    found = heard({"speaker-0": script()}, [sent()], captions)
    assert (found.utterances, found.lost, found.wer) == (2, 0, 0.0)
    assert (found.first_text_p50_s, found.first_text_p95_s) == (0.8, 0.9)
    assert (found.final_p50_s, found.final_p95_s) == (0.6, 0.7)


def test_an_utterance_without_a_final_is_lost_and_another_speakers_text_is_no_help() -> None:
    captions = [
        caption(102.7, "Bonjour à tous.", final=True),
        caption(105.6, "Merci beaucoup.", final=True, identity="speaker-1"),
    ]
    found = heard({"speaker-0": script()}, [sent()], captions)
    assert (found.lost, found.final_p95_s) == (1, None)


def test_partials_taken_back_are_not_on_show() -> None:
    seen = shown(
        [
            caption(1.0, "euh", final=False),
            caption(2.0, "", final=True, dropped=True),
            caption(3.0, "Oui.", final=True, segment_id="s2"),
        ]
    )
    assert [(one.committed, one.tail) for one in seen] == [("", "euh"), ("", ""), ("Oui.", "")]


def test_each_participant_more_is_the_difference_between_rows() -> None:
    rows = [row(10, 0.10), row(50, 0.22), row(100, 0.37)]
    first, *more = cores_of_each_more(rows)
    assert first is None
    assert [round(one, 6) for one in more if one is not None] == [0.003, 0.003]
    assert cores_of_each_more([]) == []


def test_late_clients_make_a_row_invalid() -> None:
    assert row(10, 0.1).valid
    assert not row(10, 0.1, late_p99_s=0.2).valid
    assert heard({"speaker-0": script()}, [sent(late=0.2)], []).late_p99_s == 0.2
