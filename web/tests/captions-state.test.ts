import { describe, expect, it } from "vitest";
import {
  type CaptionEvent,
  type CaptionsState,
  type FinalLine,
  hasHole,
  noCaptions,
  type PartialLine,
  withEvent,
  withHistory,
  withoutPartials,
} from "../src/captions-state.js";

const claire = { identity: "claire", name: "Claire Martin" };

function partial(id: string, text: string, more: Partial<PartialLine> = {}): PartialLine {
  return {
    kind: "partial", id, speaker: claire, text, stable: 0, language: "fr", startMs: 0, sentAt: 1,
    ...more,
  };
}

function final(id: string, seq: number, startMs: number, text = id): FinalLine {
  return { kind: "final", id, speaker: claire, seq, startMs, endMs: startMs + 500, text, language: "fr" };
}

function after(...events: CaptionEvent[]): CaptionsState {
  return events.reduce(withEvent, noCaptions);
}

const ids = (state: CaptionsState): string[] => state.lines.map((line) => line.id);

describe("events", () => {
  it("a final takes the place of its partial", () => {
    const state = after(partial("a", "bon"), partial("a", "bonjour"), final("a", 1, 0, "Bonjour."));
    expect(state.lines).toEqual([final("a", 1, 0, "Bonjour.")]);
  });

  it("a partial that comes after its final is ignored", () => {
    const ended = after(final("a", 1, 0));
    expect(withEvent(ended, partial("a", "late"))).toBe(ended);
  });

  it("an older partial does not replace a newer one", () => {
    const state = after(partial("a", "bonjour", { sentAt: 2 }), partial("a", "bon", { sentAt: 1 }));
    expect(state.lines).toMatchObject([{ text: "bonjour" }]);
  });

  it("a dropped utterance disappears, and stays away", () => {
    expect(ids(after(partial("a", "hm"), { kind: "dropped", id: "a" }, partial("a", "hm")))).toEqual([]);
  });

  it("lines stand in meeting order, whatever the order of their coming", () => {
    const gap = { kind: "gap", id: "g", speaker: claire, seq: 3, startMs: 500, endMs: 900, reason: "outage" } as const;
    expect(ids(after(final("b", 1, 1000), partial("c", "…", { startMs: 2000 }), final("a", 2, 0), gap)))
      .toEqual(["a", "g", "b", "c"]);
  });

  it("a missing number is a hole, until it comes", () => {
    const holed = after(final("a", 1, 0), final("c", 3, 2));
    expect([hasHole(holed), holed.completeTo]).toEqual([true, 1]);
    const whole = withEvent(holed, final("b", 2, 1));
    expect([hasHole(whole), whole.completeTo]).toEqual([false, 3]);
  });
});

describe("history", () => {
  it("merges with what came live, nothing twice", () => {
    const live = after(final("c", 3, 20), partial("d", "…", { startMs: 30 }));
    const state = withHistory(live, {
      meeting: "m", lines: [final("a", 1, 0), final("b", 2, 10), final("c", 3, 20)],
    });
    expect(ids(state)).toEqual(["a", "b", "c", "d"]);
    expect([hasHole(state), state.completeTo]).toEqual([false, 3]);
  });

  it("closes the partial whose final was missed", () => {
    const live = after(partial("a", "bon"));
    const state = withHistory(live, { meeting: "m", lines: [final("a", 1, 0)] });
    expect(state.lines).toEqual([final("a", 1, 0)]);
    expect(withEvent(state, partial("a", "bonj"))).toBe(state);
  });

  it("of another meeting empties what there was", () => {
    const old = withHistory(noCaptions, { meeting: "m", lines: [final("a", 1, 0)] });
    const state = withHistory(old, { meeting: "n", lines: [final("z", 1, 0)] });
    expect([ids(state), state.meeting, state.completeTo]).toEqual([["z"], "n", 1]);
  });

  it("after a lost connection partials are taken away, the record stays", () => {
    expect(ids(withoutPartials(after(final("a", 1, 0), partial("b", "…", { startMs: 9 }))))).toEqual(["a"]);
  });
});

it("a final that comes again is the same line with its translation, which the record does not take away", () => {
  const again = { ...final("a", 1, 0), translations: { en: "Hello" } };
  const live = after(final("a", 1, 0), again, final("b", 2, 900));
  expect([live.lines.length, hasHole(live), live.lines[0]]).toEqual([2, false, again]);
  const merged = withHistory(live, { meeting: "m", lines: [final("a", 1, 0), final("b", 2, 900)] });
  expect(merged.lines[0]).toEqual(again);
  const german = after(final("a", 1, 0), again, { ...final("a", 1, 0), translations: { de: "Hallo" } });
  expect(german.lines[0]).toMatchObject({ translations: { en: "Hello", de: "Hallo" } });
});
