"""What waits to be shown: finals in order, partials replaceable."""

import asyncio
from dataclasses import replace

from agent.outbox import Outbox
from pipelines.events import CaptionEvent, DroppedCaption, TranslatedCaption, Translation
from tests.unit.agent.captions import CLAIRE, THOMAS, final, partial


async def drained(outbox: Outbox) -> list[CaptionEvent]:
    taken: list[CaptionEvent] = []
    while True:
        try:
            taken.append(await asyncio.wait_for(outbox.take(), 0.01))
        except TimeoutError:
            return taken
        outbox.done()


async def test_a_newer_partial_takes_the_place_of_the_older() -> None:
    outbox = Outbox()
    newest = partial("a b", "c")
    for caption in (partial("", "a"), partial("a", "b"), newest):
        outbox.put(caption)
    assert await drained(outbox) == [newest]


async def test_nothing_of_an_utterance_comes_after_its_final() -> None:
    outbox = Outbox()
    done = final("a b c")
    for caption in (partial("", "a"), done, partial("a", "b")):
        outbox.put(caption)
    assert await drained(outbox) == [done]


async def test_finals_come_in_the_order_of_their_commits() -> None:
    outbox = Outbox()
    first, second = final("a", who=CLAIRE), final("b", who=THOMAS)
    for caption in (partial("", "b", who=THOMAS), partial("", "a", who=CLAIRE), first, second):
        outbox.put(caption)
    assert await drained(outbox) == [first, second]


async def test_a_dropped_utterance_takes_its_partial_along() -> None:
    outbox = Outbox()
    dropped = DroppedCaption(utterance_id="u-claire", speaker=CLAIRE)
    outbox.put(partial("", "a"))
    outbox.put(dropped)
    assert await drained(outbox) == [dropped]


async def test_beyond_the_bound_the_oldest_is_left_out_and_counted() -> None:
    outbox = Outbox(max_waiting=2)
    finals = [final(str(n), of=str(n)) for n in range(3)]
    for caption in finals:
        outbox.put(caption)
    assert await drained(outbox) == finals[1:]
    assert outbox.left_out == 1


async def test_emptied_waits_for_what_is_in_hand() -> None:
    outbox = Outbox()
    outbox.put(final("a"))
    await outbox.take()
    waiting = asyncio.create_task(outbox.emptied())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.done()
    await waiting


async def test_a_translation_comes_after_its_final_and_never_in_its_place() -> None:
    outbox = Outbox()
    done = final("a b c")
    again = [
        TranslatedCaption(
            seq=done.seq,
            segment=replace(done.segment, translations=(Translation(language=to, text="…"),)),
        )
        for to in ("en", "de")
    ]
    for caption in (done, *again):
        outbox.put(caption)
    assert await drained(outbox) == [done, *again], "nor one language in another's"
