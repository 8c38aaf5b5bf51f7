"""What the LLM is asked to answer: the schema of its answer, with line numbers as citations."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DraftClaim(BaseModel):
    """A sentence, and the numbers of the lines it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=600)
    lines: list[int] = Field(max_length=40)


class DraftAction(BaseModel):
    """Something to be done, by whom and by when, if that was said."""

    model_config = ConfigDict(extra="forbid")

    what: str = Field(max_length=600)
    owner: str | None = Field(max_length=200)
    due: str | None = Field(max_length=200)
    lines: list[int] = Field(max_length=40)


class Draft(BaseModel):
    """The answer to one part of a meeting. Every field is required: strict servers want it so."""

    model_config = ConfigDict(extra="forbid")

    summary: list[DraftClaim] = Field(max_length=20)
    decisions: list[DraftClaim] = Field(max_length=40)
    actions: list[DraftAction] = Field(max_length=40)
    open_questions: list[DraftClaim] = Field(max_length=40)


class Condensed(BaseModel):
    """The answer to: make fewer points of these points."""

    model_config = ConfigDict(extra="forbid")

    summary: list[DraftClaim] = Field(max_length=20)
