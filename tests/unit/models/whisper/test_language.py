import pytest

from models.whisper.language import likeliest

BOTH = ("fr", "en")


def test_the_prior_weighs_and_is_left_out_of_what_is_said_of_the_sound() -> None:
    """Other languages than the meeting's are not even looked at."""
    shares = {"cy": 0.6, "en": 0.3, "fr": 0.1}
    assert likeliest(shares, BOTH) == ("en", pytest.approx(0.75))
    assert likeliest(shares, BOTH, (0.9, 0.1)) == ("fr", pytest.approx(0.25))
    assert likeliest({}, BOTH)[1] == pytest.approx(0.5)
