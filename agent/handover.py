"""What an agent that died, or handed over, has left unheard: from its last heartbeat on.

A heartbeat names the tracks that were not muted, and up to where each is in the record. From there
to our own first frame of a track is a gap. Its beginning is exact where the predecessor was
transcribing, and at most one heartbeat early where the track was silent. Of a person who was muted
then and is not muted now, nobody knows since when: the gap begins at the heartbeat, or when they
joined. Who was muted at both ends, and spoke between, leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable

from livekit import rtc

from agent.meeting_clock import MeetingClock
from agent.room_audio import speaker_of
from agent.track_listener import Hole
from pipelines.events import SAMPLE_RATE, Gap, GapReason, Speaker
from pipelines.segments import Track, to_ms
from pipelines.track_ledger import LEAST_GAP_SAMPLES
from storage.line import Heartbeat, OpenTrack

_SAMPLES_A_MS = SAMPLE_RATE // 1000


class Handover:
    """The tracks that are still to be accounted for. Without a predecessor there are none."""

    def __init__(self, before: Heartbeat | None, *, meeting_id: str, clock: MeetingClock) -> None:
        self._before = before
        self._meeting_id = meeting_id
        self._clock = clock
        self._open = {one.track_sid: one for one in before.tracks} if before else {}

    @property
    def open_tracks(self) -> tuple[OpenTrack, ...]:
        """What is not claimed yet: a successor of ours would have to know."""
        return tuple(self._open.values())

    def meet(self, participants: Iterable[rtc.RemoteParticipant]) -> list[Gap]:
        """We listen from now on to who is here. Returns the gaps of tracks that are gone."""
        here: set[str] = set()
        for participant in participants:
            for sid, publication in participant.track_publications.items():
                if publication.kind == rtc.TrackKind.KIND_AUDIO:
                    here.add(sid)
                    self._meet(participant, publication)
        return self._gaps([one for sid, one in self._open.items() if sid not in here])

    def claim(self, sid: str) -> Hole | None:
        """What was not heard of this track; the second time there is nothing."""
        one = self._open.pop(sid, None)
        return None if one is None else Hole(start_sample=_start(one), reason=_reason(one))

    def rest(self) -> list[Gap]:
        """The gaps of tracks that nobody claimed."""
        return self._gaps(list(self._open.values()))

    def _meet(
        self, participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication
    ) -> None:
        if self._before is None or publication.muted or publication.sid in self._open:
            return
        since_ms = self._before.meeting_ms
        if participant.joined_at is not None:
            since_ms = max(since_ms, to_ms(self._clock.sample_at(participant.joined_at)))
        speaker = speaker_of(participant, publication)
        self._open[publication.sid] = OpenTrack(
            identity=speaker.identity,
            name=speaker.name,
            track_sid=publication.sid,
            settled_ms=since_ms,
        )

    def _gaps(self, tracks: list[OpenTrack]) -> list[Gap]:
        now = self._clock.sample()
        gaps = []
        for one in tracks:
            del self._open[one.track_sid]
            if now - _start(one) >= LEAST_GAP_SAMPLES:
                track = Track(meeting_id=self._meeting_id, speaker=speaker_of_track(one))
                gaps.append(track.hole(_start(one), now, _reason(one)))
        return gaps


def speaker_of_track(one: OpenTrack) -> Speaker:
    """Whose track it was."""
    return Speaker(identity=one.identity, name=one.name, track_sid=one.track_sid)


def open_track(
    speaker: Speaker, settled_sample: int, withheld: GapReason | None = None
) -> OpenTrack:
    """A track as the heartbeat has it."""
    return OpenTrack(
        identity=speaker.identity,
        name=speaker.name,
        track_sid=speaker.track_sid,
        settled_ms=to_ms(settled_sample),
        reason="" if withheld is None else withheld.value,
    )


def _reason(one: OpenTrack) -> GapReason:
    """Who was not to be heard before would not have been heard by our predecessor either."""
    return GapReason(one.reason) if one.reason else GapReason.RESTART


def _start(one: OpenTrack) -> int:
    return one.settled_ms * _SAMPLES_A_MS
