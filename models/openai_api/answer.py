"""A file's transcript as an HTTP answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack

from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from models.long_audio.segments import FileTranscript
from models.openai_api.form import Format, TranscriptionForm
from models.openai_api.formats import as_diarized, as_json, as_srt, as_text, as_verbose, as_vtt


def answer(transcript: FileTranscript, form: TranscriptionForm) -> Response:
    """The whole transcript in the shape that was asked for."""
    match form.format:
        case Format.JSON:
            return JSONResponse(as_json(transcript))
        case Format.VERBOSE:
            return JSONResponse(as_verbose(transcript, words=form.words, segments=form.segments))
        case Format.DIARIZED:
            return JSONResponse(as_diarized(transcript))
        case Format.TEXT:
            return PlainTextResponse(as_text(transcript))
        case Format.SRT:
            return PlainTextResponse(as_srt(transcript), media_type="application/x-subrip")
        case Format.VTT:
            return PlainTextResponse(as_vtt(transcript), media_type="text/vtt")


class EventStream(StreamingResponse):
    """Server-sent events. `held` is let go when the last is sent, or the client has gone."""

    def __init__(self, events: AsyncIterator[str], held: ExitStack) -> None:
        super().__init__(
            events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send. What is held must go even when the events never began."""
        with self._held:
            await super().__call__(scope, receive, send)
