"""What a played meeting left behind, and the report made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from greffier.demo.report import Heard, SpeakerFigures, figures, overall
from greffier.demo.script import Script
from greffier.demo.viewer import Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Moments in `captions` and those that `sent` gives are loop times of this process."""

    script: Script
    captions: tuple[Caption, ...]
    sent: Mapping[str, Callable[[float], float]]
    unix_minus_loop: float
    people: tuple[str, ...]
    state: str
    results: Path
    setup_sec: float
    meeting_sec: float


def write_report(
    outcome: Outcome, processes: Sequence[Mapping[str, float | str]], folder: Path
) -> tuple[list[SpeakerFigures], dict[str, float | None]]:
    """Work the figures out and write `report.json` into `folder`."""
    transcript = json.loads((outcome.results / "transcript.json").read_text("utf-8"))
    started = datetime.fromisoformat(transcript["meeting"]["started_at"]).timestamp()
    zero = started - outcome.unix_minus_loop
    speakers: list[SpeakerFigures] = []
    heard: dict[str, list[Heard]] = {}
    for role in outcome.script.roles:
        mine, heard[role.identity] = figures(
            name=role.name,
            turns=[turn for turn in outcome.script.turns if turn.identity == role.identity],
            captions=[one for one in outcome.captions if one.identity == role.identity],
            recorded_ids=[
                segment["id"]
                for segment in transcript["segments"]
                if segment["speaker"] == role.identity
            ],
            sent=outcome.sent[role.identity],
            zero=zero,
        )
        speakers.append(mine)
    total = overall(speakers, heard, outcome.sent)
    shown = {one.segment_id for one in outcome.captions if one.final and one.text}
    report = {
        "speakers": [one.as_dict() for one in speakers],
        "all": total,
        "processes": list(processes),
        "setup_s": round(outcome.setup_sec, 2),
        "meeting_s": round(outcome.meeting_sec, 2),
        "state": outcome.state,
        "people_in_list": list(outcome.people),
        "shown_and_recorded_agree": shown == {one["id"] for one in transcript["segments"]},
    }
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    (folder / "report.json").write_text(text, "utf-8")
    return speakers, total
