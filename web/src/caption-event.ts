/** A text stream of topic `lk.transcription` as a caption event; docs/protocol.md names the attributes. */

import type { CaptionEvent } from "./captions-state.js";

export interface CaptionStream {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sender: string;
  readonly sentAt: number;
}

/** Undefined for a stream that is not Greffier's: it is no line of the record. */
export function captionEvent(
  stream: CaptionStream,
  nameOf: (identity: string) => string,
): CaptionEvent | undefined {
  const { attributes, text } = stream;
  const id = attributes["lk.segment_id"];
  if (!id) return undefined;
  if (attributes["greffier.dropped"] === "true") return { kind: "dropped", id };
  const startMs = whole(attributes["greffier.start_ms"]);
  if (startMs === undefined) return undefined;
  const identity = attributes["greffier.speaker"] ?? stream.sender;
  const timed = { id, speaker: { identity, name: nameOf(identity) }, startMs };
  const seq = whole(attributes["greffier.seq"]);
  const endMs = whole(attributes["greffier.end_ms"]) ?? startMs;
  const reason = attributes["greffier.gap"];
  if (reason) return seq === undefined ? undefined : { kind: "gap", ...timed, seq, endMs, reason };
  const language = attributes["greffier.language"] ?? "";
  if (attributes["lk.transcription_final"] !== "true") {
    const stable = whole(attributes["greffier.stable"]) ?? 0;
    return { kind: "partial", ...timed, text, stable, language, sentAt: stream.sentAt };
  }
  if (seq === undefined) return undefined;
  const translations = translationsIn(attributes);
  return { kind: "final", ...timed, seq, endMs, text, language, ...(translations && { translations }) };
}

const TRANSLATION = "greffier.translation.";

function translationsIn(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const found = Object.entries(attributes).filter(([name]) => name.startsWith(TRANSLATION));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, text]) => [name.slice(TRANSLATION.length), text]));
}

/** Whether recognition has so much to do that captions come late, or only as finals. */
export function isBehind(attributes: Readonly<Record<string, string>>): boolean {
  return attributes["greffier.pressure"] !== undefined;
}

function whole(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
