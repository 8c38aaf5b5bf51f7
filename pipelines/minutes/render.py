"""The minutes as Markdown: what is kept, mailed and pasted."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.export.clean import clock
from pipelines.export.markdown import escape
from pipelines.minutes.labels import Labels, date, labels, machine_line, summary_title
from pipelines.minutes.schema import Action, Claim, Minutes
from pipelines.record.transcript import Transcript
from storage.line import Meeting


def render(meeting: Meeting, transcript: Transcript, minutes: Minutes) -> str:
    """minutes.md, in the language of the minutes; each point with the time it was said at."""
    words = labels(minutes.language)
    title = escape(minutes.title or words.untitled)
    parts = [
        f"# {words.minutes}{words.colon} {title}",
        f"> {escape(machine_line(minutes.made_by, minutes.language))}",
    ]
    if minutes.note:
        parts.append(f"> {escape(minutes.note)}")
    parts.append(date(meeting.started_at, minutes.language))
    if transcript.speakers:
        people = ", ".join(escape(one.label) for one in transcript.speakers)
        parts.append(f"{words.participants}{words.colon} {people}")
    if transcript.gaps:
        parts.append(words.incomplete)
    if not transcript.segments:
        return "\n\n".join([*parts, words.no_speech]) + "\n"
    times = times_of(transcript)
    if minutes.summary:
        parts += [
            f"## {summary_title(minutes.made_by, minutes.language)}",
            _claims(minutes.summary, times),
        ]
    parts += [f"## {words.decisions}", _claims(minutes.decisions, times) or words.no_decisions]
    actions = "\n".join(_action(one, times, words) for one in minutes.actions)
    parts += [f"## {words.actions}", actions or words.no_actions]
    questions = _claims(minutes.open_questions, times)
    parts += [f"## {words.open_questions}", questions or words.no_open_questions]
    return "\n\n".join(parts) + "\n"


def times_of(transcript: Transcript) -> dict[str, str]:
    """The meeting time of each segment by its id, as people read it."""
    return {line.id: clock(line.start_ms) for line in transcript.segments}


def said_at(segments: Sequence[str], times: dict[str, str]) -> str:
    """Where in the meeting a claim rests: `02:31, 02:40`."""
    return ", ".join(dict.fromkeys(times[one] for one in segments if one in times))


def _claims(claims: Sequence[Claim], times: dict[str, str]) -> str:
    return "\n".join(f"- {escape(one.text)} *({said_at(one.segments, times)})*" for one in claims)


def _action(action: Action, times: dict[str, str], words: Labels) -> str:
    owner = escape(action.owner or words.owner_unknown)
    due = f" — {words.due}{words.colon} {escape(action.due)}" if action.due else ""
    where = said_at(action.segments, times)
    return f"- **{owner}**{words.colon} {escape(action.what)}{due} *({where})*"
