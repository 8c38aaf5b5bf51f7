/** The captions of a room and the record behind them: whatever was missed live is fetched. */

import {
  type CaptionEvent,
  type CaptionsState,
  hasHole,
  isEmpty,
  isOfAnother,
  noCaptions,
  QUIET_MS,
  withEvent,
  withHistory,
  withoutPartials,
} from "./captions-state.js";
import { minutesOf, type Minutes } from "./minutes.js";
import type { MeetingState, RoomHistory } from "./service.js";

/** Where something is awaited of the service, or it failed, it is asked again after this. */
export const ASK_AGAIN_MS = 5_000;

export interface RecordSource {
  /** Lines of the room's newest meeting after number `after`. */
  history(after: number): Promise<RoomHistory>;
  /** The newest meeting's minutes, or undefined while there are none. */
  minutes(): Promise<unknown>;
}

export class RecordReader {
  captions: CaptionsState = noCaptions;
  /** Of the newest meeting; null before there is one. */
  state: MeetingState | null = null;
  minutes: Minutes | undefined;
  private refreshing = false;
  private refreshAgain = false;
  private askTimer: ReturnType<typeof setTimeout> | undefined;
  private quietTimer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  /** `onChange` is called whenever something to be shown has changed. */
  constructor(
    private readonly source: RecordSource,
    private readonly onChange: () => void,
  ) {}

  /** Something arrived live. */
  event(event: CaptionEvent): void {
    const foreign = isOfAnother(this.captions, event);
    this.captions = withEvent(this.captions, event);
    if (foreign || hasHole(this.captions)) this.refresh();
    if (event.kind === "partial") this.watch();
    this.onChange();
  }

  /** The connection was lost: what was going on is unknown until it is back. */
  interrupted(): void {
    this.captions = withoutPartials(this.captions);
    this.onChange();
  }

  /** Brings the record and the minutes up to date; calls while one runs make it run once more. */
  refresh(): void {
    if (this.closed) return;
    if (this.refreshing) {
      this.refreshAgain = true;
      return;
    }
    clearTimeout(this.askTimer);
    this.refreshing = true;
    void this.refreshed();
  }

  /** Nothing more is asked. */
  close(): void {
    this.closed = true;
    clearTimeout(this.askTimer);
    clearTimeout(this.quietTimer);
  }

  private async refreshed(): Promise<void> {
    let askAgain: boolean;
    try {
      await this.fetchAll();
      askAgain = this.state === "ended" || hasHole(this.captions);
    } catch {
      askAgain = true;
    }
    this.refreshing = false;
    if (this.closed) return;
    if (this.refreshAgain) {
      this.refreshAgain = false;
      this.refresh();
    } else if (askAgain) {
      this.askTimer = setTimeout(() => { this.refresh(); }, ASK_AGAIN_MS);
    }
  }

  private async fetchAll(): Promise<void> {
    let history = await this.source.history(this.captions.completeTo);
    if (history.meeting !== this.captions.meeting && !isEmpty(this.captions)) {
      // What is here is of another meeting, or of nobody knows which. Emptied first, then asked from its beginning, so that
      // what arrives live in between is either kept or in the answer.
      this.captions = { ...noCaptions, meeting: history.meeting };
      this.minutes = undefined;
      history = await this.source.history(0);
    }
    this.captions = withHistory(this.captions, history);
    this.state = history.state;
    if (this.state !== "live") this.captions = withoutPartials(this.captions);
    this.onChange();
    if (this.state === "delivered" && !this.minutes) {
      this.minutes = minutesOf(await this.source.minutes());
      this.onChange();
    }
  }

  /** An utterance whose agent died gets no final: its partial goes when nothing comes any more. */
  private watch(): void {
    clearTimeout(this.quietTimer);
    this.quietTimer = setTimeout(() => {
      this.interrupted();
      this.refresh();
    }, QUIET_MS);
  }
}
