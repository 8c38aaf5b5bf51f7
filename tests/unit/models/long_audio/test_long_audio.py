from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import pytest

from models.base import ModelRejected
from models.engine.engine import Engine
from models.fakes import LoudnessDetector
from models.long_audio.long_audio import HeardPiece, Hints, LongAudio
from models.long_audio.reader import FileReader
from models.media import MediaRejected
from models.settings import AsrSettings
from tests.unit.models.recordings import LoudnessModel, recording, wav


@pytest.fixture
def model() -> LoudnessModel:
    return LoudnessModel()


@pytest.fixture
def engine(model: LoudnessModel) -> Iterator[Engine]:
    engine = Engine(model, AsrSettings(batch_wait_ms=0))
    engine.start()
    yield engine
    model.gate.set()
    engine.stop()


def long_audio(engine: Engine, data: bytes, **hints: object) -> LongAudio:
    reader = FileReader(io.BytesIO(data), detector=LoudnessDetector(), longest_sec=600)
    return LongAudio(engine, reader, Hints(**hints))


async def everything(audio: LongAudio) -> list[HeardPiece]:
    try:
        pieces = []
        while (piece := await audio.next()) is not None:
            pieces.append(piece)
        return pieces
    finally:
        audio.close()


async def test_pieces_come_in_order_with_their_place(engine: Engine) -> None:
    """Each piece has its own text and begins where it does in the file."""
    audio = long_audio(engine, wav(recording(*range(1, 11))))
    pieces = await everything(audio)
    assert [piece.recognition.text for piece in pieces] == [f"Mot {n}, fr." for n in range(1, 11)]
    assert [piece.start_sec for piece in pieces[1:]] == pytest.approx(
        [4 * n - 0.4 for n in range(1, 10)], abs=0.05
    )
    assert audio.heard_sec == 40


async def test_no_more_than_two_batches_are_under_way(engine: Engine, model: LoudnessModel) -> None:
    """The rest of a long file waits on disk, and small batches leave room for live speech."""
    model.gate.clear()
    audio = long_audio(engine, wav(recording(*[2] * 40)))
    task = asyncio.create_task(everything(audio))
    while engine.load()["queued"] + engine.load()["busy"] < 8:
        await asyncio.sleep(0.005)
    # A step of ten seconds may bring three pieces at once.
    assert audio.heard_sec <= 50
    assert engine.load()["queued"] + engine.load()["busy"] <= 11
    model.gate.set()
    assert len(await task) == 40
    assert max(len(batch) for batch in model.batches) <= 4


async def test_hints_reach_the_model(engine: Engine, model: LoudnessModel) -> None:
    """Language, prompt and temperature are those of the sender."""
    hints = {"language": "de", "prompt": "Greffier", "temperature": 0.4}
    await everything(long_audio(engine, wav(recording(1)), **hints))
    ((item,),) = model.batches
    assert (item.language, len(item.prompt), item.temperature) == ("de", 8, 0.4)
    assert model.prompts == ["Greffier"]


async def test_what_nobody_said_is_left_out(engine: Engine) -> None:
    """A text that the model itself takes for silence is none; a silent file says nothing."""
    pieces = await everything(long_audio(engine, wav(recording(1, 12, 2))))
    assert [piece.recognition.text for piece in pieces] == ["Mot 1, fr.", "Mot 2, fr."]


async def test_a_piece_that_fails_fails_the_file(engine: Engine) -> None:
    """A transcript with a silent hole is never given."""
    with pytest.raises(ModelRejected, match="can't be decoded"):
        await everything(long_audio(engine, wav(recording(1, 13, 2))))


async def test_a_broken_file_is_rejected(engine: Engine) -> None:
    """The reader's error reaches who asked."""
    with pytest.raises(MediaRejected, match="broken"):
        await everything(long_audio(engine, b"no sound at all"))


async def test_given_up_is_forgotten(engine: Engine, model: LoudnessModel) -> None:
    """After `close` nothing more is decoded, and the file is closed."""
    model.gate.clear()
    file = io.BytesIO(wav(recording(*[2] * 20)))
    reader = FileReader(file, detector=LoudnessDetector(), longest_sec=600)
    audio = LongAudio(engine, reader, Hints())
    task = asyncio.create_task(audio.next())
    await asyncio.to_thread(model.entered.wait, 5)
    while not engine.load()["queued"]:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait([task])
    audio.close()
    while not file.closed:
        await asyncio.sleep(0.005)
    started = engine.load()["busy"]
    model.gate.set()
    while engine.load()["queued"] or engine.load()["busy"]:
        await asyncio.sleep(0.005)
    assert sum(len(batch) for batch in model.batches) == started
