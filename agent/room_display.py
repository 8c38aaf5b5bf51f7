"""A room's screens: each caption as a text stream and, where wanted, as a legacy packet."""

from __future__ import annotations

from livekit import rtc

from agent.caption_stream import TOPIC, caption_stream
from agent.legacy_packets import AppendChunker, Chunk, update_chunk
from agent.settings import PacketMode
from pipelines.events import CaptionEvent


class LiveKitDisplay:
    """Shows captions as text streams, and as legacy packets in the manner that is set.

    `language` is the meeting's: gaps are said in it.
    """

    def __init__(
        self, participant: rtc.LocalParticipant, packets: PacketMode, language: str
    ) -> None:
        self._participant = participant
        self._packets = packets
        self._language = language
        self._chunker = AppendChunker(language)
        self._chunked: CaptionEvent | None = None
        self._chunk: Chunk | None = None

    async def show(self, caption: CaptionEvent) -> None:
        """Send the stream, then the packet; trying the same caption again repeats no chunk."""
        if caption is not self._chunked:
            self._chunked, self._chunk = caption, self._packet(caption)
        # The packet goes first: viewers drop it once the speaker has left.
        if self._chunk is not None:
            await self._participant.publish_transcription(_transcription(self._chunk))
            self._chunk = None
        stream = caption_stream(caption, self._language)
        writer = await self._participant.stream_text(
            topic=TOPIC, sender_identity=stream.speaker.identity, attributes=stream.attributes
        )
        try:
            if stream.text:
                await writer.write(stream.text)
        finally:
            await writer.aclose()

    def _packet(self, caption: CaptionEvent) -> Chunk | None:
        if self._packets == "append":
            return self._chunker.chunk(caption)
        return update_chunk(caption, self._language) if self._packets == "update" else None


def _transcription(chunk: Chunk) -> rtc.Transcription:
    segment = rtc.TranscriptionSegment(
        id=chunk.id,
        text=chunk.text,
        start_time=chunk.start_ms,
        end_time=chunk.end_ms,
        language=chunk.language,
        final=chunk.final,
    )
    return rtc.Transcription(
        participant_identity=chunk.speaker.identity,
        track_sid=chunk.speaker.track_sid,
        segments=[segment],
    )
