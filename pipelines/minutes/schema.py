"""The minutes: one schema for the digest and for the LLM, for minutes.json and for the mail."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Claim(BaseModel):
    """A sentence of the minutes. `segments` are the ids of the lines it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    segments: tuple[str, ...]


class Action(BaseModel):
    """Something to be done. `owner` is a participant's name, `due` is as it was said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    owner: str | None = None
    due: str | None = None
    segments: tuple[str, ...]


class Minutes(BaseModel):
    """Minutes of one meeting; `made_by` is "digest" or "llm MODEL".

    `note` is a line for the reader when something went otherwise than asked.
    """

    # What was said must not reach a log by way of an error message.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    machine_made: Literal[True] = True
    made_by: str
    note: str | None = None
    title: str
    language: str
    summary: tuple[Claim, ...] = ()
    decisions: tuple[Claim, ...] = ()
    actions: tuple[Action, ...] = ()
    open_questions: tuple[Claim, ...] = ()
