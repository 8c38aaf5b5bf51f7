/**
 * The person's seat in the room. Its token runs out; the same person is given another one.
 *
 * A token's end is taken from the service's answer, not from its `exp`: a browser's clock may be
 * wrong, and a laptop that has slept has no chance to renew in time.
 */

import { remember, type RememberedSeat } from "./seat-memory.js";
import { type Mode, requestSeat, type Seat, ServiceError } from "./service.js";

export class HeldSeat {
  constructor(
    private seat: RememberedSeat,
    readonly mode: Mode,
  ) {}

  get current(): Seat {
    return this.seat;
  }

  get room(): string {
    return this.seat.room;
  }

  /** LiveKit sends connected participants fresh tokens; they serve for HTTP too. */
  took(token: string): void {
    this.seat = { ...this.seat, token };
    remember(this.seat);
  }

  /** A new token for the same person. Rejects with ServiceError. */
  async renewed(): Promise<Seat> {
    const { room, name } = this.seat;
    this.seat = { ...(await requestSeat({ room, name, mode: this.mode }, this.seat)), name };
    remember(this.seat);
    return this.seat;
  }

  /** `request` with this seat; once more with a new token when this one has run out. */
  async call<T>(request: (seat: Seat) => Promise<T>): Promise<T> {
    try {
      return await request(this.seat);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 401) throw error;
      return request(await this.renewed());
    }
  }
}
