"""The commands, nothing else: each reads the settings and hands over to the part it names."""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from greffier.bench.command import app as bench_app
from greffier.destination import writable, writable_folder
from greffier.models_command import app as models_app
from greffier.settings import Settings, load

app = typer.Typer(
    help="Live captions, a diarised transcript and grounded minutes for LiveKit meetings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models_app, name="models")
app.add_typer(bench_app, name="bench")
_err = Console(stderr=True, highlight=False, soft_wrap=True)

Out = Annotated[
    Path | None, typer.Option("--out", help="Folder for the results", callback=writable_folder)
]
JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json", help="Write what a client needs here once all is ready", callback=writable
    ),
]


def main() -> None:
    """Run the command line. Expected errors are one line and exit status 1; bugs are not hidden."""
    from greffier.errors import EXPECTED  # noqa: PLC0415 - keeps `--help` quick

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except EXPECTED as error:
        _fail(str(error))
    except OSError as error:
        # Of a file that somebody named, or of a full disk; another one is a bug.
        if error.filename is None:
            raise
        _fail(
            f"{error.filename}: {error.strerror}; check that the path is right, that it may be"
            " written to and that the disk has room"
        )


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        _err.print(f"[bold red]greffier:[/] {escape(line)}", markup=True)
    sys.exit(1)


@app.command()
def demo(
    out: Out = None,
    json_file: JsonFile = None,
    keep: Annotated[bool, typer.Option(help="Leave everything running afterwards")] = False,
) -> None:
    """Play a real meeting of three minutes on this machine, captioned live, minutes by mail."""
    from greffier.demo.play import play  # noqa: PLC0415

    play(load(), out=out, json_file=json_file, keep=keep)


@app.command()
def up(out: Out = None, json_file: JsonFile = None) -> None:
    """Start everything on this machine, with embedded defaults, until Ctrl-C."""
    from greffier.up import up as run  # noqa: PLC0415

    run(load(), out=out, json_file=json_file)


@app.command()
def serve() -> None:
    """The rooms service: tokens, rooms, history, the page, the reconciler."""
    settings = _with_keys()
    from greffier.demo_model import is_demo  # noqa: PLC0415
    from greffier.metrics_server import metrics_server  # noqa: PLC0415
    from rooms.app import serve as run  # noqa: PLC0415
    from rooms.metrics import RoomsMetrics  # noqa: PLC0415
    from storage.database import migrate  # noqa: PLC0415

    migrate(settings.storage.database_url)
    metrics = RoomsMetrics.make()
    with metrics_server(
        settings.rooms.metrics, metrics.registry, setting="GREFFIER_ROOMS__METRICS"
    ):
        run(
            rooms=settings.rooms,
            livekit=settings.livekit,
            agent_name=settings.agent.name,
            database_url=settings.storage.database_url,
            results=settings.storage.results,
            page=Path(__file__).parent.parent / "web" / "dist",
            demo_model=is_demo(settings.asr.model),
            metrics=metrics,
        )


@app.command()
def worker() -> None:
    """The agent: joins meetings hidden and captions them."""
    settings = _with_keys()
    from agent.metrics import WorkerMetrics  # noqa: PLC0415
    from agent.worker import run  # noqa: PLC0415
    from greffier.metrics_server import metrics_server  # noqa: PLC0415
    from greffier.tracing import tracing  # noqa: PLC0415
    from storage.database import migrate  # noqa: PLC0415

    migrate(settings.storage.database_url)
    address = settings.agent.metrics
    with tempfile.TemporaryDirectory(prefix="greffier-metrics-") as folder:
        metrics = WorkerMetrics(Path(folder))
        with metrics_server(address, metrics.registry, setting="GREFFIER_AGENT__METRICS"):
            run(
                settings.agent,
                livekit_url=settings.livekit.url,
                api_key=settings.livekit.api_key,
                api_secret=settings.livekit.api_secret.get_secret_value(),
                captions=settings.captions,
                llm=settings.llm,
                asr_url=settings.asr.url,
                database_url=settings.storage.database_url,
                tracing=functools.partial(tracing, settings.traces.endpoint, "greffier-worker"),
                metrics=metrics if address else None,
            )


@app.command()
def asr(
    url: Annotated[
        str, typer.Option(help="Where it listens; if GREFFIER_ASR__URL names several, one of them")
    ] = "",
) -> None:
    """The speech recognition process: one a GPU, all speakers batched together."""
    from greffier.metrics_server import metrics_server  # noqa: PLC0415
    from greffier.tracing import tracing  # noqa: PLC0415
    from models.server.metrics import AsrMetrics  # noqa: PLC0415
    from models.server.server import serve as run  # noqa: PLC0415
    from pipelines.guards import drop_reason  # noqa: PLC0415
    from pipelines.speech.loudness import loudness  # noqa: PLC0415

    settings, metrics = load(), AsrMetrics.make()
    with (
        metrics_server(settings.asr.metrics, metrics.registry, setting="GREFFIER_ASR__METRICS"),
        tracing(settings.traces.endpoint, "greffier-asr") as tracer,
    ):
        run(
            settings.asr.model_copy(update={"url": url or settings.asr.url}),
            # What nobody said is left out of files by the same guards as in meetings.
            noise=lambda heard, samples: drop_reason(heard, loudness(samples)) is not None,
            metrics=metrics,
            tracer=tracer,
        )


@app.command()
def jobs() -> None:
    """The durable workflows: minutes, files, mail."""
    settings = _with_keys()
    from delivery.jobs import serve as run  # noqa: PLC0415
    from delivery.metrics import JobsMetrics  # noqa: PLC0415
    from greffier.metrics_server import metrics_server  # noqa: PLC0415
    from storage.database import migrate  # noqa: PLC0415

    migrate(settings.storage.database_url)
    metrics = JobsMetrics.make()
    with metrics_server(settings.jobs.metrics, metrics.registry, setting="GREFFIER_JOBS__METRICS"):
        run(
            jobs=settings.jobs,
            mail=settings.mail,
            llm=settings.llm,
            livekit_url=settings.livekit.url,
            api_key=settings.livekit.api_key,
            api_secret=settings.livekit.api_secret.get_secret_value(),
            database_url=settings.storage.database_url,
            results=settings.storage.results,
            page_url=settings.rooms.public_url,
            metrics=metrics,
        )


@app.command()
def transcribe(
    file: Annotated[Path, typer.Argument(help="Audio or video, anything FFmpeg reads")],
    out: Out = None,
    language: Annotated[str, typer.Option(help="fr, en; detected if not given")] = "",
) -> None:
    """Transcribe a file with the same engine, without a meeting."""
    from greffier.transcribe import transcribe as run  # noqa: PLC0415

    run(load(), file, out=out, language=language or None)


@app.command()
def doctor() -> None:
    """Check the settings and every part they name; one line each, with the mend."""
    from greffier.doctor.examine import examine  # noqa: PLC0415

    if not examine(load()):
        raise typer.Exit(1)


@app.command("mail-sink", hidden=True)
def mail_sink(port: int, folder: Path) -> None:
    """A real SMTP server that keeps each mail as an .eml file (for the demo)."""
    from delivery.mail_sink import serve as run  # noqa: PLC0415

    run(host="127.0.0.1", port=port, folder=folder)


@app.command("settings", hidden=True)
def show_settings() -> None:
    """The settings as read, secrets masked."""
    print(json.dumps(load().model_dump(mode="json"), indent=2, ensure_ascii=False))


def _with_keys() -> Settings:
    settings = load()
    missing = [
        name
        for name, value in (
            ("LIVEKIT_API_KEY", settings.livekit.api_key),
            ("LIVEKIT_API_SECRET", settings.livekit.api_secret.get_secret_value()),
        )
        if not value
    ]
    if missing:
        from greffier.errors import CommandError  # noqa: PLC0415

        raise CommandError(
            f"{' and '.join(missing)} not set: give the key pair of your LiveKit server "
            "(in the environment or in .env), or use `greffier up`, which makes its own"
        )
    return settings
