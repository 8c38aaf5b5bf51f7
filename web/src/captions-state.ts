/** The captions of one meeting as a value: an event or a history in, a new state out. */

export interface Speaker {
  readonly identity: string;
  readonly name: string;
}

interface Timed {
  readonly id: string;
  readonly speaker: Speaker;
  /** Meeting time. */
  readonly startMs: number;
}

/** An utterance that still goes on. The first `stable` characters will not change any more. */
export interface PartialLine extends Timed {
  readonly kind: "partial";
  readonly text: string;
  readonly stable: number;
  readonly language: string;
  /** When the sender sent it, in ms of the sender's clock; only compared with its own kind. */
  readonly sentAt: number;
}

/** A line of the record: `seq` is its number there. */
export interface FinalLine extends Timed {
  readonly kind: "final";
  readonly seq: number;
  readonly endMs: number;
  readonly text: string;
  readonly language: string;
  /** The text by language; not in the record. */
  readonly translations?: Readonly<Record<string, string>>;
}

/** Speech that was not transcribed, and why. */
export interface GapLine extends Timed {
  readonly kind: "gap";
  readonly seq: number;
  readonly endMs: number;
  readonly reason: string;
}

/** What was taken for speech was none. */
export interface DroppedEvent {
  readonly kind: "dropped";
  readonly id: string;
}

export type RecordLine = FinalLine | GapLine;
export type CaptionLine = PartialLine | RecordLine;
export type CaptionEvent = CaptionLine | DroppedEvent;

export interface History {
  readonly meeting: string | null;
  readonly lines: readonly RecordLine[];
}

export interface CaptionsState {
  readonly meeting: string | null;
  /** In meeting order. */
  readonly lines: readonly CaptionLine[];
  /** Utterances that have ended: a late partial of one is ignored. */
  readonly closed: ReadonlySet<string>;
  /** Every line of the record up to this number is here. */
  readonly completeTo: number;
  /** Numbers that are here above `completeTo + 1`: lines between are missing. */
  readonly beyond: ReadonlySet<number>;
}

export const noCaptions: CaptionsState = {
  meeting: null,
  lines: [],
  closed: new Set(),
  completeTo: 0,
  beyond: new Set(),
};

/** A partial that nobody has touched for so long is of an utterance whose end was never said. */
export const QUIET_MS = 30_000;

/** Whether lines of the record were missed: ask for the history after `completeTo`. */
export function hasHole(state: CaptionsState): boolean {
  return state.beyond.size > 0;
}

/** Whether nothing of any meeting is here yet. */
export function isEmpty(state: CaptionsState): boolean {
  return state.meeting === null && state.closed.size === 0;
}

/** Whether a line has a number that is taken by another: a new meeting has begun in the room. */
export function isOfAnother(state: CaptionsState, event: CaptionEvent): boolean {
  const isLine = event.kind === "final" || event.kind === "gap";
  return isLine && event.seq <= state.completeTo && !state.closed.has(event.id);
}

/** The state after one event from the room. */
export function withEvent(state: CaptionsState, event: CaptionEvent): CaptionsState {
  switch (event.kind) {
    case "partial":
      return isStale(state, event)
        ? state
        : { ...state, lines: placed(withoutQuiet(state.lines, event.sentAt), event) };
    case "dropped":
      return {
        ...state,
        lines: without(state.lines, event.id),
        closed: new Set(state.closed).add(event.id),
      };
    case "final":
    case "gap":
      return withRecordLines(state, [event]);
  }
}

/**
 * The state with the history merged in: by id, so nothing shows twice. The history of another
 * meeting empties the state first, whatever is in it.
 */
export function withHistory(state: CaptionsState, history: History): CaptionsState {
  const other = state.meeting !== null && state.meeting !== history.meeting;
  const base: CaptionsState = { ...(other ? noCaptions : state), meeting: history.meeting };
  const last = Math.max(base.completeTo, ...history.lines.map((line) => line.seq));
  return withRecordLines({ ...base, completeTo: last }, history.lines);
}

/** Without partials: after a lost connection nobody says which of them still go on. */
export function withoutPartials(state: CaptionsState): CaptionsState {
  return { ...state, lines: state.lines.filter((line) => line.kind !== "partial") };
}

function withRecordLines(state: CaptionsState, added: readonly RecordLine[]): CaptionsState {
  let lines = state.lines;
  const closed = new Set(state.closed);
  const beyond = new Set(state.beyond);
  for (const line of added) {
    lines = placed(lines, withKnownTranslations(lines, line));
    closed.add(line.id);
    beyond.add(line.seq);
  }
  let completeTo = state.completeTo;
  while (beyond.has(completeTo + 1)) completeTo += 1;
  for (const seq of beyond) if (seq <= completeTo) beyond.delete(seq);
  return { ...state, lines, closed, completeTo, beyond };
}

/** Languages come one after the other, and the record has none: what came live stays. */
function withKnownTranslations(lines: readonly CaptionLine[], line: RecordLine): RecordLine {
  if (line.kind !== "final") return line;
  const shown = lines.find((one) => one.id === line.id);
  const known = shown?.kind === "final" ? shown.translations : undefined;
  return known ? { ...line, translations: { ...known, ...line.translations } } : line;
}

function isStale(state: CaptionsState, event: PartialLine): boolean {
  if (state.closed.has(event.id)) return true;
  const shown = state.lines.find((line) => line.id === event.id);
  return shown?.kind === "partial" && shown.sentAt > event.sentAt;
}

function withoutQuiet(lines: readonly CaptionLine[], now: number): readonly CaptionLine[] {
  return lines.filter((line) => line.kind !== "partial" || line.sentAt > now - QUIET_MS);
}

/** `line` in its place in meeting order; it replaces the line of the same id. */
function placed(lines: readonly CaptionLine[], line: CaptionLine): readonly CaptionLine[] {
  const others = without(lines, line.id);
  let at = others.length;
  while (at > 0 && comesAfter(others[at - 1], line)) at -= 1;
  return [...others.slice(0, at), line, ...others.slice(at)];
}

function comesAfter(one: CaptionLine | undefined, other: CaptionLine): boolean {
  if (one === undefined || one.startMs !== other.startMs) return (one?.startMs ?? 0) > other.startMs;
  return one.kind !== "partial" && other.kind !== "partial" && one.seq > other.seq;
}

function without(lines: readonly CaptionLine[], id: string): readonly CaptionLine[] {
  return lines.filter((line) => line.id !== id);
}
