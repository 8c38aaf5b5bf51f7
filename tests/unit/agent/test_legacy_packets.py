"""Append-only chunks: nothing twice, nothing missed, cut where a single space may stand."""

import pytest

from agent.legacy_packets import AppendChunker, Chunk, continuation, update_chunk
from pipelines.events import (
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    GapReason,
    PartialCaption,
)
from tests.unit.agent.captions import CLAIRE, THOMAS, final, partial


def texts(*captions: PartialCaption | FinalCaption) -> list[str]:
    chunker = AppendChunker("fr")
    chunks = [chunker.chunk(caption) for caption in captions]
    return [chunk.text for chunk in chunks if chunk is not None]


def test_stable_words_are_sent_once_and_the_final_flushes_the_rest() -> None:
    shown = texts(
        partial("", "bonjour à"),
        partial("bonjour", "à tous"),
        partial("bonjour à", "tous et"),
        final("Bonjour à tous et merci."),
    )
    assert shown == ["bonjour", "à", "tous et merci."]


def test_each_chunk_has_an_id_of_its_own_and_is_final() -> None:
    chunker = AppendChunker("fr")
    chunks = [
        chunker.chunk(partial("bonjour", "à")),
        chunker.chunk(partial("bonjour à", "tous")),
        chunker.chunk(final("bonjour à tous")),
    ]
    assert [chunk.id for chunk in chunks if chunk] == ["u-claire#1", "u-claire#2", "u-claire#3"]
    assert all(chunk.final for chunk in chunks if chunk)


def test_the_tail_is_never_sent() -> None:
    assert texts(partial("", "peut-être autre chose")) == []


def test_the_last_stable_word_waits_for_what_follows() -> None:
    """Punctuation may still join it: « fini » and « fini ? » are one word on the screen."""
    assert texts(partial("c'est fini"), final("c'est fini ?")) == ["c'est", "fini ?"]


def test_no_cut_before_french_punctuation() -> None:
    assert texts(partial("Oui", "! Non"), final("Oui ! Non.")) == ["Oui ! Non."]


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_no_cut_inside_an_elision(apostrophe: str) -> None:
    shown = texts(partial(f"pendant l{apostrophe}", "été"), final(f"pendant l{apostrophe}été"))
    assert shown == ["pendant", f"l{apostrophe}été"]


def test_a_final_without_partials_is_one_chunk() -> None:
    assert texts(final("Une phrase entière.")) == ["Une phrase entière."]


def test_a_final_that_was_shown_whole_adds_nothing() -> None:
    assert texts(partial("bonjour à tous", "et"), final("Bonjour à tous.")) == ["bonjour à tous"]


def test_an_empty_final_is_nothing() -> None:
    assert texts(final("")) == []


def test_while_others_talk_a_chunk_is_a_phrase() -> None:
    """Each chunk of another speaker breaks the row."""
    chunker = AppendChunker("fr")
    assert chunker.chunk(partial("un deux", "trois", who=CLAIRE)) is not None
    assert chunker.chunk(partial("one two", "three", who=THOMAS)) is None
    more = chunker.chunk(partial("one two three four", "five", who=THOMAS))
    assert more is not None
    assert more.text == "one two three four"
    last = chunker.chunk(final("un deux trois", who=CLAIRE))
    assert last is not None
    assert last.text == "trois"


def test_what_was_dropped_does_not_go_on() -> None:
    chunker = AppendChunker("fr")
    chunker.chunk(partial("bonjour", "à"))
    assert chunker.chunk(DroppedCaption(utterance_id="u-claire", speaker=CLAIRE)) is None


OUTAGE = GapCaption(
    seq=2,
    gap=Gap(id="g", speaker=CLAIRE, start_ms=0, end_ms=12_000, reason=GapReason.OUTAGE),
)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "[12\u00a0s non transcrites\u00a0: service en panne]"),
        ("en", "[12 s not transcribed: service out of order]"),
    ],
)
def test_a_gap_is_told_in_the_meetings_language(language: str, text: str) -> None:
    """In either manner: who reads only packets must not take a hole for silence."""
    appended, updated = AppendChunker(language).chunk(OUTAGE), update_chunk(OUTAGE, language)
    assert appended is not None
    assert updated is not None
    assert (appended.text, appended.speaker, appended.id) == (text, CLAIRE, "g#gap")
    assert (updated.text, updated.final, updated.id) == (text, True, "g")


@pytest.mark.parametrize(
    ("sent", "words", "at"),
    [
        ("", "a b", 0),
        ("a b", "a b c", 2),
        ("a b", "A, b. c", 2),
        ("a x b", "a b c", 2),
        ("a b", "a new b c", 3),
        ("a b c", "a b", 2),
        ("x y", "a b c", 2),
    ],
)
def test_the_final_goes_on_where_it_is_nearest(sent: str, words: str, at: int) -> None:
    assert continuation(sent.split(), words.split()) == at


def test_update_mode_keeps_one_id() -> None:
    growing, done = (
        update_chunk(partial("bonjour", "à"), "fr"),
        update_chunk(final("Bonjour à tous."), "fr"),
    )
    assert isinstance(growing, Chunk)
    assert isinstance(done, Chunk)
    assert (growing.id, growing.text, growing.final) == ("u-claire", "bonjour à", False)
    assert (done.id, done.text, done.final) == ("u-claire", "Bonjour à tous.", True)
    assert update_chunk(partial("", ""), "fr") is None
    assert update_chunk(DroppedCaption(utterance_id="u", speaker=CLAIRE), "fr") is None
