"""Against a real server, with OpenAI's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openai
import pytest
import structlog
import webvtt
from openai import AsyncOpenAI
from pydantic import SecretStr

from tests.unit.models.openai_api.openai_server import KEY, Serving, serving
from tests.unit.models.recordings import encoded, recording, silent, wav

SPEECH = ("a.wav", wav(recording(1, 2, 3)))
TEXT = "Mot 1, fr. Mot 2, fr. Mot 3, fr."


@pytest.fixture
async def served() -> AsyncIterator[Serving]:
    async with serving() as one:
        yield one


@pytest.fixture
async def client(served: Serving) -> AsyncIterator[AsyncOpenAI]:
    async with served.client() as one:
        yield one


async def raw(served: Serving, file: bytes = SPEECH[1], **fields: str) -> httpx.Response:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as http:
        return await http.post(
            f"{served.url}/v1/audio/transcriptions", files={"file": ("a.wav", file)}, data=fields
        )


def code(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return str(error["code"])


async def test_models(client: AsyncOpenAI) -> None:
    """The model's own name and OpenAI's; another is not there."""
    assert [model.id async for model in client.models.list()] == ["turbo", "whisper-1"]
    assert (await client.models.retrieve("whisper-1")).owned_by == "greffier"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("gpt-4o-transcribe")


async def test_json_and_text(client: AsyncOpenAI) -> None:
    """The text, for either name of the model."""
    for name in ("turbo", "whisper-1"):
        heard = await client.audio.transcriptions.create(file=SPEECH, model=name)
        assert heard.text == TEXT
    text = await client.audio.transcriptions.create(
        file=SPEECH, model="whisper-1", response_format="text"
    )
    assert text == TEXT + "\n"


async def test_verbose(client: AsyncOpenAI) -> None:
    """Segments by default; words and segments where both are asked for; times in the file."""
    heard = await client.audio.transcriptions.create(
        file=SPEECH, model="whisper-1", response_format="verbose_json"
    )
    assert (heard.language, heard.duration, heard.text) == ("fr", 12.0, TEXT)
    assert heard.words is None
    assert [segment.text for segment in heard.segments or ()] == [
        f"Mot {at}, fr." for at in (1, 2, 3)
    ]
    both = await client.audio.transcriptions.create(
        file=SPEECH,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert [word.word for word in both.words or ()][:4] == ["Mot", "1,", "fr.", "Mot"]
    starts = [segment.start for segment in both.segments or ()]
    assert starts == pytest.approx([0.1, 3.7, 7.7], abs=0.05)
    assert both.segments
    assert both.segments[0].model_dump() == {
        "id": 0,
        "seek": 0,
        "start": 0.1,
        "end": pytest.approx(2.3, abs=0.05),
        "text": "Mot 1, fr.",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": pytest.approx(0.55, abs=0.1),
        "no_speech_prob": 0.01,
    }
    words = await client.audio.transcriptions.create(
        file=SPEECH,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert words.words
    assert words.segments is None


async def test_subtitles(client: AsyncOpenAI, tmp_path: Path) -> None:
    """Both kinds are read by somebody else's parser."""
    for shape, read in (("srt", webvtt.from_srt), ("vtt", webvtt.read)):
        text = await client.audio.transcriptions.create(
            file=SPEECH, model="whisper-1", response_format=shape
        )
        (tmp_path / shape).write_text(str(text), encoding="utf-8")
        captions = read(str(tmp_path / shape)).captions
        assert [caption.text for caption in captions] == [f"Mot {at}, fr." for at in (1, 2, 3)]


async def test_streaming(served: Serving, client: AsyncOpenAI) -> None:
    """A delta comes for each piece as it is heard, before the rest is; then the whole text."""
    stream = await client.audio.transcriptions.create(file=SPEECH, model="whisper-1", stream=True)
    events = [event async for event in stream]
    assert [event.type for event in events] == ["transcript.text.delta"] * 3 + [
        "transcript.text.done"
    ]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == TEXT
    quiet = await client.audio.transcriptions.create(
        file=("a.wav", wav(silent(2))), model="whisper-1", stream=True
    )
    assert [event.text async for event in quiet] == [""]


async def test_a_stream_that_breaks_says_so(served: Serving, client: AsyncOpenAI) -> None:
    """What goes wrong before the first piece has a status; later it is an error in the stream."""
    with pytest.raises(openai.BadRequestError):
        await client.audio.transcriptions.create(
            file=("a.wav", b"nothing"), model="whisper-1", stream=True
        )
    broken = ("a.wav", wav(recording(1, 2, 3, 4, 5, 6, 7, 13)))
    stream = await client.audio.transcriptions.create(file=broken, model="whisper-1", stream=True)
    for at in range(1, 8):
        assert (await anext(stream)).delta.strip() == f"Mot {at}, fr."
    with pytest.raises(openai.APIError, match="can't be decoded"):
        await anext(stream)
    assert served.engine.load()["queued"] == 0


async def test_language_prompt_and_temperature(served: Serving, client: AsyncOpenAI) -> None:
    """Each reaches the model; what it can't do is refused by name."""
    heard = await client.audio.transcriptions.create(
        file=SPEECH, model="whisper-1", language="nl", prompt="Greffier, Visio", temperature=0.3
    )
    assert heard.text.startswith("Mot 1, nl.")
    assert set(served.model.prompts) == {"Greffier, Visio"}
    assert {item.temperature for batch in served.model.batches for item in batch} == {0.3}
    for fields in ({"language": "xx"}, {"temperature": 1.5}, {"response_format": "xml"}):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.audio.transcriptions.create(file=SPEECH, model="whisper-1", **fields)
        assert caught.value.param == next(iter(fields))
    with pytest.raises(openai.NotFoundError) as missing:
        await client.audio.transcriptions.create(file=SPEECH, model="gpt-4o-transcribe")
    assert missing.value.code == "model_not_found"


async def test_the_key(served: Serving) -> None:
    """A wrong one is told so in OpenAI's shape, on every route."""
    async with served.client("wrong") as wrong:
        with pytest.raises(openai.AuthenticationError) as caught:
            await wrong.audio.transcriptions.create(file=SPEECH, model="whisper-1")
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            await wrong.models.list()
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{served.url}/v1/models")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert (await http.get(f"{served.url}/health")).status_code == 200
    async with (
        serving(url="http://0.0.0.0:9000", api_key=SecretStr("")) as public,
        public.client() as one,
    ):
        with pytest.raises(openai.PermissionDeniedError, match="GREFFIER_ASR__API_KEY"):
            await one.models.list()


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        (b"", 400, "empty"),
        (b"not a sound", 400, "broken"),
        (wav(silent(0)), 400, "no sound"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", 415, "send wav"),
        (encoded(silent(61), "ogg", "libopus"), 413, "1 minutes"),
        (wav(silent(61)) + bytes(4_000_000), 413, "larger than 4 MB"),
    ],
    ids=["empty", "broken", "without sound", "script", "too long", "too large"],
)
async def test_files_that_are_refused(served: Serving, file: bytes, status: int, said: str) -> None:
    """Each with its status and a reason; nothing was decoded."""
    answer = await raw(served, file)
    assert answer.status_code == status
    assert code(answer)
    assert said in answer.json()["error"]["message"]
    assert served.model.batches == []


async def test_an_upload_of_unknown_length_is_stopped(served: Serving) -> None:
    """The limit holds while the file streams in, whatever its headers say."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        b"Content-Type: audio/wav\r\n\r\n"
    )

    async def endless() -> AsyncIterator[bytes]:
        yield head
        for _ in range(12):
            yield bytes(1_000_000)

    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "multipart/form-data; boundary=x"}
    async with httpx.AsyncClient(headers=headers) as http:
        answer = await http.post(f"{served.url}/v1/audio/transcriptions", content=endless())
    assert (answer.status_code, code(answer)) == (413, "file_too_large")


async def test_forms_that_are_refused(served: Serving) -> None:
    """No form, a form without a file or with a file that is text, a form that breaks off."""
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{served.url}/v1/audio/transcriptions"
    form = {**headers, "Content-Type": "multipart/form-data; boundary=x"}
    async with httpx.AsyncClient() as http:
        for answer in (
            await http.post(url, json={}, headers=headers),
            await http.post(url, files={"other": ("a", b"a")}, headers=headers),
            await http.post(url, files={"file": (None, "text")}, headers=headers),
            await http.post(url, content=b"broken", headers=form),
        ):
            assert answer.status_code == 400
            assert answer.json()["error"]["message"]
    for fields in (
        {"stream": "true", "response_format": "srt"},
        {"timestamp_granularities[]": "letter"},
        {"temperature": "nan"},
    ):
        assert (await raw(served, **fields)).status_code == 400


async def test_visio_reads_it(served: Serving) -> None:
    """As its summary service asks, and as that reads WhisperX's answer."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{served.url}/v1/audio/transcriptions",
            data={
                "model": "whisper-1",
                "language": "fr",
                "timestamp_granularities": ["word", "segment"],
                "response_format": "diarized_json",
            },
            files={"file": ("tmpabc", encoded(recording(1, 2, 3), "flac", "flac"))},
            headers={"Authorization": f"Bearer {KEY}"},
        )
    assert answer.status_code == 200
    values = answer.json()
    values.pop("usage", None)
    extra = openai.types.audio.Transcription.model_validate(
        {"text": "", **values}, extra="allow", strict=False
    ).model_dump()
    for segment in extra["segments"]:
        assert isinstance(segment["start"], float)
        assert segment["end"] > segment["start"]
        assert segment["words"]
        for word in segment["words"]:
            assert set(word) == {"word", "start", "end", "score", "speaker"}
    assert extra["word_segments"] == [w for segment in extra["segments"] for w in segment["words"]]
    said, before = "", None
    for segment in extra["segments"]:  # as the document is written there
        speaker = segment.get("speaker", "UNKNOWN_SPEAKER")
        said += (
            f"\n\n **{speaker}**: {segment['text']}"
            if speaker != before
            else (f" {segment['text']}")
        )
        before = speaker
    assert said.strip() == TEXT


async def test_openai_s_own_diarized_json(client: AsyncOpenAI) -> None:
    """The same answer is what OpenAI's client expects under that name."""
    heard = await client.audio.transcriptions.create(
        file=SPEECH, model="whisper-1", response_format="diarized_json"
    )
    assert (heard.text, heard.duration, heard.task) == (TEXT, 12.0, "transcribe")
    assert [segment.id for segment in heard.segments] == ["seg_0", "seg_1", "seg_2"]


async def until_free(served: Serving) -> None:
    """Until the server has let the one place go: then a form without a file is told so."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(headers=headers) as http:
        while (
            await http.post(f"{served.url}/v1/audio/transcriptions", json={})
        ).status_code == 503:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("stream", ["true", "false"])
async def test_who_goes_away_is_forgotten(stream: str) -> None:
    """A client that closes the connection costs no decoding beyond what runs, and no place."""
    async with serving(max_files=1) as served:
        served.model.gate.clear()
        task = asyncio.create_task(raw(served, wav(recording(*[1] * 12)), stream=stream))
        await asyncio.to_thread(served.model.entered.wait, 5)
        while not served.engine.load()["queued"]:
            await asyncio.sleep(0.005)
        running = served.engine.load()["busy"]
        task.cancel()
        await asyncio.wait([task])
        await until_free(served)
        served.model.gate.set()
        while served.engine.load()["queued"] or served.engine.load()["busy"]:
            await asyncio.sleep(0.005)
        assert sum(len(batch) for batch in served.model.batches) == running


async def test_a_stream_that_is_left_is_forgotten() -> None:
    """Leaving in the middle of a stream gives the place free."""
    async with serving(max_files=1) as served, served.client() as client:
        file = ("a.wav", wav(recording(*[1] * 14)))
        stream = await client.audio.transcriptions.create(file=file, model="whisper-1", stream=True)
        async for _ in stream:
            served.model.gate.clear()
            break
        await stream.close()
        await until_free(served)
        served.model.gate.set()
        assert (await raw(served)).json()["text"] == TEXT


async def test_only_so_many_files_at_once() -> None:
    """One more than the limit is told to come again, before it sends its file."""
    async with serving(max_files=1) as served, served.client() as client:
        served.model.gate.clear()
        first = asyncio.create_task(raw(served))
        await asyncio.to_thread(served.model.entered.wait, 5)
        with pytest.raises(openai.InternalServerError, match="try again") as caught:
            await client.audio.transcriptions.create(file=SPEECH, model="whisper-1")
        assert (caught.value.status_code, caught.value.response.headers["retry-after"]) == (
            503,
            "5",
        )
        served.model.gate.set()
        assert (await first).status_code == 200
        assert (await raw(served)).status_code == 200


async def test_a_process_that_stops_waits_for_no_file(served: Serving) -> None:
    """An open file gets a 503 at once; live requests are another matter."""
    served.model.gate.clear()
    task = asyncio.create_task(raw(served))
    await asyncio.to_thread(served.model.entered.wait, 5)
    served.stopping.set()
    answer = await task
    assert (answer.status_code, code(answer)) == (503, "unavailable")


async def test_a_stream_ends_when_the_process_stops(client: AsyncOpenAI, served: Serving) -> None:
    """What streams is told in the stream, after the piece that was under way."""
    file = ("a.wav", wav(recording(*[1] * 14)))
    stream = await client.audio.transcriptions.create(file=file, model="whisper-1", stream=True)
    await anext(stream)
    served.stopping.set()
    with pytest.raises(openai.APIError, match="stopping"):
        [event async for event in stream]


async def test_no_text_is_logged(served: Serving) -> None:
    """The log has figures only."""
    with structlog.testing.capture_logs() as lines:
        await raw(served, prompt="Geheim")
    assert any(line["event"] == "file transcribed" for line in lines)
    assert "Mot" not in json.dumps(lines)
    assert "Geheim" not in json.dumps(lines)


async def test_models_of_single_languages_are_listed_and_name_their_language() -> None:
    """Who asks for the English model means English."""
    async with (
        serving(language_models=("en:/models/whisper-en",)) as served,
        served.client() as client,
    ):
        listed = [model.id async for model in client.models.list()]
        assert listed == ["turbo", "whisper-1", "whisper-en"]
        heard = await client.audio.transcriptions.create(
            file=SPEECH, model="whisper-en", response_format="verbose_json"
        )
        assert heard.language == "en"
