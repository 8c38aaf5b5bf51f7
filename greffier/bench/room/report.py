"""The report of a room: Markdown, SVG and JSON of the same figures. Pure but for `write`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from greffier.bench.report_files import write_report
from greffier.bench.room.chart import draw
from greffier.bench.room.figures import LATE_LIMIT_SEC, RoomRow, cores_of_each_more
from greffier.bench.room.participants import Manner

GOAL_CORES = 0.003
"""What a participant who is there and silent may cost the worker: 0.3% of a core."""
_MEANING = {
    Manner.OPEN: "with an open microphone that sends digital silence: two packets each 400 ms",
    Manner.NOISY: "with an open microphone in a quiet room: noise of −60 dB, 50 packets a second",
    Manner.MUTED: "muted",
    Manner.SPEAKING: "speaking",
}
_HEAD = (
    "| participants | speaking | worker, all quiet | each one more | of it in the SDK"
    " | worker, some speaking"
    " | peak MB | first text p50 / p95 | final p50 / p95 | WER | lost | joined in"
    " | LiveKit | asr | clients | late p99 |\n"
    "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOutcome:
    """A whole run; rows in the order of participants. `failure`: why it went no further."""

    command: str
    date: str
    model: str
    seconds: float
    quiet_sec: float
    share: float
    silence: Manner
    streams: str
    machine: Mapping[str, str]
    rows: tuple[RoomRow, ...]
    failure: str = ""


def write(outcome: RoomOutcome, folder: Path, json_file: Path | None) -> list[Path]:
    """Write `SILENCE.md`, `.svg` and `.json` into the folder; return their paths."""
    name = outcome.silence.value
    return write_report(
        folder,
        name=name,
        text=as_markdown(outcome, f"{name}.svg"),
        pictures={f"{name}.svg": draw(outcome.rows, GOAL_CORES)},
        figures=as_json(outcome),
        json_file=json_file,
    )


def as_json(outcome: RoomOutcome) -> dict[str, object]:
    """Return the whole run."""
    more = cores_of_each_more(outcome.rows)
    native = cores_of_each_more(outcome.rows, lambda row: row.sdk_quiet_cores)
    return {
        "command": outcome.command,
        "date": outcome.date,
        "model": outcome.model,
        "seconds": outcome.seconds,
        "quiet_s": outcome.quiet_sec,
        "speech_share": outcome.share,
        "streams": outcome.streams,
        "failure": outcome.failure,
        "goal_silent_cores": GOAL_CORES,
        "machine": dict(outcome.machine),
        "rows": [
            row.as_dict()
            | {"each_more_cores": _rounded(each), "each_more_sdk_cores": _rounded(sdk)}
            for row, each, sdk in zip(outcome.rows, more, native, strict=True)
        ],
    }


def as_markdown(outcome: RoomOutcome, picture: str) -> str:
    """Return the report for people; what misses its goal is said."""
    parts = [
        f"# What a room costs by its size: the silent ones {_MEANING[outcome.silence]}",
        f"![CPU of the worker and latency of captions, by participants]({picture})",
        verdict(outcome),
        "## How it was measured",
        f"```\n{outcome.command}\n```",
        _how(outcome),
        _table(
            {
                "model": outcome.model,
                "date": outcome.date,
                "streams": outcome.streams,
                **outcome.machine,
            }
        ),
        "## Figures",
        "\n".join([_HEAD, *(line(outcome.rows, n) for n in range(len(outcome.rows)))]),
    ]
    return "\n\n".join(parts) + "\n"


def verdict(outcome: RoomOutcome) -> str:
    """Return the result in sentences."""
    last = outcome.rows[-1]
    said = [
        f"**{last.participants} participants**, {last.speaking} of them speaking: "
        f"{last.utterances - last.lost} of {last.utterances} utterances came as finals, "
        f"p95 {_sec(last.final_p95_s)} s after their last word."
    ]
    more = [one for one in cores_of_each_more(outcome.rows) if one is not None]
    if more:
        kept = "within" if max(more) <= GOAL_CORES else "misses"
        said.append(
            f"Each silent participant more costs the worker at most {max(more):.2%} of a core, "
            f"which {'is ' if kept == 'within' else ''}{kept} the goal of {GOAL_CORES:.1%}; "
            f"{_overall(outcome.rows, lambda row: row.sdk_quiet_cores):.2%} of "
            f"{_overall(outcome.rows, lambda row: row.worker_quiet_cores):.2%}, over all rows, "
            "is spent in the LiveKit SDK's own threads."
        )
    if outcome.failure:
        said.append(f"Then it went no further: {outcome.failure}.")
    return " ".join(said)


def _overall(rows: Sequence[RoomRow], of: Callable[[RoomRow], float]) -> float:
    """What a participant more costs, from the first row to the last, in cores."""
    ends = cores_of_each_more((rows[0], rows[-1]), of)
    return ends[1] or 0.0


def line(rows: Sequence[RoomRow], number: int) -> str:
    """Return one row of the table."""
    row, each = rows[number], cores_of_each_more(rows)[number]
    native = cores_of_each_more(rows, lambda one: one.sdk_quiet_cores)[number]
    cells = (
        str(row.participants),
        str(row.speaking),
        f"{row.worker_quiet_cores:.1%}",
        "–" if each is None else f"{each:.3%}",
        "–" if native is None else f"{native:.3%}",
        f"{row.worker_cores:.1%}",
        f"{row.worker_peak_mb:.0f}",
        f"{_sec(row.first_text_p50_s)} / {_sec(row.first_text_p95_s)}",
        f"{_sec(row.final_p50_s)} / {_sec(row.final_p95_s)}",
        "–" if row.wer is None else f"{row.wer:.1%}",
        f"{row.lost} of {row.utterances}",
        f"{row.join_s:.0f} s",
        f"{row.livekit_cores:.1%}",
        f"{row.asr_cores:.1%}",
        f"{row.clients_cores:.1%}",
        f"{row.late_p99_s:.3f}" + ("" if row.valid else " (invalid)"),
    )
    return f"| {' | '.join(cells)} |"


def _how(outcome: RoomOutcome) -> str:
    return (
        "Everything is real and on this machine: LiveKit's server, `greffier worker`, `greffier "
        "asr` with the demo model, the participants over WebRTC, whose sound is Opus before they "
        "begin, and a reader of captions. All join; for "
        f"{outcome.quiet_sec:g} s nobody speaks; then those who speak play tracks made of the demo "
        f"meeting's utterances, {outcome.seconds:g} s each, {outcome.share:.0%} speech, while the "
        f"others stay {_MEANING[outcome.silence]}. CPU is in per cent of one core and counts all "
        "of the worker's processes. *Each one more*: what the quiet worker costs more than one row "
        "above, by participant; a quadratic cost would grow down the column. *Of it in the SDK*: "
        "in the LiveKit SDK's own threads, which receive, decode and mix each track that is "
        "subscribed. Latencies are those "
        "of `greffier bench asr`, with the way through the room included. *Late*: how far the "
        f"clients themselves fell behind; beyond {LATE_LIMIT_SEC} s the latencies say nothing."
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _table(values: Mapping[str, str]) -> str:
    lines = [f"| {name} | {value} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
