import { describe, expect, it } from "vitest";
import { captionEvent, isBehind } from "../src/caption-event.js";

const base = { "lk.segment_id": "u1", "greffier.speaker": "claire", "greffier.start_ms": "1200" };
const nameOf = (identity: string): string => (identity === "claire" ? "Claire Martin" : identity);
const speaker = { identity: "claire", name: "Claire Martin" };

function read(attributes: Record<string, string>, text = "Bonjour"): unknown {
  return captionEvent({ text, attributes: { ...base, ...attributes }, sender: "x", sentAt: 7 }, nameOf);
}

describe("captionEvent", () => {
  it("reads a partial with its stable length", () => {
    expect(read({ "lk.transcription_final": "false", "greffier.stable": "3", "greffier.language": "fr" }))
      .toEqual({ kind: "partial", id: "u1", speaker, startMs: 1200, text: "Bonjour", stable: 3, language: "fr", sentAt: 7 });
  });

  it("reads a final with its number in the record", () => {
    expect(read({ "lk.transcription_final": "true", "greffier.seq": "4", "greffier.end_ms": "1900" }))
      .toMatchObject({ kind: "final", seq: 4, endMs: 1900 });
  });

  it("reads a final's translations", () => {
    const attributes = { "lk.transcription_final": "true", "greffier.seq": "4", "greffier.translation.en": "Hello" };
    expect(read(attributes)).toMatchObject({ kind: "final", translations: { en: "Hello" } });
  });

  it("reads a gap and a dropped utterance", () => {
    expect(read({ "greffier.gap": "outage", "greffier.seq": "5", "greffier.end_ms": "9" }, ""))
      .toMatchObject({ kind: "gap", seq: 5, reason: "outage" });
    expect(read({ "greffier.dropped": "true" }, "")).toEqual({ kind: "dropped", id: "u1" });
  });

  it("takes the stream's sender where no speaker is named", () => {
    const attributes = { "lk.segment_id": "u1", "greffier.start_ms": "0" };
    expect(captionEvent({ text: "a", attributes, sender: "bob", sentAt: 0 }, nameOf))
      .toMatchObject({ speaker: { identity: "bob", name: "bob" } });
  });

  it("passes over what is no line of the record", () => {
    expect(read({ "lk.transcription_final": "true" })).toBeUndefined();
    expect(read({ "lk.segment_id": "" })).toBeUndefined();
    expect(read({ "greffier.start_ms": "NaN" })).toBeUndefined();
  });
});

it("recognition is behind whenever a pressure is named", () => {
  expect([isBehind({}), isBehind({ "greffier.pressure": "slow" })]).toEqual([false, true]);
});
