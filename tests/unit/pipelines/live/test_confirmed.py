from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.base import Kind, RecognisedWord, Recognition
from pipelines.live.agreement import normal, split_words
from pipelines.live.confirmed import keep_confirmed


def final(text: str, *, timed: bool = True) -> Recognition:
    """Each word takes a second."""
    words = tuple(
        RecognisedWord(text=word, start_sec=float(at), end_sec=at + 1.0, probability=0.9)
        for at, word in enumerate(split_words(text))
    )
    return Recognition(
        utterance_id="u",
        kind=Kind.FINAL,
        text=text,
        language="fr",
        words=words if timed else (),
    )


def kept(text: str, confirmed: str, *, cut: bool = False) -> str:
    return keep_confirmed(final(text), confirmed, cut=cut).text


def test_case_and_punctuation_are_the_finals() -> None:
    """Words that are the same take the final's form."""
    assert kept("Bonjour à tous, merci.", "bonjour à tous") == "Bonjour à tous, merci."


def test_another_reading_of_a_confirmed_word_is_not_taken() -> None:
    """An alike word of the final stands for the confirmed one."""
    assert kept("L'hébergement sans feuille.", "les hébergements") == (
        "les hébergements sans feuille."
    )


def test_a_word_that_the_final_left_out_stays() -> None:
    """Confirmed words stay where the final skipped them; its other words follow."""
    assert kept("Il a calculé mille euros.", "Il a calculé cinq cent dix euros sur") == (
        "Il a calculé cinq cent dix euros sur"
    )
    assert kept("Il a calculé mille.", "Il a calculé cinq cent") == "Il a calculé cinq cent mille."


def test_an_unlike_word_after_the_confirmed_ones_is_a_new_word() -> None:
    """What has nothing of the last confirmed word is not taken for it."""
    assert kept("Nous votons demain.", "Nous votons le") == "Nous votons le demain."


def test_a_word_added_within_the_confirmed_ones_is_left_out() -> None:
    """Readers were shown that nothing stands between."""
    assert kept("Nous ne votons pas.", "Nous votons") == "Nous votons pas."


def test_of_cut_speech_words_of_the_next_line_go() -> None:
    """After a cut the final ends earlier than what was confirmed; the rest is said again there."""
    assert kept("Nous votons.", "Nous votons le budget", cut=True) == "Nous votons."
    assert kept("Nous votons.", "Nous votons le budget") == "Nous votons le budget"


def test_the_unconfirmed_words_tell_where_the_confirmed_ones_end() -> None:
    """What was shown after the confirmed words is found in the final: nothing is said twice."""
    heard, confirmed = final("Cela coûte cent dix-neuf euros."), "Cela coûte cinquante-dix-neuf"
    assert keep_confirmed(heard, confirmed, tail="euros").text == (
        "Cela coûte cinquante-dix-neuf euros."
    )
    assert keep_confirmed(heard, confirmed).text != "Cela coûte cinquante-dix-neuf euros."


def test_words_keep_their_times_and_order() -> None:
    """Words of the confirmed text alone lie between those that the final has as well."""
    words = keep_confirmed(final("Il a mille euros."), "Il a cinq cent").words
    assert [word.text for word in words] == ["Il", "a", "cinq", "cent", "mille", "euros."]
    edges = [edge for word in words for edge in (word.start_sec, word.end_sec)]
    assert edges == sorted(edges)


def test_without_times_there_are_none() -> None:
    """A final without word times gives the text alone."""
    one = keep_confirmed(final("la porte", timed=False), "le vote est")
    assert one.text.startswith("le vote est")
    assert one.words == ()


texts = st.lists(st.sampled_from(["a", "b", "ab", "B,", "c."]), max_size=8).map(" ".join)


@given(text=texts, confirmed=texts)
def test_the_final_always_begins_with_the_confirmed_words(text: str, confirmed: str) -> None:
    """Whatever both are."""
    known = [normal(word) for word in split_words(confirmed)]
    one = keep_confirmed(final(text), confirmed)
    assert [normal(word) for word in split_words(one.text)][: len(known)] == known
    assert len(one.words) in (0, len(split_words(one.text)))
    edges = [edge for word in one.words for edge in (word.start_sec, word.end_sec)]
    assert edges == sorted(edges)
