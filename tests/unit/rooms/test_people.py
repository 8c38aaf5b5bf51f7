"""What people choose for themselves."""

from __future__ import annotations

import pytest

from rooms.livekit_api import Person
from rooms.livekit_fake import FakeRoomControl
from storage.choice import Choice
from tests.unit.rooms.conftest import ADMIN, Service, bearer, claims

ELISE = {"room_name": "salle", "participant_name": "Élise", "participant_identity": "elise"}
PATH = "/api/rooms/salle/people/elise"


@pytest.fixture
def salle(control: FakeRoomControl) -> FakeRoomControl:
    control.rooms["salle"] = [Person(identity="elise", may_speak=True)]
    return control


async def test_a_person_chooses_for_themselves_and_it_is_theirs_when_they_come_again(
    service: Service, salle: FakeRoomControl
) -> None:
    salle.rooms.clear()
    seat = await service.token(**ELISE)
    salle.rooms["salle"] = [Person(identity="elise", may_speak=True)]
    own = bearer(seat["participant_token"])
    answer = await service.client.patch(PATH, json={"language": "en"}, headers=own)
    assert answer.status_code == 204
    assert salle.attributes["salle", "elise"] == {"greffier.language": "en"}
    answer = await service.client.patch(PATH, json={"transcribed": False}, headers=own)
    assert answer.status_code == 204
    chosen = {"greffier.language": "en", "greffier.opted_out": "true"}
    assert salle.attributes["salle", "elise"] == chosen
    again = await service.client.post("/api/token", json=ELISE, headers=own)
    assert claims(again.json()["participant_token"]).attributes == chosen
    body = {"language": "auto", "transcribed": True}
    await service.client.patch(PATH, json=body, headers=own)
    assert salle.attributes["salle", "elise"] == dict.fromkeys(chosen, "")
    assert await service.state.book.choice("salle", "elise") == Choice()


async def test_only_the_administrator_chooses_for_another(
    service: Service, salle: FakeRoomControl
) -> None:
    salle.rooms.clear()
    thomas = await service.token(room_name="salle", participant_identity="thomas")
    salle.rooms["salle"] = [Person(identity="elise", may_speak=True)]
    elsewhere = await service.token(room_name="cave", participant_identity="elise")
    body = {"language": "en", "transcribed": False}
    for token in (thomas["participant_token"], elsewhere["participant_token"]):
        refused = await service.client.patch(PATH, json=body, headers=bearer(token))
        assert refused.status_code == 403
    assert (await service.client.patch(PATH, json=body)).status_code == 401
    assert not salle.attributes
    allowed = await service.client.patch(PATH, json=body, headers=bearer(ADMIN))
    assert allowed.status_code == 204
    assert salle.attributes["salle", "elise"]["greffier.opted_out"] == "true"


async def test_what_cannot_be_chosen_is_refused_in_a_sentence(
    service: Service, salle: FakeRoomControl
) -> None:
    for body, status in (({"language": "xx"}, 422), ({"name": "x"}, 422)):
        answer = await service.client.patch(PATH, json=body, headers=bearer(ADMIN))
        assert answer.status_code == status
    nobody = "/api/rooms/salle/people/nobody"
    gone = await service.client.patch(nobody, json={"language": "fr"}, headers=bearer(ADMIN))
    assert gone.status_code == 404
    salle.down = True
    down = await service.client.patch(PATH, json={"language": "fr"}, headers=bearer(ADMIN))
    assert down.status_code == 503
