from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Kind
from models.engine.batching import (
    BEHIND_SEC,
    WINDOWS_SEC,
    Admission,
    BatchKey,
    BatchQueue,
    Pending,
    window_sec,
)

KEY_P = BatchKey(kind=Kind.PARTIAL, window_sec=4, prompt_tokens=0)
KEY_F = BatchKey(kind=Kind.FINAL, window_sec=4, prompt_tokens=0)
KEY_B = BatchKey(kind=Kind.FINAL, window_sec=4, prompt_tokens=0, background=True)


def pending(name: str, key: BatchKey = KEY_P, at: float = 0.0) -> Pending[int]:
    return Pending(utterance_id=name, key=key, arrived_sec=at, item=0)


def queue(max_batch: int = 4, wait: float = 0.02, max_queue: int = 100) -> BatchQueue[int]:
    return BatchQueue(max_batch=max_batch, wait_sec=wait, max_queue=max_queue)


def test_finals_go_first() -> None:
    """A final that came later goes before partials that wait."""
    q = queue()
    q.add(pending("a", at=0.0))
    q.add(pending("b", KEY_F, at=0.5))
    assert [r.utterance_id for r in q.take(1.0)] == ["b"]
    assert [r.utterance_id for r in q.take(1.0)] == ["a"]


def test_a_batch_waits_until_the_oldest_waited_enough() -> None:
    """Nothing goes before the wait is over, unless the batch is full."""
    q = queue(max_batch=2)
    q.add(pending("a", at=1.0))
    assert q.take(1.01) == []
    assert q.ready_at() == pytest.approx(1.02)
    q.add(pending("b", at=1.011))
    assert len(q.take(1.011)) == 2


def test_beside_another_batch_the_next_waits_for_company() -> None:
    """A partial alone waits for the batch that is decoded, a final less long, a full batch not."""
    q = queue(max_batch=2, wait=0.02)
    q.add(pending("p", at=1.0))
    assert (q.ready_at(), q.ready_at(shared=True)) == (1.02, 1.0 + BEHIND_SEC[Kind.PARTIAL])
    assert q.take(1.1, shared=True) == []
    q.add(pending("f", KEY_F, at=1.1))
    assert q.ready_at(shared=True) == 1.1 + BEHIND_SEC[Kind.FINAL]
    assert q.take(1.13, shared=True) == []
    assert [r.utterance_id for r in q.take(1.165, shared=True)] == ["f"]
    q.add(pending("q", at=1.17))
    assert [r.utterance_id for r in q.take(1.17, shared=True)] == ["p", "q"]


def test_a_piece_of_a_file_waits_for_the_batch_beside_it() -> None:
    """One worker stays free for live speech, unless the piece has waited too long."""
    q = queue()
    q.add(pending("a", KEY_B, at=1.0))
    assert q.take(2.0, shared=True) == []
    assert q.take(11.0, shared=True)
    q.add(pending("b", KEY_B, at=12.0))
    assert q.take(12.1)


def test_newer_partial_supersedes_and_keeps_the_place() -> None:
    """A newer partial replaces the queued one, which is answered, and keeps its turn."""
    q = queue(max_batch=1)
    old, other, new = pending("a", at=0.0), pending("b", at=0.1), pending("a", at=0.2)
    q.add(old)
    q.add(other)
    assert q.add(new).superseded == (old,)
    assert [q.take(9)[0].utterance_id for _ in range(2)] == ["a", "b"]


def test_final_removes_its_partial() -> None:
    """A final answers its utterance's queued partial, and a partial after it is late."""
    q = queue()
    partial = pending("a")
    q.add(partial)
    assert q.add(pending("a", KEY_F)).superseded == (partial,)
    late = pending("a")
    assert q.add(late) == Admission(accepted=True, superseded=(late,))
    assert len(q) == 1


def test_full_queue_refuses_partials_never_finals() -> None:
    """Partials shed first; a final is always taken."""
    q = queue(max_queue=1)
    q.add(pending("a"))
    assert not q.add(pending("b")).accepted
    assert q.add(pending("c", KEY_F)).accepted
    assert q.fullness == 1.0


def test_same_final_twice_is_two_requests() -> None:
    """A final sent again after a broken connection gets its own answer."""
    q = queue()
    q.add(pending("a", KEY_F))
    q.add(pending("a", KEY_F))
    assert len(q.take(9)) == 2


def test_clear_empties() -> None:
    """Everything that waits is handed back."""
    q = queue()
    q.add(pending("a"))
    q.add(pending("b", KEY_F))
    assert len(q.clear()) == 2
    assert q.ready_at() is None


@given(
    samples=st.integers(1, 30 * SAMPLE_RATE),
    pad=st.floats(0, 3),
)
def test_window_holds_the_audio(samples: int, pad: float) -> None:
    """A window is one of the lengths, and holds audio and silence unless it is the longest."""
    window = window_sec(samples, pad)
    assert window in WINDOWS_SEC
    assert window == WINDOWS_SEC[-1] or window * SAMPLE_RATE >= samples + pad * SAMPLE_RATE - 1
    assert window_sec(samples, pad, full=True) == 30


def test_near_windows_share_a_batch() -> None:
    """A window a bit longer or shorter goes along; a far one, or another prompt, does not."""
    first = BatchKey(kind=Kind.FINAL, window_sec=4.0, prompt_tokens=0)
    assert replace(first, window_sec=5.0).joins(first)
    assert replace(first, window_sec=3.5).joins(first)
    assert not replace(first, window_sec=2.0).joins(first)
    assert not replace(first, window_sec=8.0).joins(first)
    assert not replace(first, prompt_tokens=3).joins(first)


requests = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from(list(Kind)),
        st.sampled_from([2, 4, 4.5]),
        st.sampled_from([0, 3]),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(requests=requests, max_batch=st.integers(1, 5), max_queue=st.integers(1, 10))
def test_every_request_has_exactly_one_fate(
    requests: list[tuple[str, Kind, float, int]], max_batch: int, max_queue: int
) -> None:
    """Batched, superseded or refused, once; finals are always batched; batches are uniform."""
    q = queue(max_batch=max_batch, max_queue=max_queue)
    fates: list[Pending[int]] = []
    taken: list[Pending[int]] = []
    sent = []
    for at, (name, kind, window, prompt) in enumerate(requests):
        key = BatchKey(kind=kind, window_sec=window, prompt_tokens=prompt)
        request = Pending(utterance_id=name, key=key, arrived_sec=float(at), item=at)
        sent.append(request)
        admission = q.add(request)
        fates += admission.superseded
        if not admission.accepted:
            fates.append(request)
    while (ready := q.ready_at()) is not None:
        batch = q.take(max(ready, 100.0))
        assert 1 <= len(batch) <= max_batch
        assert all(r.key.joins(batch[0].key) for r in batch)
        taken += batch
    assert sorted(r.item for r in [*fates, *taken]) == list(range(len(sent)))
    finals = [r.item for r in sent if r.key.kind is Kind.FINAL]
    assert sorted(r.item for r in taken if r.key.kind is Kind.FINAL) == finals
    kinds = [r.key.kind for r in taken]
    assert kinds == sorted(kinds, key=lambda kind: kind is Kind.PARTIAL)


def test_background_goes_last_and_in_small_batches() -> None:
    """Live finals, then partials, then pieces of files, a few at a time."""
    q = BatchQueue[int](max_batch=8, wait_sec=0, max_queue=9, max_background_batch=2)
    for name in "abc":
        q.add(pending(name, KEY_B))
    q.add(pending("p", at=1.0))
    q.add(pending("f", KEY_F, at=2.0))
    taken = [[r.utterance_id for r in q.take(2.0)] for _ in range(5)]
    assert taken == [["f"], ["p"], ["a", "b"], ["c"], []]


def test_patience_of_a_piece_ends() -> None:
    """A piece that waited too long goes before partials, never before finals; partials next."""
    q = BatchQueue[int](
        max_batch=1, wait_sec=0, max_queue=9, max_background_batch=1, patience_sec=5
    )
    for name, key in (("a", KEY_B), ("b", KEY_B), ("p", KEY_P), ("q", KEY_P), ("f", KEY_F)):
        q.add(pending(name, key))
    assert [q.take(5.0)[0].utterance_id for _ in range(5)] == ["f", "a", "p", "b", "q"]


def test_a_batch_is_woken_for_when_patience_ends() -> None:
    """Partials that still fill their batch don't hide that a piece is overdue before them."""
    q = queue(max_batch=4, wait=60.0)
    q.add(pending("a", KEY_B, at=0.0))
    q.add(pending("p", at=55.0))
    assert q.ready_at() == 60.0
    assert q.take(59.0) == []
    assert q.take(60.0)[0].utterance_id == "a"
    assert q.ready_at() == 115.0


def test_files_take_no_room_from_live_speech() -> None:
    """Pieces that wait leave the headroom and the admission of partials as they are."""
    q = queue(max_queue=1)
    for name in "abc":
        q.add(pending(name, KEY_B))
    assert (len(q), q.fullness) == (3, 0.0)
    assert q.waiting_since_sec is None
    assert q.add(pending("p")).accepted
    assert len(q.clear()) == 4


def test_a_temperature_has_its_own_batch() -> None:
    """Requests of different temperatures are not decoded together."""
    q = queue(wait=0)
    hot = BatchKey(kind=Kind.FINAL, window_sec=4, prompt_tokens=0, temperature=0.5, background=True)
    q.add(pending("a", KEY_B))
    q.add(pending("b", hot))
    assert [len(q.take(1.0)), len(q.take(1.0))] == [1, 1]


arrivals = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(["final", "partial", "background"]),
        st.floats(0, 2),
    ),
    max_size=60,
)


def kind_of(request: Pending[int]) -> str:
    return "background" if request.key.background else str(request.key.kind)


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals, decoding=st.floats(0.05, 3), patience=st.floats(0.1, 5))
def test_every_kind_has_its_turn(
    arrivals: list[tuple[str, str, float]], decoding: float, patience: float
) -> None:
    """In virtual time: finals first, nobody starves, nothing is swapped, nothing is reordered."""
    q = BatchQueue[int](
        max_batch=3, wait_sec=0.02, max_queue=50, max_background_batch=2, patience_sec=patience
    )
    now, number = 0.0, 0
    coming: list[Pending[int]] = []
    for name, kind, gap in arrivals:
        now, number = now + gap, number + 1
        key = BatchKey(
            kind=Kind.PARTIAL if kind == "partial" else Kind.FINAL,
            window_sec=2 + 2 * (name in "abc"),
            prompt_tokens=0,
            background=kind == "background",
        )
        coming.append(Pending(utterance_id=name, key=key, arrived_sec=now, item=number))
    sent, waiting, taken = list(coming), {}, []
    now, before = 0.0, ""
    while coming or waiting:
        ready = q.ready_at()
        if coming and (ready is None or coming[0].arrived_sec <= max(ready, now)):
            request = coming.pop(0)
            admission = q.add(request)
            waiting[request.item] = request
            for gone in admission.superseded:
                del waiting[gone.item]
            continue
        assert ready is not None, "whoever waits has a time to go"
        now = max(now, ready)
        batch = q.take(now)
        assert batch, "and goes at that time"
        kinds = {kind_of(request) for request in waiting.values()}
        chosen = kind_of(batch[0])
        overdue = any(
            request.key.background and request.arrived_sec + patience <= now
            for request in waiting.values()
        )
        if "final" in kinds:
            assert chosen == "final"
        elif "partial" in kinds:
            assert (chosen, before) != ("background", "background over partials")
            assert chosen == "partial" or overdue
            assert chosen == "background" or not overdue or before == "background over partials"
        if chosen == "background":
            assert len(batch) <= 2
            before = "background over partials" if "partial" in kinds else ""
        elif chosen == "partial":
            before = ""
        for request in batch:
            assert waiting.pop(request.item).utterance_id == request.utterance_id
        taken += batch
        now += decoding
    assert len({request.item for request in taken}) == len(taken)
    kept = {r.item for r in sent if kind_of(r) != "partial"}
    assert kept <= {request.item for request in taken}
    for name in "abcdef":
        for kind in ("final", "background"):
            order = [r.item for r in taken if (r.utterance_id, kind_of(r)) == (name, kind)]
            assert order == sorted(order)
