"""Participant tokens: made with the least grants that work, and read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import jwt
from livekit import api

from rooms.settings import LiveKitSettings
from storage.choice import Choice

Mode = Literal["speak", "read"]

NOTHING_CHOSEN = Choice()
RENEWAL = timedelta(hours=24)
"""How long after its end a token still proves that an identity is one's own."""


class TokenRefused(Exception):
    """The token is not ours, run out, or malformed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What a valid token says of who shows it."""

    room: str
    identity: str
    may_speak: bool


class Tokens:
    """Signs and verifies with the LiveKit key, which never leaves this process."""

    def __init__(self, settings: LiveKitSettings) -> None:
        self._key = settings.api_key
        self._secret = settings.api_secret.get_secret_value()

    def issue(
        self,
        *,
        room: str,
        identity: str,
        name: str,
        mode: Mode,
        ttl_sec: int,
        choice: Choice = NOTHING_CHOSEN,
    ) -> str:
        """A JWT for one room. `speak`: microphone and captions. `read`: captions only.

        `choice`: what the person chose before, which is theirs again from the first moment.
        """
        speak = mode == "speak"
        grants = api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=speak,
            can_publish_sources=["microphone"] if speak else None,
            can_subscribe=True,
            can_publish_data=False,
            can_update_own_metadata=False,
        )
        token = api.AccessToken(self._key, self._secret).with_identity(identity).with_name(name)
        chosen = {name: value for name, value in choice.attributes().items() if value}
        if chosen:
            token = token.with_attributes(chosen)
        return token.with_grants(grants).with_ttl(timedelta(seconds=ttl_sec)).to_jwt()

    def holder(self, token: str, *, grace: timedelta = timedelta(seconds=10)) -> Holder:
        """Who shows this token. Valid until `grace` after its end. Raises TokenRefused."""
        try:
            claims = api.TokenVerifier(self._key, self._secret, leeway=grace).verify(token)
        except jwt.ExpiredSignatureError as error:
            raise TokenRefused(
                "the token has run out: ask POST /api/token for a new one"
            ) from error
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise TokenRefused("the token is not valid: ask POST /api/token for one") from error
        video = claims.video
        if video is None or not video.room_join or not video.room or not claims.identity:
            raise TokenRefused("the token is not a participant's: ask POST /api/token for one")
        return Holder(
            room=str(video.room),
            identity=str(claims.identity),
            may_speak=video.can_publish is not False,
        )

    def webhook(self, body: bytes, authorization: str) -> api.WebhookEvent:
        """LiveKit's event, if it is signed with our key and hashes to `body`; else TokenRefused."""
        receiver = api.WebhookReceiver(api.TokenVerifier(self._key, self._secret))
        try:
            return receiver.receive(body.decode(), authorization.removeprefix("Bearer "))
        except Exception as error:
            raise TokenRefused("the webhook is not signed with our LiveKit key") from error
