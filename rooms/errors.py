"""What can go wrong in the rooms service, as people can mend it.

RoomsError
├── SettingMissing      the LiveKit key or secret is not set
├── AddressInUse        host and port can't be listened on
└── LiveKitUnavailable  the LiveKit server doesn't answer, or refuses our key
"""

from __future__ import annotations


class RoomsError(Exception):
    """Root of this package's expected errors; the message says what to do next."""


class SettingMissing(RoomsError):
    """The service can't start without this setting."""


class AddressInUse(RoomsError):
    """Another program listens here, or the address isn't ours."""


class LiveKitUnavailable(RoomsError):
    """The LiveKit server could not be asked. Passing: the next try may succeed."""
