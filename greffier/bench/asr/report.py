"""The report of a run: Markdown, SVG and JSON of the same figures. Pure but for `write`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from greffier.bench.asr.bars import Bar, bars
from greffier.bench.asr.chart import draw
from greffier.bench.asr.offline import BEAM, WAYS
from greffier.bench.asr.outcome import BAR_SEC, Measured, Outcome
from greffier.bench.asr.point import DRAIN_SEC
from greffier.bench.figures import Row
from greffier.bench.player import LATE_LIMIT_SEC
from greffier.bench.report_files import write_report

_MET = {True: "met", False: "**missed**", None: "not told"}
_HEAD = (
    "| system | tracks | first text p50 / p95 | final p50 / p95 / p99 | WER | lost"
    " | CPU s / audio s | of the generator | peak MB | late p99 | held |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


def write(outcome: Outcome, folder: Path, json_file: Path | None) -> list[Path]:
    """Write `report.md`, `report.svg` and `report.json`; return their paths."""
    return write_report(
        folder,
        text=as_markdown(outcome),
        pictures={"report.svg": draw(outcome.systems)},
        figures=as_json(outcome),
        json_file=json_file,
    )


def as_json(outcome: Outcome) -> dict[str, object]:
    """Return the whole run: `rows` of all systems and `capacity` of each."""
    return {
        "command": outcome.command,
        "date": outcome.date,
        "model": outcome.model,
        "speech": outcome.speech,
        "seconds": outcome.seconds,
        "speech_share": outcome.share,
        "seed": outcome.seed,
        "bar_final_p95_s": BAR_SEC,
        "machine": dict(outcome.machine),
        "settings": {one.system: dict(one.settings) for one in outcome.systems},
        "capacity": {one.system: one.capacity for one in outcome.systems},
        "correctness": {
            "offline": None
            if outcome.offline is None
            else {
                "wer": outcome.offline.wer,
                "words": outcome.offline.words,
                "utterances": outcome.offline.utterances,
                "tracks": outcome.offline.tracks,
                "whole_tracks": {
                    way: outcome.offline.rate(errors)
                    for way, errors in outcome.offline.whole_tracks.items()
                },
                "best": outcome.offline.best,
                "best_wer": outcome.offline.best_wer,
            }
        },
        "bars": [bar.as_dict() for bar in _bars(outcome)],
        "failures": {one.system: one.failure for one in outcome.systems if one.failure},
        "rows": [row.as_dict() for one in outcome.systems for row in one.rows],
    }


def as_markdown(outcome: Outcome) -> str:
    """Return the report for people; what a system does not reach is said."""
    parts = [
        "# Speaking tracks one recognition process holds",
        "![Tracks held, and latencies by tracks](report.svg)",
        "\n".join(f"- {verdict(one, searched=outcome.searched)}" for one in outcome.systems),
        *_judged(outcome),
        "## How it was measured",
        f"```\n{outcome.command}\n```",
        _how(outcome),
        _table({"model": outcome.model, "date": outcome.date, **outcome.machine}),
        "## Figures",
        "\n".join([_HEAD, *(_line(row) for one in outcome.systems for row in one.rows)]),
        *_offline(outcome),
        "## How each system was set up",
        *(f"**{one.system}**\n\n{_table(one.settings)}" for one in outcome.systems),
    ]
    return "\n\n".join(parts) + "\n"


def _bars(outcome: Outcome) -> list[Bar]:
    return bars(outcome.systems, outcome.offline) if outcome.searched else []


def _judged(outcome: Outcome) -> list[str]:
    lines = [
        f"| {bar.name} | {bar.wanted} | {bar.found} | {_MET[bar.met]} |" for bar in _bars(outcome)
    ]
    head = "| | wanted | found | |\n|---|---|---|---|"
    return ["## What was to be shown", "\n".join([head, *lines])] if lines else []


def _offline(outcome: Outcome) -> list[str]:
    one = outcome.offline
    if one is None:
        return []
    rows = [
        f"| {WAYS[way]}{' (the bar)' if way == one.best else ''} | {one.rate(errors):.2%} |"
        for way, errors in one.whole_tracks.items()
    ]
    ideal = f"| true cuts: each utterance alone, padded to 30 s, faster-whisper | {one.wer:.2%} |"
    return [
        "## The same model off line",
        "\n".join(["| how the tracks are read | WER |\n|---|--:|", *rows, ideal]),
        f"{counted(one.tracks)}, {one.utterances} utterances, {one.words} words; the language is "
        f"told, the beam is {BEAM} or what the settings say. Live text is held against the best "
        "way to read whole tracks, which hears what is heard live, and all of it before it "
        "answers. *True cuts* are no such way: that an utterance begins and ends there, "
        "only the script knows.",
    ]


def verdict(one: Measured, *, searched: bool) -> str:
    """Return one system's result as a sentence."""
    if one.failure is not None:
        return f"**{one.system}** could not be measured to the end: {one.failure}"
    if not searched:
        held = all(row.holds(BAR_SEC) for row in one.rows)
        tracks = ", ".join(counted(row.tracks) for row in one.rows)
        return f"**{one.system}** {'holds' if held else 'misses the bar at'} {tracks}."
    if not one.capacity:
        return f"**{one.system}** misses the bar of {BAR_SEC} s with a single track already."
    return f"**{one.system}** holds **{counted(one.capacity)}**, speaking at once."


def counted(tracks: int) -> str:
    """Return the number with its noun."""
    return "1 track" if tracks == 1 else f"{tracks} tracks"


def _how(outcome: Outcome) -> str:
    return (
        f"Every system loads the same model folder and hears the same tracks: {outcome.speech}, "
        f"{outcome.seconds:g} s each, about {outcome.share:.0%} speech (seed {outcome.seed}), "
        "in frames of 20 ms as they are spoken, all on this machine. Its transcript is aligned "
        "with what was said, and that says to which utterance a word belongs. *First text*: from "
        "the utterance's first spoken sample being sent until the text on show reaches into it. "
        "*Final*: from its last spoken sample being sent until committed text, which no longer "
        "changes, covers the last of its words that was heard at all; text committed earlier "
        f"counts as 0 s. An utterance without any word {DRAIN_SEC:g} s after the end is *lost*, "
        "and its latency endless (–). A number of tracks is held when the p95 of finals is at "
        f"most {BAR_SEC} s and the generator itself was at most {LATE_LIMIT_SEC} s late (p99). "
        "*CPU* is the system's; for Greffier it includes all of the generator's, which does there "
        "what the worker does: voice detection and segmentation. *Peak* is the servers' memory. "
        "WER counts the whole transcript, uncommitted text at the end included."
    )


def _line(row: Row) -> str:
    held = "yes" if row.holds(BAR_SEC) else "no" if row.valid else "no: generator late"
    cells = (
        row.system,
        str(row.tracks),
        f"{_sec(row.first_text_p50_s)} / {_sec(row.first_text_p95_s)}",
        f"{_sec(row.final_p50_s)} / {_sec(row.final_p95_s)} / {_sec(row.final_p99_s)}",
        "–" if row.wer is None else f"{row.wer:.1%}",
        f"{row.lost} of {row.utterances}",
        f"{row.cpu_s_per_audio_s:.3f}",
        f"{row.client_cpu_s_per_audio_s:.3f}",
        f"{row.peak_mb:.0f}",
        f"{row.late_p99_s:.3f}",
        held,
    )
    return f"| {' | '.join(cells)} |"


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _table(values: Mapping[str, str]) -> str:
    lines = [f"| {name} | {value} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
