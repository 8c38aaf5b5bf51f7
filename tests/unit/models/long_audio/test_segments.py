from __future__ import annotations

from models.base import Kind, RecognisedWord, Recognition
from models.long_audio.long_audio import HeardPiece
from models.long_audio.segments import file_transcript, segments


def piece(
    text: str,
    *,
    language: str = "fr",
    at_sec: float = 10.0,
    word_sec: float = 0.5,
    words: list[str] | None = None,
) -> HeardPiece:
    said = text.split() if words is None else words
    timed = tuple(
        RecognisedWord(
            text=word, start_sec=n * word_sec, end_sec=(n + 1) * word_sec, probability=0.8
        )
        for n, word in enumerate(said)
    )
    recognition = Recognition(
        utterance_id="u", kind=Kind.FINAL, text=text, language=language, words=timed
    )
    return HeardPiece(start_sec=at_sec, length_sec=max(len(said), 1) * 1.0, recognition=recognition)


def test_sentences_divide() -> None:
    """A segment a sentence, with the words' times in the file."""
    first, second = segments(piece("Nous commençons maintenant. Qui vient ce soir ?"))
    assert (first.text, second.text) == ("Nous commençons maintenant.", "Qui vient ce soir ?")
    assert (first.start_sec, first.end_sec) == (10.0, 11.5)
    assert (second.start_sec, second.words[0].start_sec) == (11.5, 11.5)


def test_long_sentences_divide_too() -> None:
    """No segment is longer than a subtitle, in seconds or in characters, unless one word is."""
    slow = segments(piece("un deux trois quatre cinq six", word_sec=3))
    assert [one.text for one in slow] == ["un deux", "trois quatre", "cinq six"]
    wide = segments(piece("anticonstitutionnellement " * 9, word_sec=0.01))
    assert all(len(one.text) <= 84 for one in wide)
    assert [one.text for one in segments(piece("Euh", word_sec=20))] == ["Euh"]


def test_a_very_short_sentence_stays_with_the_next() -> None:
    """A cue for "Oui." alone would only flash."""
    assert len(segments(piece("Oui. Je viens demain avec Paul.", word_sec=0.3))) == 1


def test_words_that_tell_otherwise() -> None:
    """Without words, or with others than the text's, the piece is one segment."""
    assert [one.text for one in segments(piece("Oui. Non.", words=[]))] == ["Oui. Non."]
    (one,) = segments(piece("Oui, bien sûr.", words=["Non."]))
    assert (one.text, one.start_sec, one.end_sec) == ("Oui, bien sûr.", 10.0, 11.0)


def test_a_transcript_joins_pieces() -> None:
    """Spaces between pieces where the language has them; the language that is spoken most."""
    pieces = [piece("Un deux."), piece("One.", language="en"), piece("三", language="ja")]
    whole = file_transcript(pieces, duration_sec=30, language="de", temperature=0.0)
    assert (whole.text, whole.language) == ("Un deux. One.三", "fr")
    assert [one.language for one in whole.segments] == ["fr", "en", "ja"]
    none = file_transcript([], duration_sec=30, language="de", temperature=0.0)
    assert (none.text, none.language, none.segments) == ("", "de", ())
