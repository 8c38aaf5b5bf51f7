from __future__ import annotations

from collections.abc import Callable

import httpx
import numpy as np
import pytest

from models.base import (
    Kind,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelUnavailable,
    RecognitionRequest,
)
from models.client.client import AsrClient
from tests.unit.models.httpx_exchange import over

Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, sec: float) -> None:
        self.pauses.append(sec)
        self.now += sec


def request(kind: Kind) -> RecognitionRequest:
    return RecognitionRequest(utterance_id="u", kind=kind, samples=np.zeros(160, dtype=np.float32))


def ok(sent: httpx.Request) -> httpx.Response:
    query = sent.url.params
    return httpx.Response(
        200,
        json={
            "utterance_id": query["utterance_id"],
            "kind": query["kind"],
            "text": "oui",
            "language": "fr",
        },
    )


def client(handler: Handler, clock: Clock) -> AsrClient:
    return AsrClient(
        "http://127.0.0.1:1",
        clock=clock,
        sleep=clock.sleep,
        exchange=over(httpx.MockTransport(handler)),
    )


def failing(times: int, failure: int | Exception) -> Handler:
    left = [times]

    def handle(sent: httpx.Request) -> httpx.Response:
        if left[0]:
            left[0] -= 1
            if isinstance(failure, Exception):
                raise failure
            return httpx.Response(failure, json={"detail": "no"})
        return ok(sent)

    return handle


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ReadError("x"), 503, 502])
async def test_finals_are_sent_again(failure: int | Exception) -> None:
    """A final waits for the process to come back, longer each time, a second at most."""
    clock = Clock()
    async with client(failing(6, failure), clock) as asr:
        assert (await asr.recognise(request(Kind.FINAL))).text == "oui"
    assert clock.pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


async def test_a_final_sent_again_says_how_long_it_has_waited() -> None:
    """So that it goes before those that came meanwhile."""
    ages: list[str] = []
    answer = failing(2, 503)

    def handle(sent: httpx.Request) -> httpx.Response:
        ages.append(sent.url.params["age_ms"])
        return answer(sent)

    async with client(handle, Clock()) as asr:
        await asr.recognise(request(Kind.FINAL))
    assert ages == ["0", "100", "300"]


async def test_finals_give_up_at_the_limit() -> None:
    """After two minutes a final is unavailable."""
    clock = Clock()
    async with client(failing(10**6, 503), clock) as asr:
        with pytest.raises(ModelUnavailable, match="greffier asr"):
            await asr.recognise(request(Kind.FINAL))
    assert 110 < clock.now <= 120


async def test_what_the_process_fails_at_again_and_again_is_given_up_soon() -> None:
    """A 500 may be a bad moment, three are this request: it must not hold its speaker's others."""
    clock = Clock()
    async with client(failing(2, 500), clock) as asr:
        assert (await asr.recognise(request(Kind.FINAL))).text == "oui"
    async with client(failing(10**6, 500), clock) as asr:
        with pytest.raises(ModelRejected, match="see its log"):
            await asr.recognise(request(Kind.FINAL))
    assert clock.pauses == [0.1, 0.2] * 2


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), 503, 409])
async def test_partials_fail_at_once(failure: int | Exception) -> None:
    """A partial is never worth waiting for."""
    clock = Clock()
    async with client(failing(1, failure), clock) as asr:
        with pytest.raises(ModelUnavailable):
            await asr.recognise(request(Kind.PARTIAL))
    assert clock.pauses == []


async def test_a_process_that_takes_no_partials_is_busy() -> None:
    """Not away: the speaker's partials become rare, and nothing else."""
    async with client(failing(1, 429), Clock()) as asr:
        with pytest.raises(ModelBusy):
            await asr.recognise(request(Kind.PARTIAL))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", [400, 413])
async def test_what_can_never_work_is_not_sent_again(kind: Kind, status: int) -> None:
    """A refusal is final."""
    clock = Clock()
    async with client(failing(10**6, status), clock) as asr:
        with pytest.raises(ModelRejected, match="no"):
            await asr.recognise(request(kind))
    assert clock.pauses == []


@pytest.mark.parametrize(
    "body",
    ["<html>", '{"text": 1}', '{"utterance_id":"v","kind":"partial","text":"","language":"fr"}'],
)
async def test_an_answer_of_somebody_else_is_none(body: str) -> None:
    """Whoever answers something else, or for another utterance, is not believed."""
    async with client(lambda _: httpx.Response(200, text=body), Clock()) as asr:
        with pytest.raises(ModelUnavailable):
            await asr.recognise(request(Kind.PARTIAL))


async def test_headroom_and_health() -> None:
    """Headroom is the process's own number; without an answer it is unavailable."""
    async with client(lambda _: httpx.Response(200, json={"headroom": 0.5}), Clock()) as asr:
        assert await asr.headroom() == 0.5
        assert await asr.healthy()
    async with client(failing(9, httpx.ConnectError("x")), Clock()) as asr:
        assert not await asr.healthy()
        with pytest.raises(ModelUnavailable):
            await asr.headroom()
    async with client(lambda _: httpx.Response(200, text="?"), Clock()) as asr:
        with pytest.raises(ModelUnavailable):
            await asr.headroom()


def test_a_wrong_address_is_said_at_once() -> None:
    """Not only when the first speaker speaks."""
    with pytest.raises(ModelError, match="write unix:PATH"):
        AsrClient("nonsense")


def at_port(sent: httpx.Request) -> int:
    return sent.url.port or 0


class Several:
    """Processes at ports 1 and 2, each with its load; `dead` ones refuse the connection."""

    def __init__(self, **headroom: float) -> None:
        self.headroom = {int(port.removeprefix("p")): room for port, room in headroom.items()}
        self.dead: set[int] = set()
        self.asked: list[int] = []
        self.sent: list[tuple[int, int]] = []

    def __call__(self, sent: httpx.Request) -> httpx.Response:
        port = at_port(sent)
        if port in self.dead:
            raise httpx.ConnectError("x")
        if sent.url.path != "/recognise":
            return httpx.Response(200, json={"headroom": self.headroom[port]})
        self.asked.append(port)
        self.sent.append((port, len(sent.content) // 2))
        return ok(sent)


def several(processes: Several, clock: Clock) -> AsrClient:
    return AsrClient(
        "http://127.0.0.1:1, http://127.0.0.1:2",
        clock=clock,
        sleep=clock.sleep,
        exchange=over(httpx.MockTransport(processes)),
    )


async def test_a_track_goes_to_the_least_loaded_process_and_stays() -> None:
    processes = Several(p1=0.1, p2=0.9)
    async with several(processes, Clock()) as asr:
        await asr.recognise(longer(Kind.PARTIAL, 1_000))
        processes.headroom = {1: 1.0, 2: 0.0}
        await asr.recognise(longer(Kind.FINAL, 2_000))
        assert await asr.headroom() == 1.0
    assert processes.sent == [(2, 1_000), (2, 1_000)]


async def test_a_track_moves_when_its_process_dies_and_sends_all_again() -> None:
    """A final at once, without a pause: the other process is there."""
    processes, clock = Several(p1=0.1, p2=0.9), Clock()
    async with several(processes, clock) as asr:
        await asr.recognise(longer(Kind.PARTIAL, 1_000))
        processes.dead = {2}
        assert (await asr.recognise(longer(Kind.FINAL, 2_000))).text == "oui"
        assert await asr.healthy()
    assert processes.sent == [(2, 1_000), (1, 2_000)]
    assert clock.pauses == []


async def test_while_all_are_dead_a_final_waits_for_whichever_comes_first() -> None:
    processes, clock = Several(p1=0.1, p2=0.9), Clock()
    processes.dead = {1, 2}

    async def sleep(sec: float) -> None:
        await clock.sleep(sec)
        if clock.now > 5:
            processes.dead = {2}

    async with several(processes, clock) as asr:
        asr._sleep = sleep
        assert (await asr.recognise(longer(Kind.FINAL, 2_000))).text == "oui"
    assert processes.asked == [1]
    assert clock.now < 10


async def test_a_replaced_partial_is_no_reason_to_move() -> None:
    """409 and 429 are answers of a process that lives."""
    asked: list[int] = []
    statuses = iter([409, 429, 200])

    def handle(sent: httpx.Request) -> httpx.Response:
        if sent.url.path == "/load":
            return httpx.Response(200, json={"headroom": 1.0})
        asked.append(at_port(sent))
        status = next(statuses)
        return ok(sent) if status == 200 else httpx.Response(status, json={"detail": "no"})

    clock = Clock()
    two = "http://127.0.0.1:1,http://127.0.0.1:2"
    async with AsrClient(two, clock=clock, exchange=over(httpx.MockTransport(handle))) as asr:
        for _ in range(2):
            with pytest.raises(ModelUnavailable):
                await asr.recognise(longer(Kind.PARTIAL, 1_000))
        await asr.recognise(longer(Kind.FINAL, 1_000))
    assert len(set(asked)) == 1


class Process:
    """Keeps samples as the real one does; `restart` forgets them."""

    def __init__(self) -> None:
        self.have: dict[str, int] = {}
        self.sent: list[tuple[int, int, int]] = []
        self.forgetful = False

    def __call__(self, sent: httpx.Request) -> httpx.Response:
        query = sent.url.params
        offset, until = int(query["offset"]), int(query["until"])
        count = len(sent.content) // 2
        self.sent.append((offset, count, int(query.get("skip", 0))))
        have = 0 if self.forgetful else self.have.get(query["utterance_id"], 0)
        if offset > have or self.forgetful:
            return httpx.Response(412, json={"detail": "send the rest", "have": have})
        assert until <= offset + count or until <= have
        self.have[query["utterance_id"]] = max(have, offset + count)
        if query["kind"] == "final":
            del self.have[query["utterance_id"]]
        return ok(sent)


def longer(kind: Kind, samples: int, skip: int = 0) -> RecognitionRequest:
    return RecognitionRequest(
        utterance_id="u", kind=kind, samples=np.zeros(samples, dtype=np.float32), skip_samples=skip
    )


async def test_samples_are_sent_once() -> None:
    """Each request sends only what is new; a final that ends earlier sends nothing."""
    process = Process()
    async with client(process, Clock()) as asr:
        await asr.recognise(longer(Kind.PARTIAL, 1_000))
        await asr.recognise(longer(Kind.PARTIAL, 3_000, skip=320))
        await asr.recognise(longer(Kind.FINAL, 2_500))
        await asr.recognise(longer(Kind.PARTIAL, 500))
    assert process.sent == [(0, 1_000, 0), (1_000, 2_000, 320), (2_500, 0, 0), (0, 500, 0)]


async def test_a_restarted_process_is_sent_the_whole() -> None:
    process = Process()
    async with client(process, Clock()) as asr:
        await asr.recognise(longer(Kind.PARTIAL, 1_000))
        process.have.clear()
        assert (await asr.recognise(longer(Kind.FINAL, 2_000))).text == "oui"
    assert process.sent[1:] == [(1_000, 1_000, 0), (0, 2_000, 0)]


async def test_a_process_that_keeps_forgetting_is_away() -> None:
    process = Process()
    process.forgetful = True
    async with client(process, Clock()) as asr:
        with pytest.raises(ModelUnavailable, match="forgetting"):
            await asr.recognise(longer(Kind.PARTIAL, 1_000))
        clock_limited = asr.recognise(longer(Kind.FINAL, 1_000))
        with pytest.raises(ModelUnavailable, match="forgetting"):
            await clock_limited


async def test_what_was_not_answered_counts_as_not_sent() -> None:
    """A partial that failed may or may not have arrived: its samples are sent again."""
    process = Process()
    down = [True]

    def handle(sent: httpx.Request) -> httpx.Response:
        if down[0]:
            raise httpx.ReadError("x")
        return process(sent)

    async with client(handle, Clock()) as asr:
        with pytest.raises(ModelUnavailable):
            await asr.recognise(longer(Kind.PARTIAL, 1_000))
        down[0] = False
        await asr.recognise(longer(Kind.PARTIAL, 2_000))
    assert process.sent == [(0, 2_000, 0)]
