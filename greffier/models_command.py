"""`greffier models`: brings Whisper models from a hub, lists and verifies them, converts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from greffier.settings import load

if TYPE_CHECKING:  # it loads CTranslate2, which `--help` has no use for
    from models.store.store import Stored

app = typer.Typer(help="Real Whisper models: pull, list, convert.", no_args_is_help=True)
_screen = Console(stderr=True, highlight=False, soft_wrap=True)
_text = Console(highlight=False, soft_wrap=True)

Quantization = Annotated[
    str, typer.Option(help="Of converted weights: float16, float32, int8, int8_float16, …")
]


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="large-v3-turbo, small, … or ORGANISATION/NAME")],
    revision: Annotated[str, typer.Option(help="A branch, tag or commit of the model")] = "main",
    to: Annotated[
        Path | None, typer.Option(help="The model's folder; one in asr.models_folder if not given")
    ] = None,
    quantization: Quantization = "float16",
) -> None:
    """Bring a model from the hub (HF_ENDPOINT, HF_TOKEN); run it again to continue."""
    settings = load().asr
    from models.hub.hub import Hub  # noqa: PLC0415 - keeps `--help` quick
    from models.hub.pull import pull as run  # noqa: PLC0415

    hub = Hub.from_environment(os.environ)
    with _Bar() as bar:
        folder = run(
            name,
            revision=revision,
            store=settings.models_folder,
            to=to,
            hub=hub,
            watcher=bar,
            quantization=quantization,
        )
    _text.print(str(folder), markup=False)
    _screen.print(f"Use it: GREFFIER_ASR__MODEL={to.absolute() if to else name}", markup=False)


@app.command("list")
def list_models() -> None:
    """Every model in the store, each byte of it verified."""
    settings = load().asr
    from models.store.store import stored  # noqa: PLC0415 - keeps `--help` quick

    with _Bar() as bar:
        known = stored(settings.models_folder)
        bar.step("Verifying", sum(one.manifest.size for one in known if one.manifest))
        found = stored(settings.models_folder, bar.advance)
    for one in found:
        _show(one)
    if not found:
        _screen.print(f"{settings.models_folder} is empty; run: greffier models pull NAME")
    if any(one.damage for one in found):
        raise typer.Exit(1)


@app.command()
def convert(
    folder: Annotated[Path, typer.Argument(help="A Whisper in the Transformers layout")],
    to: Annotated[Path, typer.Option(help="The new folder")],
    quantization: Quantization = "float16",
) -> None:
    """Convert a Transformers Whisper (safetensors) to CTranslate2's format."""
    from models.conversion.conversion import convert as run  # noqa: PLC0415 - keeps `--help` quick

    with _Bar() as bar:
        bar.step("Converting", None)
        final = run(folder, to, quantization=quantization)
    _text.print(str(final), markup=False)


def _show(one: Stored) -> None:
    if one.manifest is None or one.damage:
        _text.print("[bold red]corrupt [/] ", end="")
        _text.print(one.damage, markup=False)
        return
    _text.print("[green]verified[/] ", end="")
    words = f"{one.manifest.model}@{one.manifest.commit[:12]}  {one.manifest.size / 1e6:.0f} MB"
    _text.print(f"{words}  {one.path}", markup=False)


class _Bar:
    """One line on the terminal with the step, the bytes and the rest of the time."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=_screen,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, words: str, total_bytes: int | None) -> None:
        """Begin a step anew at nothing."""
        self._progress.reset(self._task, description=words, total=total_bytes)

    def advance(self, count_bytes: int) -> None:
        """Move on."""
        self._progress.advance(self._task, count_bytes)
