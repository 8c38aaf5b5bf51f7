from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.live.agreement import Agreed, LocalAgreement, split_words


def run(*texts: str) -> list[Agreed]:
    agreement = LocalAgreement()
    return [agreement.update(split_words(text)) for text in texts]


def test_two_equal_hypotheses_are_stable() -> None:
    """What is heard once may change; heard twice it is stable."""
    assert run("bonjour à tous", "bonjour à tous les gens") == [
        Agreed(stable="", tail="bonjour à tous"),
        Agreed(stable="bonjour à tous", tail="les gens"),
    ]


def test_an_unsure_hypothesis_makes_nothing_stable() -> None:
    """Two readings of one sound share its errors: both have to be sure."""
    agreement, words = LocalAgreement(), split_words("trop de gens")
    found = [agreement.update(words, sure=sure) for sure in (True, False, True, True)]
    assert [one.stable for one in found] == ["", "", "", "trop de gens"]
    assert {one.text for one in found} == {"trop de gens"}


def test_case_and_punctuation_do_not_count() -> None:
    """Words are compared without case and punctuation and shown with theirs."""
    assert run("bonjour à tous.", "Bonjour, à tous les")[1].stable == "Bonjour, à tous"


def test_stable_words_never_change() -> None:
    """A later hypothesis that disagrees changes the tail only."""
    last = run("a b c", "a b c d", "a x c d e", "a x c d e")[-1]
    assert last.stable.startswith("a b c")
    assert last.stable == "a b c d e"


def test_a_word_too_many_does_not_double_the_tail() -> None:
    """A hypothesis shifted by a word is aligned by the last stable words."""
    last = run("le vote est ouvert", "le vote est ouvert", "euh le vote est ouvert ce soir")[-1]
    assert last == Agreed(stable="le vote est ouvert", tail="ce soir")


def test_spaced_french_marks_stay_with_their_word() -> None:
    """A question mark after a space is no word."""
    assert split_words("Oui ? Non !") == ["Oui ?", "Non !"]


def test_stable_words_can_be_left_behind() -> None:
    """The last ones stay, and the next hypothesis goes on from them."""
    agreement = LocalAgreement()
    agreement.update(["a", "b", "c", "d"])
    agreement.update(["a", "b", "c", "d"])
    assert agreement.stable_until == 4
    assert agreement.keep(2) == ["a", "b"]
    assert agreement.update(["c", "d", "e"]) == Agreed(stable="c d", tail="e")


words = st.lists(st.sampled_from(["a", "b", "c", "A,", "d."]), max_size=8)


@given(hypotheses=st.lists(words, max_size=8))
def test_the_stable_text_only_grows(hypotheses: list[list[str]]) -> None:
    """Whatever is heard, the stable text is a prefix of the next stable text."""
    agreement = LocalAgreement()
    before = ""
    for hypothesis in hypotheses:
        now = agreement.update(hypothesis).stable
        assert now.startswith(before)
        before = now
