from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Kind
from models.batching import WINDOWS_SEC, Admission, BatchKey, BatchQueue, Pending, window_sec

KEY_P = BatchKey(kind=Kind.PARTIAL, window_sec=4, prompt_tokens=0)
KEY_F = BatchKey(kind=Kind.FINAL, window_sec=4, prompt_tokens=0)


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
    assert q.headroom == 0.0


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


requests = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from(list(Kind)),
        st.sampled_from([2, 4]),
        st.sampled_from([0, 3]),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(requests=requests, max_batch=st.integers(1, 5), max_queue=st.integers(1, 10))
def test_every_request_has_exactly_one_fate(
    requests: list[tuple[str, Kind, int, int]], max_batch: int, max_queue: int
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
        assert len({r.key for r in batch}) == 1
        taken += batch
    assert sorted(r.item for r in [*fates, *taken]) == list(range(len(sent)))
    finals = [r.item for r in sent if r.key.kind is Kind.FINAL]
    assert sorted(r.item for r in taken if r.key.kind is Kind.FINAL) == finals
    kinds = [r.key.kind for r in taken]
    assert kinds == sorted(kinds, key=lambda kind: kind is Kind.PARTIAL)
