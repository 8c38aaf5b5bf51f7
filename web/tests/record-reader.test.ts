import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FinalLine, type PartialLine, QUIET_MS, type RecordLine } from "../src/captions-state.js";
import { ASK_AGAIN_MS, RecordReader } from "../src/record-reader.js";
import type { RoomHistory } from "../src/service.js";

const claire = { identity: "claire", name: "Claire Martin" };

function final(seq: number, meeting = "m"): FinalLine {
  return {
    kind: "final", id: `${meeting}${seq}`, speaker: claire, seq, startMs: seq * 1000,
    endMs: seq * 1000 + 500, text: `line ${seq}`, language: "fr",
  };
}

function partial(seq: number, sentAt: number, meeting = "m"): PartialLine {
  const { id, speaker, startMs } = final(seq, meeting);
  return { kind: "partial", id, speaker, startMs, text: "…", stable: 0, language: "fr", sentAt };
}

/** A rooms service whose answers come when the test lets them. */
class Service {
  meeting = "m";
  state: RoomHistory["state"] = "live";
  record: RecordLine[] = [];
  asked: number[] = [];
  private answers: (() => void)[] = [];

  readonly history = (after: number): Promise<RoomHistory> => {
    this.asked.push(after);
    return new Promise((resolve) => {
      // Read when it answers, not when it is asked: either may be late.
      this.answers.push(() => {
        const lines = this.record.filter((line) => line.seq > after);
        resolve({ meeting: this.meeting, state: this.state, lines });
      });
    });
  };
  readonly minutes = (): Promise<unknown> => Promise.resolve({ title: "Conseil" });

  get waiting(): number {
    return this.answers.length;
  }

  async answer(): Promise<void> {
    this.answers.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  }

  async answerAll(): Promise<void> {
    while (this.waiting > 0) await this.answer();
  }
}

const ids = (reader: RecordReader): string[] => reader.captions.lines.map((line) => line.id);

let service: Service;
let reader: RecordReader;

beforeEach(() => {
  vi.useFakeTimers();
  service = new Service();
  reader = new RecordReader(service, () => undefined);
});

afterEach(() => {
  reader.close();
  vi.useRealTimers();
});

describe("what was missed", () => {
  it("is asked after the last number that is known to be whole, and shown once", async () => {
    service.record = [1, 2, 3, 4].map((seq) => final(seq));
    reader.event(final(1));
    reader.event(final(4));
    expect(service.asked).toEqual([1]);
    await service.answerAll();
    expect(ids(reader)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  it("includes what arrives while the history is on its way", async () => {
    reader.event(final(1));
    reader.refresh();
    service.record = [1, 2, 3].map((seq) => final(seq));
    reader.event(final(3));
    await service.answerAll();
    expect(ids(reader)).toEqual(["m1", "m2", "m3"]);
  });

  it("is asked for again where the service is away", async () => {
    const failing = vi.fn(() => Promise.reject(new Error("away")));
    const other = new RecordReader({ history: failing, minutes: service.minutes }, () => undefined);
    other.refresh();
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(2 * ASK_AGAIN_MS);
    expect(failing).toHaveBeenCalledTimes(3);
    other.close();
    await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS);
    expect(failing).toHaveBeenCalledTimes(3);
  });

  it("is asked for again where the history is behind the captions", async () => {
    service.record = [final(1)];
    reader.refresh();
    await service.answerAll();
    reader.event(final(3));
    await service.answerAll();
    service.record = [1, 2, 3].map((seq) => final(seq));
    await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS);
    await service.answerAll();
    expect(ids(reader)).toEqual(["m1", "m2", "m3"]);
  });
});

describe("a partial", () => {
  it("goes when nothing comes any more: its agent may be dead", async () => {
    reader.event(partial(1, 0));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    await service.answerAll();
    expect([ids(reader), service.asked]).toEqual([[], [0]]);
  });

  it("goes when others have spoken on for as long", () => {
    reader.event(partial(1, 1_000));
    reader.event(partial(2, 1_000 + QUIET_MS));
    expect(ids(reader)).toEqual(["m2"]);
  });

  it("goes with the connection, and comes back with its next update", () => {
    reader.event(partial(1, 0));
    reader.interrupted();
    expect(ids(reader)).toEqual([]);
    reader.event(partial(1, 1));
    expect(ids(reader)).toEqual(["m1"]);
  });
});

it("a number that is taken by another line says that a new meeting has begun", async () => {
  service.record = [1, 2].map((seq) => final(seq));
  reader.refresh();
  await service.answerAll();
  service.meeting = "n";
  service.record = [final(1, "n")];
  reader.event(final(1, "n"));
  await service.answerAll();
  expect([ids(reader), reader.captions.meeting]).toEqual([["n1"], "n"]);
});

it("the minutes are fetched once they are there", async () => {
  service.state = "ended";
  reader.refresh();
  await service.answerAll();
  service.state = "delivered";
  await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS);
  await service.answerAll();
  expect([reader.minutes?.title, service.asked.length]).toEqual(["Conseil", 2]);
});

/**
 * A meeting in which lines are committed, shown late, twice, out of order or not at all; the
 * connection is cut, answers are late, and a second meeting may follow in the same room.
 */
describe("whatever the order of things", () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))("the record shows whole, once (seed %i)", async (seed) => {
    const random = generator(seed);
    const pick = (below: number): number => Math.floor(random() * below);
    const onTheWay: { line: RecordLine; meeting: string }[] = [];
    let online = true;
    for (let step = 0; step < 80; step += 1) {
      const next = service.record.length + 1;
      switch (pick(9)) {
        case 0:
        case 1: {
          const line = gapOrFinal(next, service.meeting, random);
          service.record = [...service.record, line];
          if (online && random() < 0.9) onTheWay.push({ line, meeting: service.meeting });
          break;
        }
        case 2:
        case 3: {
          const [sent] = onTheWay.splice(pick(onTheWay.length), 1);
          if (sent && online) reader.event(sent.line);
          if (sent && random() < 0.2) onTheWay.push(sent);
          break;
        }
        case 4:
          if (online) reader.event(partial(next - pick(2), step, service.meeting));
          break;
        case 5:
        case 6:
          await service.answer();
          break;
        case 7:
          online = !online;
          onTheWay.length = 0;
          if (online) reader.refresh();
          else reader.interrupted();
          break;
        case 8:
          if (service.meeting === "m" && random() < 0.1) {
            // What is under way of the old meeting has arrived before a new one is opened.
            onTheWay.length = 0;
            service.meeting = "n";
            service.record = [];
            if (online) reader.refresh();
          }
          break;
      }
    }
    reader.interrupted();
    reader.refresh();
    for (let round = 0; round < 4; round += 1) {
      await service.answerAll();
      await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS);
    }
    expect(reader.captions.lines).toEqual(service.record);
    for (const line of service.record) reader.event(partial(line.seq, 1_000, service.meeting));
    for (const line of service.record) reader.event(line);
    expect(reader.captions.lines).toEqual(service.record);
  });
});

function gapOrFinal(seq: number, meeting: string, random: () => number): RecordLine {
  const line = final(seq, meeting);
  if (random() > 0.2) return line;
  const { id, speaker, startMs, endMs } = line;
  return { kind: "gap", id, speaker, seq, startMs, endMs, reason: "restart" };
}

/** A small generator of numbers from 0 to 1 (mulberry32): the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
