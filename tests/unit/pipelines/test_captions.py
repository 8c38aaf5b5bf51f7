from __future__ import annotations

import asyncio
import itertools

import pytest

from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelBusy,
    ModelRejected,
    ModelUnavailable,
    Pressure,
    RecognisedWord,
    Recognition,
    RecognitionRequest,
)
from models.fakes import ScriptedRecogniser
from pipelines.events import DroppedCaption, Gap, GapReason, PartialCaption, Segment
from tests.unit.pipelines.track import Shown, by_kind, make, play, quiet, speech


async def test_partials_then_a_final_with_the_same_id() -> None:
    """A partial after 0.6 s, then each second of new speech, a final at the end, one id for all."""
    sink, recogniser = Shown(), by_kind()
    captions = make(recogniser, sink)
    await play(captions, quiet(1), speech(2.8), quiet(1))
    await captions.drain()
    partials, finals = sink.of(PartialCaption), sink.of(Segment)
    assert [(p.stable, p.tail) for p in partials] == [("", "bonjour")] + [("bonjour", "")] * 2
    (final,) = finals
    assert final.text == "Bonjour à tous."
    assert {p.utterance_id for p in partials} == {final.id}
    assert final.id.startswith("m1/TR_1/")
    assert {(r.meeting_id, r.track_id) for r in recogniser.requests} == {("m1", "TR_1")}
    assert abs(final.start_ms - 1000) <= 32
    assert abs(final.end_ms - 3800) <= 32
    lengths = [len(r.samples) / SAMPLE_RATE for r in recogniser.requests if r.kind is Kind.PARTIAL]
    begin = (final.start_ms / 1000) - 0.4  # of the pre-roll
    assert [begin + one - 1 for one in lengths] == pytest.approx([0.6, 1.6, 2.6], abs=0.1)
    assert partials[0].start_ms == final.start_ms
    assert sink.events[-1] is final


async def test_partials_and_finals_hear_the_pre_roll() -> None:
    """Where nothing leaks in from other tracks, nothing of an utterance is left out."""
    recogniser = by_kind()
    captions = make(recogniser, Shown())
    await play(captions, quiet(1), speech(2), quiet(1))
    await captions.drain()
    assert {request.kind for request in recogniser.requests} == {Kind.PARTIAL, Kind.FINAL}
    assert {request.skip_samples for request in recogniser.requests} == {0}


async def test_the_last_word_is_shown_once_it_is_heard_again() -> None:
    """Of a partial the last word is held back; nothing is shown while that is all there is."""
    sink = Shown()
    texts = iter(["on", "on vote", "on votera le", "on votera le budget"])
    recogniser = ScriptedRecogniser(lambda r: "On votera." if r.kind is Kind.FINAL else next(texts))
    captions = make(recogniser, sink, held_words=1)
    await play(captions, quiet(1), speech(4.0), quiet(1))
    await captions.drain()
    shown = [(p.stable, p.tail) for p in sink.of(PartialCaption)]
    assert shown == [("on", ""), ("on", "votera"), ("on votera le", "")]


async def test_a_final_keeps_the_confirmed_words() -> None:
    """What a reader was told would not change does not, whatever the final says."""
    sink, recogniser = Shown(), by_kind("le vote est ouvert", "La porte est ouverte.")
    captions = make(recogniser, sink)
    await play(captions, quiet(1), speech(2.2), quiet(1))
    await captions.drain()
    assert sink.of(PartialCaption)[-1].stable == "le vote est ouvert"
    (final,) = sink.of(Segment)
    assert final.text == "le vote est ouvert"


async def test_an_unsure_reading_confirms_nothing() -> None:
    """What was read twice, but once with doubt, is the final's to say."""
    sink = Shown()

    def read(request: RecognitionRequest) -> Recognition:
        final = request.kind is Kind.FINAL
        return Recognition(
            utterance_id=request.utterance_id,
            kind=request.kind,
            text="Two people could." if final else "too people could",
            language="en",
            avg_logprob=-0.01 if final else -0.3,
        )

    captions = make(ScriptedRecogniser(read), sink)
    await play(captions, quiet(1), speech(2.2), quiet(1))
    await captions.drain()
    assert {(p.stable, p.tail) for p in sink.of(PartialCaption)} == {("", "too people could")}
    assert [segment.text for segment in sink.of(Segment)] == ["Two people could."]


async def test_one_partial_in_flight_and_none_after_the_end() -> None:
    """While a partial is in flight no other is asked; it is forgotten when the utterance ends."""
    sink = Shown()
    recogniser = by_kind()
    captions = make(recogniser, sink)
    recogniser.hold()
    await play(captions, speech(3), quiet(1))
    assert [r.kind for r in recogniser.requests] == [Kind.PARTIAL, Kind.FINAL]
    assert [r.kind for r in recogniser.cancelled] == [Kind.PARTIAL]
    recogniser.release()
    await captions.drain()
    assert [type(event) for event in sink.events] == [Segment]


def pressed(pressures: dict[int, Pressure]) -> ScriptedRecogniser:
    """Under the pressure that began with the request of that number."""
    asked = [0]

    def answer(request: RecognitionRequest) -> Recognition:
        asked[0] += 1
        level = max(at for at in pressures if at <= asked[0])
        return Recognition(
            utterance_id=request.utterance_id,
            kind=request.kind,
            text="bonjour",
            language="fr",
            pressure=pressures[level],
        )

    return ScriptedRecogniser(answer)


async def test_under_pressure_partials_come_rarely_and_come_back() -> None:
    """Half as often once the process says so, as set once it says so; the sink is told."""
    sink = Shown()
    recogniser = pressed({0: Pressure.SLOW, 4: Pressure.NONE})
    captions = make(recogniser, sink)
    await play(captions, speech(10.5), quiet(1))
    await captions.drain()
    lengths = [len(r.samples) / SAMPLE_RATE for r in recogniser.requests if r.kind is Kind.PARTIAL]
    steps = [b - a for a, b in itertools.pairwise(lengths)]
    assert steps[:3] == pytest.approx([2.0] * 3, abs=0.1)
    assert steps[3:] == pytest.approx([1.0] * len(steps[3:]), abs=0.1)
    assert len(steps) > 4
    shown = [p.pressure for p in sink.of(PartialCaption)]
    assert shown[:3] == [Pressure.SLOW] * 3
    assert sink.pressures == [Pressure.NONE]


async def test_finals_only_is_finals_only_until_a_final_says_it_is_over() -> None:
    """A process that refuses partials is asked for none until a final comes without pressure."""
    sink = Shown()
    answers = iter([ModelBusy("full")])
    recogniser = ScriptedRecogniser(lambda r: next(answers, "bonjour"))
    captions = make(recogniser, sink)
    at = await play(captions, speech(5), quiet(1))
    assert [r.kind for r in recogniser.requests] == [Kind.PARTIAL, Kind.FINAL]
    await play(captions, speech(2), quiet(1), at=at)
    await captions.drain()
    assert [r.kind for r in recogniser.requests][2:] == [Kind.PARTIAL] * 2 + [Kind.FINAL]
    assert len(sink.of(Segment)) == 2


async def test_finals_come_out_in_order() -> None:
    """A later utterance that is answered first waits for the earlier one."""
    sink = Shown()

    class Slow(ScriptedRecogniser):
        async def recognise(self, request: RecognitionRequest) -> Recognition:
            answer = await super().recognise(request)
            for _ in range(50 if len(self.requests) == 1 else 0):
                await asyncio.sleep(0)
            return answer

    recogniser = Slow(lambda r: r.utterance_id)
    captions = make(recogniser, sink)
    recogniser.hold()
    await play(captions, speech(0.5), quiet(1), speech(0.5), quiet(1))
    assert captions.outstanding_finals == 2
    recogniser.release()
    await captions.drain()
    assert captions.outstanding_finals == 0
    starts = [segment.start_ms for segment in sink.of(Segment)]
    assert len(starts) == 2
    assert starts == sorted(starts)


async def test_words_are_in_meeting_time() -> None:
    """Seconds of the request become milliseconds of the meeting, inside the utterance."""
    sink = Shown()

    def answer(request: RecognitionRequest) -> Recognition:
        return Recognition(
            utterance_id=request.utterance_id,
            kind=request.kind,
            text="bonjour monde",
            language="fr",
            words=(
                RecognisedWord(text="bonjour", start_sec=0.4, end_sec=0.8, probability=0.5),
                RecognisedWord(text="monde", start_sec=0.8, end_sec=99, probability=1.0),
            ),
        )

    captions = make(ScriptedRecogniser(answer), sink)
    await play(captions, quiet(2), speech(0.6), quiet(1), at=SAMPLE_RATE * 10)
    await captions.drain()
    (segment,) = sink.of(Segment)
    first, second = segment.words
    begin = int(segment.id.rpartition("/")[2]) * 1000 // SAMPLE_RATE
    assert (first.start_ms, first.end_ms) == (begin + 400, begin + 800)
    assert second.end_ms <= segment.end_ms + 300
    assert segment.confidence == 0.75


async def test_no_speech_after_partials_takes_them_back() -> None:
    """A final that is no speech withdraws what was shown, and shows nothing itself."""
    sink = Shown()
    captions = make(by_kind(final="..."), sink)
    await play(captions, speech(1.5), quiet(1))
    await captions.drain()
    assert isinstance(sink.events[-1], DroppedCaption)
    assert not sink.of(Segment)


async def test_no_speech_without_partials_is_nothing() -> None:
    """Where nothing was shown nothing is taken back."""
    sink = Shown()
    captions = make(by_kind(final=""), sink)
    await play(captions, speech(0.4), quiet(1))
    await captions.drain()
    assert sink.events == []


@pytest.mark.parametrize("error", [ModelRejected("no"), ModelUnavailable("away")])
async def test_a_final_without_text_is_a_gap(error: Exception) -> None:
    """Speech that could not be recognised is a gap, in its place."""
    sink = Shown()
    captions = make(ScriptedRecogniser(lambda _: error), sink)
    await play(captions, speech(1.5), quiet(1))
    await captions.drain()
    (gap,) = sink.events
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.OUTAGE
    assert gap.end_ms > gap.start_ms


async def test_too_many_outstanding_finals_are_gaps() -> None:
    """What can't be held while the model is away is said to be lost."""
    sink = Shown()
    recogniser = by_kind()
    captions = make(recogniser, sink, max_outstanding=1)
    recogniser.hold()
    await play(captions, speech(0.5), quiet(1), speech(0.5), quiet(1))
    recogniser.release()
    await captions.drain()
    assert [type(event) for event in sink.events] == [Segment, Gap]
    assert sink.of(Gap)[0].reason is GapReason.OVERLOAD


async def test_finish_ends_the_open_utterance() -> None:
    """Mute in mid-sentence: the words so far come out."""
    sink = Shown()
    captions = make(by_kind(), sink)
    await play(captions, speech(0.5))
    await captions.finish()
    await captions.drain()
    assert len(sink.of(Segment)) == 1


async def test_an_error_of_the_sink_ends_the_track() -> None:
    """A record that can't be written is no caption: the next call says so."""
    sink = Shown(error=OSError("disk full"))
    captions = make(by_kind(), sink)
    await captions.feed(speech(0.4), 0)
    await captions.finish()
    with pytest.raises(OSError, match="disk full"):
        await captions.drain()
    with pytest.raises(OSError, match="disk full"):
        await captions.feed(speech(0.1), 10**6)


async def test_aclose_leaves_no_task() -> None:
    """Closing cancels what is in flight."""
    recogniser = by_kind()
    captions = make(recogniser, Shown())
    recogniser.hold()
    await play(captions, speech(0.5), quiet(1), speech(1.0))
    await captions.aclose()
    assert {r.kind for r in recogniser.cancelled} == {Kind.FINAL, Kind.PARTIAL}
