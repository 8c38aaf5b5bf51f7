/** The rooms service over HTTP, as docs/protocol.md has it. */

import type { History, RecordLine } from "./captions-state.js";

export type Mode = "speak" | "read";

export interface Seat {
  readonly serverUrl: string;
  readonly token: string;
  readonly room: string;
  readonly identity: string;
}

export interface TokenRequest {
  readonly room: string;
  readonly name: string;
  readonly mode: Mode;
}

export type MeetingState = "live" | "ended" | "delivered" | "failed";

export interface RoomHistory extends History {
  readonly state: MeetingState | null;
}

/** The service said no (`status` is its HTTP status), or could not be reached (`status` 0). */
export class ServiceError extends Error {
  constructor(readonly status: number) {
    super(status === 0 ? "the rooms service can't be reached" : `the rooms service said ${status}`);
  }
}

/** A seat in the room; with `earlier`, the same person's again. */
export async function requestSeat(request: TokenRequest, earlier?: Seat): Promise<Seat> {
  const body = {
    room_name: request.room,
    participant_name: request.name,
    mode: request.mode,
    ...(earlier && { participant_identity: earlier.identity }),
  };
  const answer = (await call("POST", "/api/token", earlier?.token, body)) as {
    server_url: string;
    participant_token: string;
    room_name: string;
    participant_identity: string;
  };
  return {
    serverUrl: answer.server_url,
    token: answer.participant_token,
    room: answer.room_name,
    identity: answer.participant_identity,
  };
}

/** The lines of the room's newest meeting after number `after`. */
export async function fetchHistory(seat: Seat, after: number): Promise<RoomHistory> {
  const path = `${roomPath(seat)}/history?after=${after}`;
  const answer = (await call("GET", path, seat.token)) as {
    meeting: string | null;
    state: MeetingState | null;
    lines: WireLine[];
  };
  return { meeting: answer.meeting, state: answer.state, lines: answer.lines.map(recordLine) };
}

/** The minutes as the service has them, or undefined while there are none. */
export async function fetchMinutes(seat: Seat): Promise<unknown> {
  try {
    return await call("GET", `${roomPath(seat)}/minutes`, seat.token);
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return undefined;
    throw error;
  }
}

export type Wanted = "start" | "stop" | "pause" | "resume";

export async function setTranscription(seat: Seat, wanted: Wanted): Promise<void> {
  await call("POST", `${roomPath(seat)}/transcription/${wanted}`, seat.token);
}

/** `auto`: the language that is spoken is detected. */
export type Spoken = "auto" | "fr" | "en";

export interface Choice {
  readonly language?: Spoken;
  readonly transcribed?: boolean;
}

/** For oneself; what is absent stays as it is. */
export async function choose(seat: Seat, choice: Choice): Promise<void> {
  await call("PATCH", `${roomPath(seat)}/people/${encodeURIComponent(seat.identity)}`, seat.token, choice);
}

interface WireLine {
  id: string;
  seq: number;
  identity: string;
  name: string;
  start_ms: number;
  end_ms: number;
  text: string;
  language: string;
  reason: string | null;
}

function recordLine(line: WireLine): RecordLine {
  const timed = {
    id: line.id,
    seq: line.seq,
    speaker: { identity: line.identity, name: line.name },
    startMs: line.start_ms,
    endMs: line.end_ms,
  };
  return line.reason
    ? { kind: "gap", ...timed, reason: line.reason }
    : { kind: "final", ...timed, text: line.text, language: line.language };
}

function roomPath(seat: Seat): string {
  return `/api/rooms/${encodeURIComponent(seat.room)}`;
}

/** On a network that has gone silent a request would wait for minutes, and longer than the silence. */
const PATIENCE_MS = 10_000;

async function call(
  method: string,
  path: string,
  token?: string,
  body?: unknown,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ServiceError(0);
  }
  if (!response.ok) throw new ServiceError(response.status);
  const text = await response.text().catch(() => {
    throw new ServiceError(0);
  });
  return text ? (JSON.parse(text) as unknown) : undefined;
}
