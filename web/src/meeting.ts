/** One meeting as the page knows it: the room, the record so far, the notice, the minutes. */

import type { LocalAudioTrack } from "livekit-client";
import type { CaptionEvent, CaptionLine } from "./captions-state.js";
import { HeldSeat } from "./held-seat.js";
import type { Minutes } from "./minutes.js";
import { RecordReader } from "./record-reader.js";
import { type Person, RoomClient, type RoomListener } from "./room-client.js";
import {
  type Choice,
  choose,
  fetchHistory,
  fetchMinutes,
  type MeetingState,
  ServiceError,
  setTranscription,
  type Wanted,
} from "./service.js";

/** First and longest pause before the room is joined anew, after the connection was given up. */
const COME_BACK_MS = [1_000, 10_000] as const;

/** `paused`: off the record, nobody is heard. */
export type Notice = "on" | "paused" | "off";
export type Connection = "connected" | "reconnecting" | "left" | "removed" | "lost";

export class Meeting implements RoomListener {
  connection: Connection = "connected";
  /** `unknown` in a room of another product, until its notice comes. */
  transcription: Notice | "unknown" = "unknown";
  /** Recognition is overloaded: captions are late. */
  isBehind = false;
  people: Person[] = [];
  private readonly record: RecordReader;
  private client = new RoomClient(this);
  private track: LocalAudioTrack | undefined;

  /** `onChange` is called whenever something to be shown has changed. */
  constructor(
    private readonly seat: HeldSeat,
    private readonly onChange: () => void,
  ) {
    const source = {
      history: (after: number) => seat.call((one) => fetchHistory(one, after)),
      minutes: () => seat.call(fetchMinutes),
    };
    this.record = new RecordReader(source, onChange);
  }

  get room(): string {
    return this.seat.room;
  }

  get mode(): "speak" | "read" {
    return this.seat.mode;
  }

  get lines(): readonly CaptionLine[] {
    return this.record.captions.lines;
  }

  get state(): MeetingState | null {
    return this.record.state;
  }

  get minutes(): Minutes | undefined {
    return this.record.minutes;
  }

  get mayPublish(): boolean {
    return this.client.mayPublish;
  }

  get me(): Person | undefined {
    return this.people.find((person) => person.isMe);
  }

  /**
   * Joins the room; what was said before follows. Rejects when the room can't be reached.
   * From then on `track` is the meeting's, which stops it.
   */
  async join(track?: LocalAudioTrack): Promise<void> {
    await this.client.join(this.seat.current, track);
    this.track = track;
    this.record.refresh();
  }

  async leave(): Promise<void> {
    this.over("left");
    await this.client.leave();
  }

  async setMuted(muted: boolean): Promise<void> {
    await (muted ? this.track?.mute() : this.track?.unmute());
    this.changed();
  }

  async setTranscription(wanted: Wanted): Promise<void> {
    await this.seat.call((seat) => setTranscription(seat, wanted));
    this.record.refresh();
  }

  async choose(choice: Choice): Promise<void> {
    await this.seat.call((seat) => choose(seat, choice));
  }

  changed(): void {
    if (this.isOver()) return;
    this.people = this.client.people();
    this.connection = this.client.isConnected ? "connected" : "reconnecting";
    this.onChange();
  }

  caption(event: CaptionEvent, isBehind: boolean): void {
    this.isBehind = isBehind;
    this.record.event(event);
  }

  reconnected(): void {
    this.record.interrupted();
    this.record.refresh();
    this.changed();
  }

  metadata(text: string): void {
    const notice = noticeIn(text);
    if (notice === undefined) return;
    if (notice !== this.transcription) this.record.refresh();
    this.transcription = notice;
    if (notice !== "on") this.isBehind = false;
    this.onChange();
  }

  packet(topic: string | undefined, text: string): void {
    const message = parsed(text) as { type?: unknown } | undefined;
    if (topic === "greffier.minutes") this.record.refresh();
    if (message?.type === "transcriptionStarted") {
      this.transcription = "on";
      this.onChange();
    }
  }

  renewed(token: string): void {
    this.seat.took(token);
  }

  ended(reason: "left" | "removed" | "lost"): void {
    if (this.isOver()) return;
    if (reason === "lost") void this.comeBack();
    else this.over(reason);
  }

  private isOver(): boolean {
    return ["left", "removed", "lost"].includes(this.connection);
  }

  /** Who left is told nothing more; who was sent away still gets the minutes. */
  private over(why: "left" | "removed" | "lost"): void {
    this.connection = why;
    this.track?.stop();
    this.record.interrupted();
    if (why === "left") this.record.close();
    this.onChange();
  }

  /** The SDK has given up, as it does when its token has run out: the same person joins anew. */
  private async comeBack(): Promise<void> {
    this.connection = "reconnecting";
    this.record.interrupted();
    const [first, longest] = COME_BACK_MS;
    for (let pause: number = first; ; pause = Math.min(2 * pause, longest)) {
      // Spread, so that the readers of a server that was away don't come back all at once.
      await later(pause * (0.5 + Math.random()));
      if (this.isOver()) return;
      this.client = new RoomClient(this);
      try {
        await this.client.join(await this.seat.renewed(), this.track);
      } catch (error) {
        if (!isRefusal(error)) continue;
        this.over("lost");
        return;
      }
      if (this.isOver()) return this.client.leave();
      this.reconnected();
      return;
    }
  }
}

/** Whether asking again is no use: the service has answered, and said no. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && [401, 403, 404, 409, 422].includes(error.status);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function noticeIn(metadata: string): Notice | undefined {
  const content = parsed(metadata) as { greffier?: { transcription?: unknown } } | undefined;
  const state = content?.greffier?.transcription;
  return state === "on" || state === "paused" || state === "off" ? state : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
