"""What the LLM claims, held against what was said: what can't be shown is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipelines.export.clean import one_line
from pipelines.minutes.draft import Draft, DraftAction, DraftClaim
from pipelines.minutes.owners import Owners
from pipelines.minutes.schema import Action, Claim
from pipelines.minutes.words import content_words, fold
from pipelines.record.transcript import Transcript
from storage.line import Line

MIN_SHARED = 2
MIN_SHARE = 0.3
"""Of a claim's content words, at least two (or all, if it has fewer) and three in ten must
stand in the lines it cites. Reworded claims pass; claims about something else do not."""

_ADDRESS = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|\S+@\S+\.\w+"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|fr|eu|io|info|gouv|ru|cn|xyz)\b(?:/\S*)?"
)


class Grounding:
    """The lines of one meeting, as evidence. Lines are cited by their `seq`."""

    def __init__(self, transcript: Transcript) -> None:
        self._lines: Mapping[int, Line] = {line.seq: line for line in transcript.segments}
        self._labels = {one.identity: one.label for one in transcript.speakers}
        self._owners = Owners([one.label for one in transcript.speakers])

    def claims(self, drafts: Sequence[DraftClaim]) -> tuple[Claim, ...]:
        """Those that hold, with the ids of their segments; the same twice is kept once."""
        kept: dict[str, Claim] = {}
        for draft in drafts:
            text = without_addresses(draft.text)
            lines = self._evidence(text, draft.lines)
            if lines:
                kept.setdefault(fold(text), Claim(text=text, segments=_ids(lines)))
        return tuple(kept.values())

    def actions(self, drafts: Sequence[DraftAction]) -> tuple[Action, ...]:
        """Those that hold; an owner or a date that nobody said is left open, never guessed."""
        kept: dict[str, Action] = {}
        for draft in drafts:
            what = without_addresses(draft.what)
            lines = self._evidence(what, draft.lines)
            if lines:
                owner, due = self._owner(draft.owner, lines), _due(draft.due, lines)
                action = Action(what=what, owner=owner, due=due, segments=_ids(lines))
                kept.setdefault(fold(what), action)
        return tuple(kept.values())

    def holds(self, draft: Draft) -> bool:
        """Whether anything of `draft` can be shown."""
        return bool(
            self.claims(draft.summary)
            or self.claims(draft.decisions)
            or self.actions(draft.actions)
            or self.claims(draft.open_questions)
        )

    def _evidence(self, text: str, cited: Sequence[int]) -> list[Line]:
        """The cited lines that exist, if they carry the claim; else none."""
        lines = [self._lines[seq] for seq in dict.fromkeys(cited) if seq in self._lines]
        claimed = content_words(text)
        shared = claimed & content_words(" ".join(self._read(line) for line in lines))
        enough = max(min(MIN_SHARED, len(claimed)), MIN_SHARE * len(claimed))
        return lines if claimed and len(shared) >= enough else []

    def _read(self, line: Line) -> str:
        return f"{self._labels[line.identity]} {line.text}"

    def _owner(self, name: str | None, lines: Sequence[Line]) -> str | None:
        owner = self._owners.named(name) if name else None
        if owner is None:
            return None
        speaks = any(self._labels[line.identity] == owner for line in lines)
        named = any(m.owner == owner for line in lines for m in self._owners.mentions(line.text))
        return owner if speaks or named else None


def without_addresses(text: str) -> str:
    """The text without links and mail addresses: a model's link is nobody's to follow."""
    return one_line(_ADDRESS.sub("", text))


def _due(due: str | None, lines: Sequence[Line]) -> str | None:
    if not due:
        return None
    wanted = " ".join(fold(due).split())
    said = " ".join(fold(" ".join(line.text for line in lines)).split())
    return one_line(due) if wanted and wanted in said else None


def _ids(lines: Sequence[Line]) -> tuple[str, ...]:
    return tuple(line.id for line in sorted(lines, key=lambda line: (line.start_ms, line.seq)))
