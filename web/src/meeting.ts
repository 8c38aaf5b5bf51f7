/** One meeting as the page knows it: the room, the record so far, the notice, the minutes. */

import type { LocalAudioTrack } from "livekit-client";
import {
  type CaptionEvent,
  type CaptionLine,
  hasHole,
  noCaptions,
  withEvent,
  withHistory,
  withoutPartials,
} from "./captions-state.js";
import { minutesOf, type Minutes } from "./minutes.js";
import { type Person, RoomClient, type RoomListener } from "./room-client.js";
import { remember, type RememberedSeat } from "./seat-memory.js";
import {
  fetchHistory,
  fetchMinutes,
  type MeetingState,
  setTranscription,
} from "./service.js";

/** While minutes are being made their packet may get lost: the history is asked this often. */
const ASK_AGAIN_MS = 5_000;

export type Connection = "connected" | "reconnecting" | "left" | "removed" | "lost";

export class Meeting implements RoomListener {
  connection: Connection = "connected";
  /** `unknown` in a room of another product, until its notice comes. */
  transcription: "on" | "off" | "unknown" = "unknown";
  state: MeetingState | null = null;
  minutes: Minutes | undefined;
  people: Person[] = [];
  private captions = noCaptions;
  private readonly client = new RoomClient(this);
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;
  private askTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onChange` is called whenever something to be shown has changed. */
  constructor(
    private seat: RememberedSeat,
    readonly mode: "speak" | "read",
    private readonly onChange: () => void,
  ) {}

  get room(): string {
    return this.seat.room;
  }

  get lines(): readonly CaptionLine[] {
    return this.captions.lines;
  }

  get mayPublish(): boolean {
    return this.client.mayPublish;
  }

  get me(): Person | undefined {
    return this.people.find((person) => person.isMe);
  }

  /** Joins the room; what was said before follows. Rejects when the room can't be reached. */
  async join(track?: LocalAudioTrack): Promise<void> {
    await this.client.join(this.seat, track);
    this.refresh();
  }

  async leave(): Promise<void> {
    await this.client.leave();
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.client.setMuted(muted);
  }

  async setTranscription(wanted: "start" | "stop"): Promise<void> {
    await setTranscription(this.seat, wanted);
    this.refresh();
  }

  changed(): void {
    this.people = this.client.people();
    if (this.isOver()) return;
    this.connection = this.client.isConnected ? "connected" : "reconnecting";
    this.onChange();
  }

  caption(event: CaptionEvent): void {
    this.captions = withEvent(this.captions, event);
    if (hasHole(this.captions)) this.refresh();
    this.onChange();
  }

  reconnected(): void {
    this.captions = withoutPartials(this.captions);
    this.refresh();
    this.changed();
  }

  metadata(text: string): void {
    const notice = noticeIn(text);
    if (notice === undefined) return;
    if (notice !== this.transcription) this.refresh();
    this.transcription = notice;
    this.onChange();
  }

  packet(topic: string | undefined, text: string): void {
    const message = parsed(text) as { type?: unknown } | undefined;
    if (topic === "greffier.minutes") this.refresh();
    if (message?.type === "transcriptionStarted") {
      this.transcription = "on";
      this.onChange();
    }
  }

  /** LiveKit's fresh token serves for what is asked over HTTP too. */
  renewed(token: string): void {
    this.seat = { ...this.seat, token };
    remember(this.seat);
  }

  ended(reason: "left" | "removed" | "lost"): void {
    this.connection = reason;
    this.captions = withoutPartials(this.captions);
    if (reason === "left") clearTimeout(this.askTimer);
    this.onChange();
  }

  private isOver(): boolean {
    return ["left", "removed", "lost"].includes(this.connection);
  }

  /** Brings the record and the minutes up to date; calls while one runs make it run once more. */
  private refresh(): void {
    if (this.refreshing) {
      this.refreshAgain = true;
      return;
    }
    clearTimeout(this.askTimer);
    this.refreshing = this.fetchAll()
      .catch(() => {
        this.askTimer = setTimeout(() => { this.refresh(); }, ASK_AGAIN_MS);
      })
      .finally(() => {
        this.refreshing = undefined;
        if (!this.refreshAgain) return;
        this.refreshAgain = false;
        this.refresh();
      });
  }

  private async fetchAll(): Promise<void> {
    let history = await fetchHistory(this.seat, this.captions.completeTo);
    if (this.captions.meeting !== null && history.meeting !== this.captions.meeting) {
      // Another meeting has begun here. Emptied first, then asked from its beginning, so that
      // what arrives live in between is either kept or in the answer.
      this.captions = { ...noCaptions, meeting: history.meeting };
      this.minutes = undefined;
      history = await fetchHistory(this.seat, 0);
    }
    this.captions = withHistory(this.captions, history);
    this.state = history.state;
    if (this.state !== "live") this.captions = withoutPartials(this.captions);
    if (this.state === "delivered" && !this.minutes) {
      this.minutes = minutesOf(await fetchMinutes(this.seat));
    }
    if (this.state === "ended" && this.connection !== "left") {
      this.askTimer = setTimeout(() => { this.refresh(); }, ASK_AGAIN_MS);
    }
    this.onChange();
  }
}

function noticeIn(metadata: string): "on" | "off" | undefined {
  const content = parsed(metadata) as { greffier?: { transcription?: unknown } } | undefined;
  const state = content?.greffier?.transcription;
  return state === "on" || state === "off" ? state : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
