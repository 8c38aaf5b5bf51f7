"""The queue under anything that may happen to it, in virtual time, against a plain model of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.base import Kind
from models.engine.batching import BatchKey, BatchQueue, Pending

WAIT_SEC = 0.02
PATIENCE_SEC = 3.0
MAX_QUEUE = 6
SPEAKERS = st.sampled_from(["m1/ana", "m1/bob", "m2/ana"])
KEYS = st.tuples(st.sampled_from([2, 4]), st.sampled_from([0, 3]))


class Machine(RuleBasedStateMachine):
    """Each request is an object of its own; `waiting` is what the queue must hold."""

    @initialize(max_batch=st.integers(1, 4))
    def begin(self, max_batch: int) -> None:
        self.now = 0.0
        self.max_batch = max_batch
        self.number = 0
        self.said: dict[str, int] = {}
        self.waiting: dict[int, Pending[int]] = {}
        self.answered: set[int] = set()
        self.taken_finals: list[Pending[int]] = []
        self.queue = BatchQueue[int](
            max_batch=max_batch,
            wait_sec=WAIT_SEC,
            max_queue=MAX_QUEUE,
            max_background_batch=2,
            patience_sec=PATIENCE_SEC,
        )

    @rule(sec=st.sampled_from([0.001, 0.01, 0.3, 4.0]))
    def wait(self, sec: float) -> None:
        self.now += sec

    @rule(speaker=SPEAKERS, key=KEYS)
    def partial(self, speaker: str, key: tuple[int, int]) -> None:
        """The speaker goes on with the open utterance."""
        request = self._request(speaker, Kind.PARTIAL, key)
        room = self._live(lambda r: True) < MAX_QUEUE
        replaces = self._live(lambda r: self._is_partial_of(r, request.utterance_id))
        admission = self.queue.add(request)
        assert admission.accepted == (room or bool(replaces))
        for older in admission.superseded:
            request = replace(request, arrived_sec=older.arrived_sec)  # it keeps its place
        self._account(request, admission.accepted, [r.item for r in admission.superseded])

    @rule(speaker=SPEAKERS, key=KEYS, age=st.sampled_from([0.0, 0.5, 5.0]))
    def final(self, speaker: str, key: tuple[int, int], age: float) -> None:
        """The open utterance ends; sent again after a restart it has an age."""
        request = self._request(speaker, Kind.FINAL, key, age=age)
        partials = [
            r.item for r in self.waiting.values() if self._is_partial_of(r, request.utterance_id)
        ]
        admission = self.queue.add(request)
        assert admission.accepted, "a final is never refused"
        assert [r.item for r in admission.superseded] == partials, "its partial is answered"
        self._account(request, True, partials)
        self.said[speaker] = self.said.get(speaker, 0) + 1

    @rule(key=KEYS)
    def piece_of_a_file(self, key: tuple[int, int]) -> None:
        request = self._request(f"file{self.number}", Kind.FINAL, key, background=True)
        assert self.queue.add(request).accepted
        self._account(request, True, [])

    @rule()
    def take_too_early(self) -> None:
        """What isn't ready stays."""
        for shared in (False, True):
            ready = self.queue.ready_at(shared=shared)
            if ready is None or ready > self.now:
                assert self.queue.take(self.now, shared=shared) == []

    @precondition(lambda self: self.waiting)
    @rule(decoding=st.sampled_from([0.0, 0.1, 2.0]), shared=st.booleans())
    def decode(self, decoding: float, shared: bool = False) -> None:
        """The model takes a batch as soon as there is one, or while it decodes another."""
        ready = self.queue.ready_at(shared=shared)
        assert ready is not None, "whoever waits has a time to go"
        assert ready <= self.now + PATIENCE_SEC, "and it is near"
        self.now = max(self.now, ready)
        batch = self.queue.take(self.now, shared=shared)
        assert batch, "and then somebody goes"
        self._check(batch)
        for request in batch:
            assert self.waiting.pop(request.item).utterance_id == request.utterance_id
            assert request.item not in self.answered, "nobody is answered twice"
            self.answered.add(request.item)
        self.now += decoding

    def _check(self, batch: list[Pending[int]]) -> None:
        first = batch[0]
        assert len({r.key for r in batch}) == 1, "one batch is of one kind, window and prompt"
        assert len(batch) <= (2 if first.key.background else self.max_batch)
        finals = [r for r in self.waiting.values() if _is_live_final(r)]
        if not finals:
            return
        assert _is_live_final(first), "finals go before anything else"
        assert first.rank_sec == min(r.rank_sec for r in finals), "the most urgent is among them"
        chosen = {r.item for r in batch}
        for request in batch:
            for other in finals:
                if other.speaker == request.speaker and other.item not in chosen:
                    assert other.rank_sec >= request.rank_sec, "no final overtakes its speaker's"

    @invariant()
    def holds_exactly_what_waits(self) -> None:
        if hasattr(self, "queue"):
            assert len(self.queue) == len(self.waiting)
            live = [r.arrived_sec for r in self.waiting.values() if not r.key.background]
            assert self.queue.waiting_since_sec == min(live, default=None)
            assert self.queue.fullness == min(len(live) / MAX_QUEUE, 1.0)

    def teardown(self) -> None:
        """Nobody starves: with nothing more to come everybody goes, finals and oldest first."""
        if not hasattr(self, "queue"):
            return
        while self.waiting:
            self.decode(0.1)
        assert self.queue.ready_at() is None

    def _request(
        self,
        speaker: str,
        kind: Kind,
        key: tuple[int, int],
        *,
        age: float = 0.0,
        background: bool = False,
    ) -> Pending[int]:
        self.number += 1
        window, prompt = key
        live_final = kind is Kind.FINAL and not background
        return Pending(
            utterance_id=f"{speaker}/{self.said.get(speaker, 0)}",
            key=BatchKey(kind=kind, window_sec=window, prompt_tokens=prompt, background=background),
            arrived_sec=self.now,
            item=self.number,
            speaker="" if background else speaker,
            due_sec=self.now + 1.0 - age if live_final else None,
        )

    def _account(self, request: Pending[int], accepted: bool, superseded: list[int]) -> None:
        if accepted:
            self.waiting[request.item] = request
        for item in superseded:
            del self.waiting[item]

    def _live(self, wanted: Callable[[Pending[int]], bool]) -> int:
        return sum(wanted(r) for r in self.waiting.values() if not r.key.background)

    @staticmethod
    def _is_partial_of(request: Pending[int], utterance_id: str) -> bool:
        return request.key.kind is Kind.PARTIAL and request.utterance_id == utterance_id


def _is_live_final(request: Pending[int]) -> bool:
    return request.key.kind is Kind.FINAL and not request.key.background


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
