"""The book of rooms, and who holds an identity."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage.database import Database
from storage.line import Organiser, Room
from storage.rooms import RoomBook

SALLE = Room(
    name="salle",
    title="Conseil",
    language="fr",
    organisers=(Organiser(email="e@example.org", name="Élise"),),
    transcribe=True,
    glossary=("Visio", "LiveKit"),
    spoken="fr",
)


@pytest.fixture
def book(database: Database) -> RoomBook:
    return RoomBook(database)


async def test_a_room_is_made_once_and_read_as_made(book: RoomBook) -> None:
    assert await book.create(SALLE)
    assert not await book.create(replace(SALLE, title="another"))
    assert await book.get("salle") == SALLE
    assert await book.get("nowhere") is None


async def test_wanted_rooms_are_those_to_transcribe(book: RoomBook) -> None:
    await book.create(SALLE)
    await book.create(replace(SALLE, name="cave", transcribe=False))
    assert [room.name for room in await book.wanted()] == ["salle"]
    await book.set_transcribe("salle", wanted=False)
    await book.set_transcribe("cave", wanted=True)
    await book.set_transcribe("nowhere", wanted=True)
    assert [room.name for room in await book.wanted()] == ["cave"]


async def test_an_identity_is_the_first_claimants_in_its_room_alone(
    book: RoomBook, database_url: str
) -> None:
    databases = [Database(database_url) for _ in range(4)]
    books = [RoomBook(one) for one in databases]
    won = await asyncio.gather(*(one.claim_identity("salle", "elise") for one in books))
    assert sum(won) == 1
    assert await book.claim_identity("cave", "elise")
    assert not await book.claim_identity("cave", "elise")
    for one in databases:
        await one.close()
