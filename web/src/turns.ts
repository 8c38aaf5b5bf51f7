/** Captions as turns of speech, and meeting time as people read it. */

import type { CaptionLine } from "./captions-state.js";

/** Lines one after the other of one speaker are one turn. */
export function turns(lines: readonly CaptionLine[]): CaptionLine[][] {
  const all: CaptionLine[][] = [];
  for (const line of lines) {
    const last = all.at(-1);
    if (last?.[0]?.speaker.identity === line.speaker.identity) last.push(line);
    else all.push([line]);
  }
  return all;
}

export function keyOf(turn: readonly CaptionLine[]): string {
  return turn[0]?.id ?? "";
}

/** Meeting time as m:ss, or h:mm:ss. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
