"""Minutes without an LLM: sentences chosen as they were said. An extract, and it says so."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from pipelines.export.clean import one_line, supported
from pipelines.minutes import cues
from pipelines.minutes.owners import Owners
from pipelines.minutes.schema import Action, Claim, Minutes
from pipelines.minutes.sentences import Sentence, sentences
from pipelines.minutes.words import tokens
from pipelines.record.transcript import Transcript

MADE_BY = "digest"
_NEAR = 3
"""Sentences within which an agreement or an answer belongs to what was said before."""


@dataclass(slots=True)
class _Found:
    """A chosen sentence, and the ids of those that confirm it."""

    sentence: Sentence
    support: list[str] = field(default_factory=list)

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self.sentence.segment, *self.support]))

    def claim(self) -> Claim:
        return Claim(text=one_line(self.sentence.text), segments=self.segments)


@dataclass(slots=True)
class _FoundAction(_Found):
    owner: str | None = None
    due: str | None = None

    def action(self) -> Action:
        what = one_line(self.sentence.text)
        return Action(what=what, owner=self.owner, due=self.due, segments=self.segments)


def digest(
    transcript: Transcript, *, title: str, language: str, note: str | None = None
) -> Minutes:
    """Choose what was said of decisions, actions and questions, and the telling sentences.

    The same transcript always gives the same digest. Nothing is reworded.
    """
    said = sentences(transcript)
    owners = Owners([one.label for one in transcript.speakers])
    actions = {s.index: action for s in said if (action := _action(s, owners)) is not None}
    decisions = _decisions(said, actions)
    questions = _open_questions(said, {*actions, *decisions})
    taken = {*actions, *decisions, *questions}
    used = {segment for found in questions.values() for segment in found.segments}
    summary = _telling([s for s in said if s.index not in taken and s.segment not in used], said)
    return Minutes(
        made_by=MADE_BY,
        note=note,
        title=one_line(title),
        language=supported(language),
        summary=tuple(Claim(text=one_line(s.text), segments=(s.segment,)) for s in summary),
        decisions=tuple(found.claim() for found in decisions.values()),
        actions=tuple(found.action() for found in actions.values()),
        open_questions=tuple(found.claim() for found in questions.values()),
    )


def _action(sentence: Sentence, owners: Owners) -> _FoundAction | None:
    folded = sentence.folded
    due = due_date(sentence.text, bare=False)
    asks = _is_question(sentence)
    for mention in owners.mentions(sentence.text):
        does = cues.THIRD_PERSON.match(mention.rest) and not cues.NOT_A_TASK.match(mention.rest)
        asked = cues.REQUEST.match(mention.rest) and cues.TASK.search(mention.rest)
        if (does and not asks) or asked:
            due = due_date(sentence.text, bare=True)
            return _FoundAction(sentence, owner=mention.owner, due=due)
    if asks:
        return None
    if cues.FIRST_PERSON.search(folded) and not cues.NOT_FIRST_PERSON.search(folded):
        due = due_date(sentence.text, bare=True)
        return _FoundAction(sentence, owner=sentence.speaker, due=due)
    # Nobody is named: something to be done by a date is an action all the same, with no owner.
    return _FoundAction(sentence, due=due) if due and _obliges(folded) else None


_OBLIGES = re.compile(
    r"\b(il faut|il faudra|nous devons|on doit|nous devrons|doit|doivent|devra|reste a"
    r"|we must|we need to|we have to|must|needs to|has to|will)\b"
)


def _obliges(folded: str) -> bool:
    return bool(_OBLIGES.search(folded) and cues.TASK.search(folded))


def due_date(text: str, *, bare: bool) -> str | None:
    """The time limit named in `text`, as it was said; `bare`: a day without `by` will do."""
    found = cues.DUE.search(text) or (cues.DATE.search(text) if bare else None)
    if found is None:
        return None
    words = found.group().split()
    while words and words[-1].casefold() in _LOOSE_ENDS:
        words.pop()
    return " ".join(words) or None


_LOOSE_ENDS = frozenset(
    "le la les du de des au à ce cette the of this on in et our notre".split()  # noqa: SIM905
)


def _decisions(said: list[Sentence], actions: dict[int, _FoundAction]) -> dict[int, _Found]:
    found: dict[int, _Found] = {}
    for sentence in said:
        folded = sentence.folded
        if sentence.index in actions or _is_question(sentence):
            continue
        before = _settled_before(sentence, said, found, actions)
        decides = cues.DECISION.search(folded)
        if before is not None and (decides or cues.AGREEMENT.search(folded)):
            # Somebody agrees to what has just been decided or taken on: it is its proof.
            before.support.append(sentence.segment)
        elif decides and len(sentence.content) < 2:
            meant = _meant(sentence, said)
            if meant is not None:
                found[meant.index] = _Found(meant, [sentence.segment])
        elif decides or (cues.CONCLUSION.match(folded) and _agreed(sentence, said)):
            found[sentence.index] = _Found(sentence)
    return dict(sorted(found.items()))


def _settled_before(
    sentence: Sentence,
    said: list[Sentence],
    decisions: dict[int, _Found],
    actions: dict[int, _FoundAction],
) -> _Found | None:
    """The decision or action just before that this sentence, if it agrees, agrees to."""
    for other in reversed(said[max(0, sentence.index - _NEAR) : sentence.index]):
        settled = decisions.get(other.index) or actions.get(other.index)
        if settled is not None:
            # One who decides twice in a row decides two things.
            return settled if other.speaker != sentence.speaker else None
        if not cues.AGREEMENT.search(other.folded):
            return None
    return None


def _meant(sentence: Sentence, said: list[Sentence]) -> Sentence | None:
    """What a bare `c'est décidé` is about: the last thing said before it that has content."""
    for other in reversed(said[max(0, sentence.index - _NEAR) : sentence.index]):
        if len(other.content) >= 2 and not _is_question(other):
            return other
    return None


def _agreed(sentence: Sentence, said: list[Sentence]) -> bool:
    return any(
        other.speaker != sentence.speaker and cues.AGREEMENT.search(other.folded)
        for other in said[sentence.index + 1 : sentence.index + _NEAR]
    )


def _is_question(sentence: Sentence) -> bool:
    return bool(cues.QUESTION.search(sentence.folded))


def _open_questions(said: list[Sentence], taken: set[int]) -> dict[int, _Found]:
    found: dict[int, _Found] = {}
    for sentence in said:
        if sentence.index in taken or not _is_question(sentence) or len(sentence.content) < 2:
            continue
        after = said[sentence.index + 1 : sentence.index + _NEAR]
        said_open = [other.segment for other in after if cues.OPEN.search(other.folded)]
        if said_open or cues.OPEN.search(sentence.folded) or not _answered(sentence, after):
            found[sentence.index] = _Found(sentence, said_open)
    return found


def _answered(question: Sentence, after: list[Sentence]) -> bool:
    """Somebody else said something next, and it was not a question itself."""
    return any(
        other.speaker != question.speaker
        and not _is_question(other)
        and len(tokens(other.text)) > 1
        for other in after
    )


def _telling(candidates: list[Sentence], said: list[Sentence]) -> list[Sentence]:
    """The sentences that carry most of what the meeting was about, in meeting order.

    Each sentence is worth the frequency of its words in the meeting, a little more with a
    figure in it; words that are already covered count no more, so that the choice is wide.
    """
    weight = Counter(word for sentence in said for word in sentence.content)
    wanted = max(3, min(8, len(said) // 8))
    left = [s for s in candidates if len(tokens(s.text)) >= 5 and not _is_question(s)]
    chosen: list[Sentence] = []
    covered: set[str] = set()
    while left and len(chosen) < wanted:
        best = max(left, key=lambda s: (_worth(s, weight, covered), -s.index))
        if _worth(best, weight, covered) <= 0:
            break
        chosen.append(best)
        covered |= best.content
        left.remove(best)
    return sorted(chosen, key=lambda s: s.index)


_FIGURE = re.compile(r"\d|\b(cent|mille|million|euros?|thousand|hundred)")


def _worth(sentence: Sentence, weight: Counter[str], covered: set[str]) -> float:
    fresh = sum(weight[word] for word in sentence.content - covered)
    factor = 1.2 if _FIGURE.search(sentence.folded) else 1.0
    return factor * fresh / (len(sentence.content) + 3)
