"""Minutes by an LLM: each part of the meeting is read, then the parts become one."""

from __future__ import annotations

import json
from typing import Protocol, TypeVar

from pydantic import BaseModel

from models.base import ModelError
from pipelines.export.clean import one_line, supported
from pipelines.minutes.draft import Condensed, Draft, DraftClaim
from pipelines.minutes.grounding import Grounding
from pipelines.minutes.schema import Minutes
from pipelines.minutes.split import split, tokens_of
from pipelines.record.transcript import Transcript
from storage.line import Line

Answer = TypeVar("Answer", bound=BaseModel)

MAX_POINTS = 8
"""Points of a summary that a person still reads."""


class NothingGrounded(ModelError):
    """The model answered, but nothing it claims stands in the lines it cites."""


class LanguageModel(Protocol):
    """An LLM that answers in a schema. Cancelling a call is safe and forgets the request."""

    name: str
    context_tokens: int

    async def answer(
        self, *, instructions: str, data: str, schema: type[Answer], max_tokens: int
    ) -> Answer:
        """An answer of `schema` about `data`. Raises ModelError."""
        ...


async def write_minutes(
    transcript: Transcript,
    llm: LanguageModel,
    *,
    instructions: str,
    condense: str,
    title: str,
    language: str,
) -> Minutes:
    """Minutes whose every claim cites lines that carry it.

    `instructions` and `condense` are the prompts. Raises ModelError when the model does not
    answer, and NothingGrounded when all it said had to be left out.
    """
    answer_tokens = min(2048, llm.context_tokens // 4)
    budget = llm.context_tokens - answer_tokens - tokens_of(instructions) - _OVERHEAD_TOKENS
    rows = [row(line, transcript.speaker(line.identity).label) for line in transcript.segments]
    draft = Draft(summary=[], decisions=[], actions=[], open_questions=[])
    for part in split(rows, cost=tokens_of, budget=max(budget, 256)):
        read = await llm.answer(
            instructions=instructions,
            data=delimited("transcript", part),
            schema=Draft,
            max_tokens=answer_tokens,
        )
        draft.summary += read.summary
        draft.decisions += read.decisions
        draft.actions += read.actions
        draft.open_questions += read.open_questions
    grounding = Grounding(transcript)
    if transcript.segments and not grounding.holds(draft):
        raise NothingGrounded(f"nothing that {llm.name} wrote stands in the lines it cites")
    points = await _condensed(draft.summary, llm, condense=condense, max_tokens=answer_tokens)
    return Minutes(
        made_by=f"llm {llm.name}",
        title=one_line(title),
        language=supported(language),
        summary=grounding.claims(points) or grounding.claims(draft.summary)[:MAX_POINTS],
        decisions=grounding.claims(draft.decisions),
        actions=grounding.actions(draft.actions),
        open_questions=grounding.claims(draft.open_questions),
    )


_OVERHEAD_TOKENS = 200
"""The chat template, the tags, and the roles."""


def row(line: Line, label: str) -> str:
    """One line as the model reads it."""
    return _json({"line": line.seq, "speaker": one_line(label), "text": one_line(line.text)})


def delimited(tag: str, rows: list[str]) -> str:
    """Data between tags. No row holds `<` or `>`, so that nothing said can close the tag."""
    return "\n".join([f"<{tag}>", *rows, f"</{tag}>"])


def _json(value: dict[str, object]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


async def _condensed(
    points: list[DraftClaim], llm: LanguageModel, *, condense: str, max_tokens: int
) -> list[DraftClaim]:
    """Fewer points, in rounds, until they are few or a round brings nothing."""
    budget = llm.context_tokens - max_tokens - tokens_of(condense) - _OVERHEAD_TOKENS
    while len(points) > MAX_POINTS:
        rows = [_json(point.model_dump()) for point in points]
        fewer: list[DraftClaim] = []
        for part in split(rows, cost=tokens_of, budget=max(budget, 256)):
            answer = await llm.answer(
                instructions=condense,
                data=delimited("points", part),
                schema=Condensed,
                max_tokens=max_tokens,
            )
            fewer += answer.summary
        if not fewer or len(fewer) >= len(points):
            return points[:MAX_POINTS]
        points = fewer
    return points
