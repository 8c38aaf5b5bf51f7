"""`greffier transcribe FILE`: the meeting's own engine on a file, in a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from greffier.demo_model import demo_note
from greffier.settings import Settings, as_environment
from greffier.stack import answers, command
from greffier.supervisor import Program, Supervisor
from models.client.client import AsrClient
from models.vad import SileroDetector, SileroModel
from pipelines.events import Segment
from pipelines.export import json_file, markdown, vtt
from pipelines.export.clean import clock
from pipelines.file_transcription import MediaError, decode, transcribe_file
from pipelines.record.record_lines import line_of_segment
from pipelines.record.transcript import build
from storage.files import write_file
from storage.line import Meeting, MeetingState

_screen = Console(stderr=True, highlight=False, soft_wrap=True)
_text = Console(highlight=False, soft_wrap=True)


def transcribe(settings: Settings, file: Path, *, out: Path | None, language: str | None) -> None:
    """Print the transcript, or write transcript.json, .md and .vtt into `out`.

    Raises MediaError for a broken or empty file, before any model is loaded.
    """
    if next(decode(file), None) is None:
        raise MediaError(f"{file}: there is no sound in this file")
    if note := demo_note(settings.asr.model):
        _screen.print(f"[dim]{note}[/]")
    segments = asyncio.run(_segments(settings, file, language))
    if out is None:
        for one in segments:
            _text.print(f"{clock(one.start_ms)}  {one.text}", markup=False)
    else:
        _write(file, segments, out)
    if not segments:
        _screen.print("No speech was found in this file.")


async def _segments(settings: Settings, file: Path, language: str | None) -> list[Segment]:
    temporary = Path(tempfile.mkdtemp(prefix="greffier-"))
    supervisor = Supervisor(logs=temporary)
    url = f"unix:{temporary / 'asr.sock'}"
    own = settings.model_copy(update={"asr": settings.asr.model_copy(update={"url": url})})
    program = Program(
        name="asr",
        argv=command("asr"),
        env=as_environment(own),
        ready=answers("http://asr/health", uds=url.removeprefix("unix:")),
    )
    captions = settings.captions
    if language:
        captions = captions.model_copy(update={"languages": (language,)})
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
        console=_screen,
        transient=not _screen.is_terminal,
    )
    client = AsrClient(url)
    try:
        with bar:
            task = bar.add_task("Loading the model", total=None)
            await supervisor.start(program)
            bar.update(task, description=file.name)
            return await transcribe_file(
                file,
                recogniser=client,
                detector=SileroDetector(SileroModel()),
                settings=captions,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        await client.aclose()
        await supervisor.stop()
        shutil.rmtree(temporary, ignore_errors=True)


def _write(file: Path, segments: list[Segment], out: Path) -> None:
    now = datetime.now(UTC)
    meeting = Meeting(
        id=file.name,
        room="",
        title=file.stem,
        language=segments[0].language if segments else "en",
        organisers=(),
        state=MeetingState.ENDED,
        started_at=now,
        notice_at=None,
        ended_at=now,
        delivered_at=None,
        error=None,
        holder=None,
        lease_until=None,
    )
    lines = [replace(line_of_segment(one), seq=seq) for seq, one in enumerate(segments, 1)]
    transcript = build(lines, {})
    for name, render in (("json", json_file.render), ("md", markdown.render), ("vtt", vtt.render)):
        path = out / f"transcript.{name}"
        write_file(path, render(meeting, transcript).encode())
        _text.print(str(path), markup=False)
