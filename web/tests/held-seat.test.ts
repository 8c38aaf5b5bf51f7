import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HeldSeat } from "../src/held-seat.js";
import { ServiceError } from "../src/service.js";

const seat = { serverUrl: "ws://x", token: "old", room: "r", identity: "i", name: "Lise" };
const fetched = vi.fn<typeof fetch>();
let kept: Record<string, string>;

beforeEach(() => {
  kept = {};
  vi.stubGlobal("sessionStorage", { setItem: (key: string, value: string) => (kept[key] = value) });
  vi.stubGlobal("fetch", fetched);
  const answer = { server_url: "ws://x", participant_token: "new", room_name: "r", participant_identity: "i" };
  fetched.mockReset().mockResolvedValue(new Response(JSON.stringify(answer), { status: 201 }));
});

afterEach(() => { vi.unstubAllGlobals(); });

it("a token that has run out is renewed for the same person, and the request made again", async () => {
  const held = new HeldSeat(seat, "read");
  const tokens: string[] = [];
  const answer = await held.call((one) => {
    tokens.push(one.token);
    return one.token === "old" ? Promise.reject(new ServiceError(401)) : Promise.resolve("lines");
  });
  expect([answer, tokens]).toEqual(["lines", ["old", "new"]]);
  const [path, init] = fetched.mock.calls[0] ?? [];
  expect(path).toBe("/api/token");
  expect(init?.headers).toMatchObject({ Authorization: "Bearer old" });
  expect(JSON.parse(init?.body as string)).toEqual({
    room_name: "r", participant_name: "Lise", mode: "read", participant_identity: "i",
  });
  expect(kept["greffier.seat"]).toContain('"token":"new"');
});

it("any other refusal is passed on, and asks for nothing", async () => {
  const held = new HeldSeat(seat, "read");
  await expect(held.call(() => Promise.reject(new ServiceError(503)))).rejects.toMatchObject({ status: 503 });
  expect(fetched).not.toHaveBeenCalled();
});

it("a token that is refused even when new is not asked for without end", async () => {
  const held = new HeldSeat(seat, "read");
  await expect(held.call(() => Promise.reject(new ServiceError(401)))).rejects.toMatchObject({ status: 401 });
  expect(fetched).toHaveBeenCalledTimes(1);
});
