/** The LiveKit room: joins it, publishes the microphone, and says what happens there. */

import {
  ConnectionState,
  createLocalAudioTrack,
  DisconnectReason,
  type LocalAudioTrack,
  type Participant,
  type ReconnectPolicy,
  type RemoteTrack,
  Room,
  RoomEvent,
  Track,
} from "livekit-client";
import { captionEvent, isBehind } from "./caption-event.js";
import type { CaptionEvent } from "./captions-state.js";
import type { Seat, Spoken } from "./service.js";

export type Microphone = "on" | "muted" | "none";

export interface Person {
  readonly identity: string;
  readonly name: string;
  readonly isMe: boolean;
  readonly speaking: boolean;
  readonly microphone: Microphone;
  /** The language that they said they speak. */
  readonly language: Spoken;
  /** They asked not to be transcribed. */
  readonly optedOut: boolean;
}

export interface RoomListener {
  /** People, microphones or the connection changed. */
  changed(): void;
  /** `isBehind`: recognition can't keep up. */
  caption(event: CaptionEvent, isBehind: boolean): void;
  /** The connection was lost and is back: some of what was sent is missed. */
  reconnected(): void;
  /** Room metadata, as it is now. */
  metadata(text: string): void;
  /** A data packet of the server or of a hidden sender: never of a participant. */
  packet(topic: string | undefined, text: string): void;
  /** The server has issued a fresh token for this seat. */
  renewed(token: string): void;
  ended(why: "left" | "removed" | "lost"): void;
}

const LONGEST_PAUSE_MS = 4_000;

/**
 * As long as the person stays, the connection is tried again: at once, then less and less often.
 * Spread, so that the readers of a server that was away don't come back all in the same moment.
 */
const untilItIsBack: ReconnectPolicy = {
  nextRetryDelayInMs: ({ retryCount }) =>
    Math.min(300 * retryCount ** 2 + 300, LONGEST_PAUSE_MS) * (0.5 + Math.random()),
};

/** Asks for the microphone; rejects when the person or the browser refuses it. */
export function openMicrophone(): Promise<LocalAudioTrack> {
  return createLocalAudioTrack();
}

export class RoomClient {
  private readonly room = new Room({
    dynacast: false,
    adaptiveStream: false,
    reconnectPolicy: untilItIsBack,
    // The microphone outlives this room: where the connection is given up, another one takes it.
    stopLocalTrackOnUnpublish: false,
  });
  /** Names of all who were here: a final may come after its speaker has left. */
  private readonly names = new Map<string, string>();
  private hasJoined = false;

  constructor(private readonly listener: RoomListener) {
    this.room.registerTextStreamHandler("lk.transcription", (reader, sender) => {
      void this.readCaption(reader, sender.identity);
    });
    this.listen();
  }

  /** Joins; without a track only captions are received, and no one's audio. Keeps no broken room. */
  async join(seat: Seat, track?: LocalAudioTrack): Promise<void> {
    await this.room.connect(seat.serverUrl, seat.token, { autoSubscribe: track !== undefined });
    try {
      if (track) await this.room.localParticipant.publishTrack(track);
    } catch (error) {
      await this.room.disconnect(false);
      throw error;
    }
    // The room itself says nothing of fresh tokens; its engine, which outlives reconnects, does.
    this.room.engine.on("tokenRefreshed", (token) => {
      this.listener.renewed(token);
    });
    this.hasJoined = true;
    this.listener.metadata(this.room.metadata ?? "");
    this.listener.changed();
  }

  async leave(): Promise<void> {
    await this.room.disconnect(false);
  }

  get isConnected(): boolean {
    return this.room.state === ConnectionState.Connected;
  }

  get mayPublish(): boolean {
    return this.room.localParticipant.permissions?.canPublish ?? false;
  }

  /** Me first, then the others by name. */
  people(): Person[] {
    const others = [...this.room.remoteParticipants.values()].map((one) => this.person(one));
    others.sort((a, b) => a.name.localeCompare(b.name));
    return [this.person(this.room.localParticipant), ...others];
  }

  private person(participant: Participant): Person {
    const publication = participant.getTrackPublication(Track.Source.Microphone);
    this.names.set(participant.identity, participant.name || participant.identity);
    return {
      identity: participant.identity,
      name: participant.name || participant.identity,
      isMe: participant.isLocal,
      speaking: participant.isSpeaking,
      microphone: publication ? (publication.isMuted ? "muted" : "on") : "none",
      language: spoken(participant.attributes["greffier.language"]),
      optedOut: participant.attributes["greffier.opted_out"] === "true",
    };
  }

  private listen(): void {
    const changed = (): void => {
      if (!this.hasJoined) return;
      this.listener.changed();
    };
    this.room
      .on(RoomEvent.ParticipantConnected, changed)
      .on(RoomEvent.ParticipantDisconnected, changed)
      .on(RoomEvent.ParticipantNameChanged, changed)
      .on(RoomEvent.ParticipantAttributesChanged, changed)
      .on(RoomEvent.ActiveSpeakersChanged, changed)
      .on(RoomEvent.TrackMuted, changed)
      .on(RoomEvent.TrackUnmuted, changed)
      .on(RoomEvent.TrackPublished, changed)
      .on(RoomEvent.TrackUnpublished, changed)
      .on(RoomEvent.LocalTrackPublished, changed)
      .on(RoomEvent.Reconnecting, changed)
      .on(RoomEvent.SignalReconnecting, changed)
      .on(RoomEvent.Reconnected, () => {
        this.listener.metadata(this.room.metadata ?? "");
        this.listener.reconnected();
      })
      .on(RoomEvent.RoomMetadataChanged, (text) => {
        this.listener.metadata(text);
      })
      .on(RoomEvent.TrackSubscribed, play)
      .on(RoomEvent.TrackUnsubscribed, (track) => {
        for (const element of track.detach()) element.remove();
      })
      .on(RoomEvent.DataReceived, (payload, sender, _kind, topic) => {
        if (!sender) this.listener.packet(topic, new TextDecoder().decode(payload));
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.hasJoined) this.listener.ended(why(reason));
      });
  }

  private async readCaption(
    reader: Parameters<Parameters<Room["registerTextStreamHandler"]>[1]>[0],
    sender: string,
  ): Promise<void> {
    let text: string;
    try {
      text = await reader.readAll();
    } catch {
      return; // The sender died in mid-stream: the next update says it all again.
    }
    const { attributes = {}, timestamp } = reader.info;
    const event = captionEvent({ text, attributes, sender, sentAt: timestamp }, (identity) =>
      this.nameOf(identity),
    );
    if (event) this.listener.caption(event, isBehind(attributes));
  }

  private nameOf(identity: string): string {
    const me = this.room.localParticipant;
    const present = identity === me.identity ? me : this.room.remoteParticipants.get(identity);
    return present?.name || (this.names.get(identity) ?? identity);
  }
}

function spoken(language: string | undefined): Spoken {
  return language === "fr" || language === "en" ? language : "auto";
}

function play(track: RemoteTrack): void {
  if (track.kind === Track.Kind.Audio) document.body.append(track.attach());
}

function why(reason: DisconnectReason | undefined): "left" | "removed" | "lost" {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return "left";
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.DUPLICATE_IDENTITY:
    case DisconnectReason.ROOM_CLOSED:
      return "removed";
    default:
      return "lost";
  }
}
