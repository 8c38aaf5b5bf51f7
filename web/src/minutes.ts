/** minutes.json as the page shows it: checked once, here. pipelines/minutes/schema.py is its schema. */

export interface Claim {
  readonly text: string;
  /** Ids of the lines it rests on. */
  readonly segments: readonly string[];
}

export interface Action extends Claim {
  readonly owner: string | undefined;
  readonly due: string | undefined;
}

export interface Minutes {
  readonly title: string;
  readonly language: string;
  readonly madeBy: string;
  readonly note: string | undefined;
  readonly summary: readonly Claim[];
  readonly decisions: readonly Claim[];
  readonly actions: readonly Action[];
  readonly questions: readonly Claim[];
}

type Json = Readonly<Record<string, unknown>>;

/** Undefined if `value` is no minutes. */
export function minutesOf(value: unknown): Minutes | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const json = value as Json;
  return {
    title: text(json["title"]) ?? "",
    language: text(json["language"]) ?? "",
    madeBy: text(json["made_by"]) ?? "",
    note: text(json["note"]),
    summary: list(json["summary"]).map(claim),
    decisions: list(json["decisions"]).map(claim),
    actions: list(json["actions"]).map((one) => ({
      text: text(one["what"]) ?? "",
      owner: text(one["owner"]),
      due: text(one["due"]),
      segments: segments(one),
    })),
    questions: list(json["open_questions"]).map(claim),
  };
}

function claim(json: Json): Claim {
  return { text: text(json["text"]) ?? "", segments: segments(json) };
}

function segments(json: Json): string[] {
  const ids: unknown = json["segments"];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one): one is Json => typeof one === "object") : [];
}
