import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HeldSeat } from "../src/held-seat.js";
import { Meeting } from "../src/meeting.js";
import type { RoomListener } from "../src/room-client.js";
import { type Seat, ServiceError } from "../src/service.js";

/** LiveKit's part, as far as a meeting sees it: who joins with which token, and when it is lost. */
const rooms = vi.hoisted(() => ({ joins: [] as string[], refuse: false, listener: undefined as unknown as RoomListener }));

vi.mock("../src/room-client.js", () => ({
  RoomClient: class {
    isConnected = false;
    constructor(listener: RoomListener) { rooms.listener = listener; }
    join(seat: Seat): Promise<void> {
      rooms.joins.push(seat.token);
      if (rooms.refuse) return Promise.reject(new Error("the server is away"));
      this.isConnected = true;
      return Promise.resolve();
    }
    leave(): Promise<void> { return Promise.resolve(); }
    people(): [] { return []; }
  },
}));

let seat: HeldSeat;
let meeting: Meeting;
const room = (): RoomListener => rooms.listener;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", { setItem: () => undefined });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ meeting: null, state: null, lines: [] }))));
  Object.assign(rooms, { joins: [], refuse: false });
  seat = new HeldSeat({ serverUrl: "ws://x", token: "t0", room: "r", identity: "i", name: "Lise" }, "read");
  let number = 0;
  vi.spyOn(seat, "renewed").mockImplementation(() => {
    number += 1;
    return Promise.resolve({ ...seat.current, token: `t${number}` });
  });
  meeting = new Meeting(seat, () => undefined);
  await meeting.join();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("a connection that was given up, as with a token that has run out, is made anew with a new one", async () => {
  room().ended("lost");
  expect(meeting.connection).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(2_000);
  expect([meeting.connection, rooms.joins]).toEqual(["connected", ["t0", "t1"]]);
});

it("a server that is away is tried until it is back", async () => {
  rooms.refuse = true;
  room().ended("lost");
  await vi.advanceTimersByTimeAsync(300_000);
  expect(meeting.connection).toBe("reconnecting");
  expect(rooms.joins.length).toBeGreaterThan(20);
  rooms.refuse = false;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(meeting.connection).toBe("connected");
});

it("a service that says no ends it", async () => {
  vi.spyOn(seat, "renewed").mockRejectedValue(new ServiceError(403));
  room().ended("lost");
  await vi.advanceTimersByTimeAsync(300_000);
  expect([meeting.connection, rooms.joins]).toEqual(["lost", ["t0"]]);
});

it.each(["removed", "left"] as const)("who was %s does not come back", async (why) => {
  room().ended(why);
  await vi.advanceTimersByTimeAsync(300_000);
  expect([meeting.connection, rooms.joins]).toEqual([why, ["t0"]]);
});

it("who leaves while it is being made anew stays away", async () => {
  room().ended("lost");
  await meeting.leave();
  await vi.advanceTimersByTimeAsync(300_000);
  expect([meeting.connection, rooms.joins]).toEqual(["left", ["t0"]]);
});

it("off the record is a notice of its own, and what one chooses goes to the service", async () => {
  room().metadata('{"greffier": {"transcription": "paused"}}');
  expect(meeting.transcription).toBe("paused");
  const asked: [string, unknown][] = [];
  vi.stubGlobal("fetch", (path: string, { method, body }: RequestInit) => {
    if (method === "PATCH") asked.push([path, JSON.parse(body as string)]);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  await meeting.choose({ language: "en" });
  await meeting.choose({ transcribed: false });
  expect(asked).toEqual([
    ["/api/rooms/r/people/i", { language: "en" }],
    ["/api/rooms/r/people/i", { transcribed: false }],
  ]);
});
