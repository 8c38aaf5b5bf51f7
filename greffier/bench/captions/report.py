"""The report of a run: Markdown, SVG and JSON of the same figures. Pure but for `write`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from greffier.bench.captions.charts import by_meeting, trade_off
from greffier.bench.captions.outcome import Outcome, Row, Trade
from greffier.bench.report_files import write_report

STREAMING_BAR, ERASURE_BAR, ATTRIBUTION_BAR = 0.002, 0.1, 0.002
MOST_PARTIALS_HZ = 4.0

_FIGURES = (
    ("wer", "word error rate, streamed", "%"),
    ("offline_true_cuts_wer", "the same, offline, our engine on the true utterances", "%"),
    ("offline_short_chunks_wer", "the same, offline, faster-whisper in chunks of 5 s at most", "%"),
    ("offline_whole_track_wer", "the same, offline, faster-whisper in windows of 30 s", "%"),
    ("cpwer", "cpWER: by whom it was said", "%"),
    ("tcpwer", "tcpWER: and when, within 5 s", "%"),
    ("orcwer", "ORC-WER: whoever said it", "%"),
    ("normalised_erasure", "normalised erasure", ""),
    ("normalised_erasure_verbatim", "the same, case and punctuation counted", ""),
    ("corrections_a_word", "corrections a word", ""),
    ("confirmed_words", "words confirmed before their final", ""),
    ("confirmed_words_changed", "of them changed", ""),
    ("shortest_between_partials_s", "shortest time between two partials of a line", "s"),
    ("hallucinated_words_an_hour", "hallucinated words an hour of track", ""),
    ("missed_speech_s", "speech that no line covers", "s"),
    ("language_errors", "lines in the wrong language", ""),
)
_KINDS = ("negations", "numbers", "names")
_HEAD = (
    "| meeting | WER | offline, at its best | cpWER − ORC | erasure | confirmed changed"
    " | first text p50 / p95 | final p50 / p95 | what it is |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|---|"
)


def write(outcome: Outcome, folder: Path, json_file: Path | None) -> list[Path]:
    """Write `report.md`, its two pictures and `report.json`; return their paths."""
    pictures = {"meetings.svg": by_meeting(outcome.rows)}
    if outcome.trades:
        pictures["trade-off.svg"] = trade_off(outcome.trades)
    return write_report(
        folder,
        text=as_markdown(outcome),
        pictures=pictures,
        figures=as_json(outcome),
        json_file=json_file,
    )


def as_json(outcome: Outcome) -> dict[str, object]:
    """Return the whole run; `all` holds the figures of the whole set."""
    return {
        "command": outcome.command,
        "date": outcome.date,
        "model": outcome.model,
        "speech": outcome.speech,
        "seed": outcome.seed,
        "machine": dict(outcome.machine),
        "settings": dict(outcome.settings),
        "notes": list(outcome.notes),
        "all": outcome.total.figures(),
        "meetings": [row.figures() for row in outcome.rows],
        "trades": [
            {"name": one.name, "chosen": one.chosen, **one.row.figures()} for one in outcome.trades
        ],
        "tables": dict(outcome.tables),
        "webrtc": outcome.webrtc,
    }


def as_markdown(outcome: Outcome) -> str:
    """Return the report for people; a bar that is missed is said so."""
    total = outcome.total
    parts = [
        "# Captions: right, complete and still",
        "\n".join(f"- {line}" for line in verdicts(total)),
        "![Word error rate and erasure of each meeting](meetings.svg)",
        "## Figures",
        _figures(total),
        "## How it was measured",
        f"```\n{outcome.command}\n```",
        _how(outcome),
        "\n".join(f"- {note}" for note in outcome.notes),
        _table({"model": outcome.model, "date": outcome.date, **outcome.machine}),
        _table(outcome.settings),
        "## Each meeting",
        "\n".join([_HEAD, *(_line(row) for row in outcome.rows)]),
    ]
    if outcome.trades:
        parts += [
            "## What is shown of a partial: time against stillness",
            "![First text against erasure](trade-off.svg)",
            _trades(outcome),
        ]
    for title, table in outcome.tables.items():
        parts += [f"## {title}", table]
    return "\n\n".join(part for part in parts if part) + "\n"


def verdicts(total: Row) -> list[str]:
    """Return each bar as a sentence: kept or missed, with the numbers."""
    figures = total.figures()
    lines: list[str] = []
    wer = _number(figures["wer"])
    best = total.best_offline_wer
    if wer is not None and best is not None:
        lines.append(
            f"{_kept(wer <= best + STREAMING_BAR)}: streamed, {_percent(wer)} of the words are"
            f" wrong; offline, at its best, {_percent(best)} (bar: 0.2 points more at most)."
        )
    erasure = _number(figures["normalised_erasure"])
    if erasure is not None:
        lines.append(
            f"{_kept(erasure <= ERASURE_BAR)}: normalised erasure {erasure:.3f}"
            f" (bar: {ERASURE_BAR})."
        )
    changed = total.stability.confirmed_changed
    lines.append(
        f"{_kept(changed == 0)}: {changed} of {total.stability.confirmed} confirmed words changed"
        " (bar: 0)."
    )
    gap = total.stability.shortest_gap_sec
    if gap is not None:
        lines.append(
            f"{_kept(gap >= 1 / MOST_PARTIALS_HZ)}: two partials of a line are never less than"
            f" {gap:.2f} s apart (bar: {1 / MOST_PARTIALS_HZ:g} s)."
        )
    lines.append(_attributed(total))
    return [line for line in lines if line]


def _attributed(total: Row) -> str:
    one = total.attribution
    if one is None or not one.words:
        return ""
    cost = (one.cp_errors - one.orc_errors) / one.words
    return (
        f"{_kept(cost <= ATTRIBUTION_BAR)}: attribution costs {100 * cost:.2f} points (cpWER −"
        " ORC-WER; bar: 0.2)."
    )


def _kept(kept: bool) -> str:
    return "**Kept**" if kept else "**Missed**"


def _figures(total: Row) -> str:
    figures = total.figures()
    lines = ["| | |", "|---|--:|"]
    for name, label, unit in _FIGURES:
        lines.append(f"| {label} | {_shown(figures[name], unit)} |")
    for kind in _KINDS:
        lines.append(f"| {kind} wrong | {figures[f'{kind}_wrong']} of {figures[kind]} |")
    for prefix, label in (("", ""), ("loaded_", ", decoding on this machine accounted")):
        for kind, text in (
            ("first_text", "first text after a sentence begins"),
            ("confirmed", "all of it confirmed after it ends"),
            ("final", "its final after it ends"),
        ):
            values = [figures.get(f"{prefix}{kind}_p{q}_s") for q in (50, 95, 99)]
            if any(value is not None for value in values):
                shown = " / ".join(_shown(value, "s") for value in values)
                lines.append(f"| {text}, p50 / p95 / p99{label} | {shown} |")
    return "\n".join(lines)


def _how(outcome: Outcome) -> str:
    total = outcome.total
    return (
        f"{outcome.speech} Each track goes through the pipeline of a room, in frames of 50 ms: "
        "voice detection, segmenter, partials, finals, guards, language; only the clock is "
        "virtual, and counts samples. Once decoding takes no time at all, which gives the same "
        "captions each time and all figures of text and stillness; once its time, as measured "
        "here for each batch by the very queue of the recognition process, is accounted: "
        f"*decoding on this machine accounted*. {len(outcome.rows)} meetings, "
        f"{total.seconds / 60:.1f} minutes, {total.accuracy.track_sec / 60:.0f} minutes of "
        f"tracks, {total.accuracy.speech_sec / 60:.1f} minutes of speech, "
        f"{total.accuracy.words} words. Words are compared without case and punctuation "
        "(whisper-normalizer, both sides). *Erasure* counts the words taken off the screen, with "
        "all after the first change, for each word of the finals; *corrections* only those that "
        "became another word or went. A word is *confirmed* when it is sent as the stable part "
        "of a partial. A *hallucinated* word stands where nobody speaks on its track, by more "
        "than half a second. *First text* of a sentence has come when the text on show reaches "
        "into it. Several sentences with short pauses are one line: then the first one's final "
        "waits for the last one's end. ORC-WER is meeteval's greedy one, which is never below "
        "the exact one."
    )


def _line(row: Row) -> str:
    figures = row.figures()
    one = row.attribution
    cost = None if one is None or not one.words else (one.cp_errors - one.orc_errors) / one.words

    def pair(first: str, second: str, unit: str) -> str:
        return f"{_shown(figures[first], unit)} / {_shown(figures[second], unit)}"

    cells = (
        row.name,
        _shown(figures["wer"], "%"),
        _shown(row.best_offline_wer, "%"),
        _shown(cost, "%"),
        _shown(figures["normalised_erasure"], ""),
        str(row.stability.confirmed_changed),
        pair("first_text_p50_s", "first_text_p95_s", "s"),
        pair("final_p50_s", "final_p95_s", "s"),
        row.kind,
    )
    return f"| {' | '.join(cells)} |"


def _trades(outcome: Outcome) -> str:
    head = (
        "| partials | erasure | corrections a word | first text p50 / p95 | confirmed p50 / p95"
        " | WER | partials decoded |\n|---|--:|--:|--:|--:|--:|--:|"
    )
    return "\n".join([head, *(_trade(one) for one in outcome.trades)])


def _trade(one: Trade) -> str:
    figures = one.row.figures()
    cells = (
        f"**{one.name}** (as set)" if one.chosen else one.name,
        _shown(figures["normalised_erasure"], ""),
        _shown(figures["corrections_a_word"], ""),
        f"{_shown(figures['first_text_p50_s'], 's')} / {_shown(figures['first_text_p95_s'], 's')}",
        f"{_shown(figures['confirmed_p50_s'], 's')} / {_shown(figures['confirmed_p95_s'], 's')}",
        _shown(figures["wer"], "%"),
        str(figures["partials_decoded"]),
    )
    return f"| {' | '.join(cells)} |"


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _percent(value: float) -> str:
    return f"{100 * value:.2f}%"


def _shown(value: object, unit: str) -> str:
    match value:
        case None:
            return "–"
        case float() if unit == "%":
            return _percent(value)
        case float() if unit == "s":
            return f"{value:.2f} s"
        case float():
            return f"{value:.3f}"
        case _:
            return f"{value}"


def _table(values: Mapping[str, str]) -> str:
    lines = [f"| {name} | {value} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
