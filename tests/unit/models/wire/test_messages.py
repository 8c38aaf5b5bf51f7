from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.base import (
    Kind,
    ModelRejected,
    Pressure,
    RecognisedWord,
    Recognition,
    RecognitionRequest,
)
from models.wire.messages import (
    LONGEST_BYTES,
    Place,
    TooLong,
    from_pcm,
    from_wire,
    read_place,
    read_request,
    to_pcm,
    to_query,
    to_wire,
)


def test_samples_survive_the_wire() -> None:
    """Sixteen bits are kept; louder than full scale is clipped, what is no number is silence."""
    samples = np.array([0, 0.5, -1, 2, -2, np.nan], dtype=np.float32)
    assert np.allclose(from_pcm(to_pcm(samples)), [0, 0.5, -1, 1, -1, 0], atol=1e-4)


def test_a_request_survives_the_wire() -> None:
    """What a client writes a server reads."""
    request = RecognitionRequest(
        utterance_id="m/TR_é&/1",
        kind=Kind.PARTIAL,
        samples=np.zeros(4, dtype=np.float32),
        language="fr",
        languages=("fr", "en"),
        prompt="Visio & Co",
        meeting_id="m",
        track_id="TR_é&",
    )
    read = read_request(to_query(request), to_pcm(request.samples), lambda _: True)
    assert (read.utterance_id, read.kind, read.language) == ("m/TR_é&/1", Kind.PARTIAL, "fr")
    assert (read.languages, read.prompt) == (("fr", "en"), "Visio & Co")
    assert (read.meeting_id, read.track_id) == ("m", "TR_é&")
    final = replace(request, kind=Kind.FINAL, age_sec=2.5)
    assert read_request(to_query(final), b"ab", lambda _: True).age_sec == 2.5


def test_an_answer_survives_the_wire() -> None:
    """What a server writes a client reads."""
    word = RecognisedWord(text="oui", start_sec=0.1, end_sec=0.2, probability=0.9)
    answer = Recognition(
        utterance_id="u",
        kind=Kind.FINAL,
        text="oui",
        language="fr",
        words=(word,),
        pressure=Pressure.SLOW,
    )
    assert from_wire(json.dumps(to_wire(answer)).encode()) == answer


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, b"ab"),
        ({"utterance_id": "u" * 3000}, b"ab"),
        ({"utterance_id": "u", "track": "t" * 3000}, b"ab"),
        ({"utterance_id": "u", "age_ms": "-1"}, b"ab"),
        ({"utterance_id": "u", "kind": "maybe"}, b"ab"),
        ({"utterance_id": "u", "language": "klingon"}, b"ab"),
        ({"utterance_id": "u", "languages": ","}, b"ab"),
        ({"utterance_id": "u"}, b"abc"),
    ],
)
def test_what_can_never_work_is_rejected(query: dict[str, str], body: bytes) -> None:
    """A wrong request says so, and is not sent again."""
    with pytest.raises(ModelRejected):
        read_request(query, body, lambda code: code in ("fr", "en"))


def test_more_than_a_window_is_too_long() -> None:
    """Thirty seconds at most."""
    with pytest.raises(TooLong):
        from_pcm(bytes(LONGEST_BYTES + 2))


def test_a_place_is_where_the_samples_belong() -> None:
    """What is absent means: all that was sent, from the beginning."""
    assert read_place({}, 100) == Place(offset=0, until=100, skip=0)
    later = {"offset": "900", "until": "950", "skip": "320"}
    assert read_place(later, 100) == Place(offset=900, until=950, skip=320)
    assert read_place({"offset": "900", "until": "500"}, 0).until == 500


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({}, 0),
        ({"skip": "100"}, 100),
        ({"until": "101"}, 100),
        ({"offset": "-1"}, 100),
        ({"offset": "1e3"}, 100),
        ({"offset": "²"}, 100),
        ({"offset": "9" * 99}, 100),
        ({"offset": "480000"}, 1),
    ],
)
def test_a_place_that_is_none_is_rejected(query: dict[str, str], sent: int) -> None:
    with pytest.raises(ModelRejected):
        read_place(query, sent)
