"""The form of `POST /v1/audio/transcriptions`: read within limits, then checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from models.long_audio.long_audio import Hints
from models.openai_api.errors import ApiError
from models.wire.messages import LONGEST_FIELD

MEGABYTE = 1024 * 1024
FIELDS_BYTES = MEGABYTE
"""What may come on top of the file: the other fields and the form's own marks."""
DRAIN_BYTES = 32 * MEGABYTE
"""Read and thrown away after a 413: a client that is cut off while it sends never sees why."""
MAX_FIELDS = 32


class Format(StrEnum):
    """Shapes of the answer."""

    JSON = "json"
    VERBOSE = "verbose_json"
    DIARIZED = "diarized_json"
    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionForm:
    """A checked form. Whoever holds it closes `file`."""

    file: UploadFile
    hints: Hints
    format: Format
    words: bool
    segments: bool
    stream: bool


async def receive_form(request: Request, *, max_upload_mb: int) -> FormData:
    """Receive the form, its file into a temporary one; ApiError when it is too large or no form."""
    longest = max_upload_mb * MEGABYTE + FIELDS_BYTES
    too_large = ApiError(
        413,
        f"the file is larger than {max_upload_mb} MB; send a smaller one, or set"
        " GREFFIER_ASR__MAX_UPLOAD_MB",
        param="file",
        code="file_too_large",
    )
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiError(400, "send the request as multipart/form-data, with a field named file")
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > longest:
            raise too_large
        return message

    try:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > longest:
            raise too_large
        counting = Request(request.scope, counted)
        return await counting.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=64 * 1024)
    except ApiError:
        if "expect" not in request.headers:
            await _drain(request)
        raise
    except HTTPException as error:
        raise ApiError(400, f"the form can't be read: {error.detail}") from error


async def _drain(request: Request) -> None:
    left = DRAIN_BYTES
    while left > 0:
        message = await request.receive()
        left -= max(len(message.get("body", b"")), 1)
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def read_form(
    form: FormData,
    *,
    models: tuple[str, ...],
    speaking: Mapping[str, str],
    languages: tuple[str, ...],
    knows: Callable[[str], bool],
) -> TranscriptionForm:
    """Check the fields; unknown ones are let pass, as OpenAI adds some every year.

    `languages` are what a file may speak that names none; naming a model of `speaking` names its
    language. Raises ApiError.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ApiError(400, "there is no file; send it in the field named file", param="file")
    model = _text(form, "model") or models[0]
    if model not in models:
        raise ApiError(
            404,
            f"there is no model {model[:80]!r} here; use {' or '.join(models)}",
            param="model",
            code="model_not_found",
        )
    shape = _format(form)
    stream = _text(form, "stream").lower() in ("true", "1")
    if stream and shape not in (Format.JSON, Format.TEXT):
        raise ApiError(400, f"{shape} can't be streamed; use json", param="response_format")
    asked = _granularities(form)
    return TranscriptionForm(
        file=file,
        hints=Hints(
            language=_language(form, knows) or speaking.get(model),
            languages=languages,
            prompt=_text(form, "prompt")[-LONGEST_FIELD:],
            temperature=_temperature(form),
        ),
        format=shape,
        words="word" in asked,
        segments="segment" in asked or not asked,
        stream=stream,
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _format(form: FormData) -> Format:
    try:
        return Format(_text(form, "response_format") or Format.JSON)
    except ValueError:
        known = ", ".join(Format)
        raise ApiError(400, f"response_format is one of {known}", param="response_format") from None


def _language(form: FormData, knows: Callable[[str], bool]) -> str | None:
    code = _text(form, "language").lower()
    if code and not knows(code):
        raise ApiError(
            400,
            f"the model has no language {code[:20]!r}; use codes such as fr, en",
            param="language",
            code="unsupported_language",
        )
    return code or None


def _temperature(form: FormData) -> float:
    try:
        temperature = float(_text(form, "temperature") or 0)
    except ValueError:
        temperature = -1.0
    if not 0 <= temperature <= 1:
        raise ApiError(400, "temperature is a number from 0 to 1", param="temperature")
    # Files share a batch only at the same temperature.
    return round(temperature, 1)


def _granularities(form: FormData) -> set[str]:
    # OpenAI's client writes the brackets, Visio's summary service doesn't.
    names = ("timestamp_granularities[]", "timestamp_granularities")
    asked = {str(value) for name in names for value in form.getlist(name)}
    if asked - {"word", "segment"}:
        raise ApiError(
            400, "timestamp_granularities are word and segment", param="timestamp_granularities"
        )
    return asked
