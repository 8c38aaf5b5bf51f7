import { describe, expect, it } from "vitest";
import { minutesOf } from "../src/minutes.js";

describe("minutesOf", () => {
  it("reads minutes.json", () => {
    const minutes = minutesOf({
      version: 1, machine_made: true, made_by: "digest", note: null, title: "Conseil", language: "fr",
      summary: [], decisions: [{ text: "Oui.", segments: ["a"] }],
      actions: [{ what: "Écrire", owner: "Claire", due: null, segments: ["b"] }],
      open_questions: [{ text: "Quand ?", segments: ["c"] }],
    });
    expect(minutes).toEqual({
      title: "Conseil", language: "fr", madeBy: "digest", note: undefined, summary: [],
      decisions: [{ text: "Oui.", segments: ["a"] }],
      actions: [{ text: "Écrire", owner: "Claire", due: undefined, segments: ["b"] }],
      questions: [{ text: "Quand ?", segments: ["c"] }],
    });
  });

  it("is undefined for what is no object, and forgives what is missing", () => {
    expect([minutesOf(undefined), minutesOf("no")]).toEqual([undefined, undefined]);
    expect(minutesOf({})).toMatchObject({ summary: [], actions: [] });
  });
});
