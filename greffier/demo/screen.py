"""The terminal during the play: finals scroll by, what is being said stands dim below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from greffier.demo.report import SpeakerFigures
from greffier.demo.viewer import Caption

_COLOURS = ("cyan", "green", "magenta", "yellow")
_COLUMNS = (
    "Speaker",
    "WER",
    "Said",
    "First text",
    "Final",
    "Shown",
    "Recorded",
    "Gaps",
)


class Screen:
    """Live captions by speaker. Names are written, colours only help."""

    def __init__(self, console: Console, names: Mapping[str, str], seconds: float) -> None:
        self._console = console
        self._names = names
        self._colours = {who: _COLOURS[n % len(_COLOURS)] for n, who in enumerate(names)}
        self._width = max(len(name) for name in names.values())
        self._partials: dict[str, Caption] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} s"),
            console=console,
        )
        self._task = self._progress.add_task("Meeting", total=seconds)
        self._live = Live(console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def advance(self, second: float) -> None:
        """The play is at `second`."""
        self._progress.update(self._task, completed=second)
        self._draw()

    def caption(self, caption: Caption) -> None:
        """An update has arrived."""
        if caption.gap:
            seconds = (caption.end_ms - caption.start_ms) / 1000
            gap = Text(f"[{seconds:.0f} s not transcribed: {caption.gap}]", style="red")
            self._live.console.print(self._line(caption, gap))
        elif caption.final and caption.text:
            self._live.console.print(self._line(caption, Text(caption.text)))
        if caption.final or caption.dropped:
            self._partials.pop(caption.segment_id, None)
        else:
            self._partials[caption.segment_id] = caption
        self._draw()

    def _draw(self) -> None:
        lines = []
        for one in self._partials.values():
            text = Text(one.text[: one.stable], style="grey70")
            text.append(one.text[one.stable :], style="dim italic")
            lines.append(self._line(one, text))
        self._live.update(Group(*lines, self._progress))

    def _line(self, caption: Caption, text: Text) -> Text:
        clock = caption.start_ms // 1000
        line = Text(f"{clock // 60:02}:{clock % 60:02}  ", style="dim")
        name = self._names.get(caption.identity, caption.identity)
        line.append(
            f"{name:{self._width}}  ", style=f"bold {self._colours.get(caption.identity, '')}"
        )
        line.append_text(text)
        return line


def show_minutes(console: Console, markdown: str) -> None:
    """The minutes as they were written."""
    console.print(Panel(Markdown(markdown), title="Minutes", border_style="blue"), soft_wrap=False)


def show_figures(
    console: Console,
    speakers: Sequence[SpeakerFigures],
    total: Mapping[str, float | None],
    processes: Sequence[Mapping[str, float | str]],
) -> None:
    """Two tables: the captions as a reader got them, and what each process cost."""
    table = Table(
        title="Captions as the reader in the room got them (latencies: p50 / p95 in seconds)"
    )
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column == "Speaker" else "right")
    for one in speakers:
        table.add_row(
            one.name,
            f"{one.wer:.1%}",
            str(one.utterances),
            _pair(one.first_text_p50_s, one.first_text_p95_s),
            _pair(one.final_p50_s, one.final_p95_s),
            str(one.finals_shown),
            str(one.finals_recorded),
            str(one.gaps),
        )
    table.add_section()
    table.add_row(
        "All",
        "–" if total["wer"] is None else f"{total['wer']:.1%}",
        str(sum(one.utterances for one in speakers)),
        _pair(total["first_text_p50_s"], total["first_text_p95_s"]),
        _pair(total["final_p50_s"], total["final_p95_s"]),
        str(sum(one.finals_shown for one in speakers)),
        str(sum(one.finals_recorded for one in speakers)),
        str(sum(one.gaps for one in speakers)),
    )
    console.print(table)
    costs = Table(title="Processes")
    costs.add_column("Process")
    costs.add_column("CPU", justify="right")
    costs.add_column("Peak memory", justify="right")
    for row in processes:
        costs.add_row(str(row["name"]), f"{row['cpu_s']} s", f"{row['peak_mb']} MB")
    console.print(costs)


def _pair(p50: float | None, p95: float | None) -> str:
    return "–" if p50 is None or p95 is None else f"{p50:.2f} / {p95:.2f}"
