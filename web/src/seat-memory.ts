/** What this tab remembers of its seat, so that a reload comes back as the same person. */

import type { Seat } from "./service.js";

const KEY = "greffier.seat";

export interface RememberedSeat extends Seat {
  readonly name: string;
}

export function remember(seat: RememberedSeat): void {
  sessionStorage.setItem(KEY, JSON.stringify(seat));
}

/** The tab's seat in `room`, if it has one. */
export function rememberedSeat(room: string): RememberedSeat | undefined {
  const text = sessionStorage.getItem(KEY);
  const seat = text ? (JSON.parse(text) as RememberedSeat) : undefined;
  return seat?.room === room ? seat : undefined;
}

export function forget(): void {
  sessionStorage.removeItem(KEY);
}
