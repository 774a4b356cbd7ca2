/**
 * The messages of protocol 1 (docs/protocol.md): encoding, decoding, the binary capture frame.
 *
 * Field names are the wire's. Decoding is strict about types and lenient about fields it does not know, so that an
 * older page works with a newer service.
 */
import { CAPTURE_HEADER_MAX_BYTES, CAPTURE_MAX_BYTES, TEXT_MAX_BYTES } from "./limits.ts";

export interface Join {
  t: "join";
  protocol: number;
  token: string;
  /** SHA-256 commitment to the nonce that `reveal` opens. */
  client_nonce_c: string;
  sdk?: string;
  locale?: string;
  resume?: string;
  device?: string;
}
export interface Reveal {
  t: "reveal";
  client_nonce: string;
}
export interface Heartbeat {
  t: "heartbeat";
  seq: number;
  nonce: string;
  playhead_ms: number;
  playing: boolean;
  stalled?: boolean;
  ended?: boolean;
  rate_bp?: number;
  visible?: boolean;
  focused?: boolean;
  hints?: readonly string[];
}
export interface CaptureUnavailable {
  t: "capture_unavailable";
  capture_id: string;
  cause: string;
}
export interface Answer {
  t: "answer";
  challenge_id: string;
  answer: string;
}
export interface Ready {
  t: "ready";
  challenge_id: string;
  decline?: boolean;
}
export interface Finish {
  t: "finish";
}
export type ClientMessage = Join | Reveal | Heartbeat | CaptureUnavailable | Answer | Ready | Finish;

export interface CaptureHeader {
  capture_id: string;
  nonce: string;
  camera?: string;
  virtual_camera?: boolean;
  hints?: readonly string[];
}

export interface Joined {
  t: "joined";
  session_id: string;
  resumed: boolean;
  server_ms: number;
  seq: number;
  nonce: string;
  heartbeat_ms: number;
  frontier_ms: number;
  lesson_duration_ms: number;
  schedule_commitment: string;
  policy_name: string;
  policy_digest: string;
  captures: boolean;
  notices: readonly string[];
  pictures_days: number;
  /** Whether the service waits for `reveal`. */
  reveal: boolean;
  /** Whether a first viewing may skip ahead: a live broadcast, or rules that allow it. */
  free_seek: boolean;
}
export interface Ack {
  t: "ack";
  seq: number;
  nonce: string;
  counting: boolean;
  reason: string;
  verified_ms: number;
  pending_ms: number;
  frontier_ms: number;
}
export interface CaptureOrder {
  t: "capture";
  capture_id: string;
  nonce: string;
  within_ms: number;
  width_px: number;
  quality_pct: number;
  prompt: string;
}
export interface ChallengeOrder {
  t: "challenge";
  challenge_id: string;
  kind: string;
  within_ms: number;
  options: readonly string[];
  text: string;
  image: string;
  audio: string;
  variant: number;
  steps: number;
  labels: readonly string[];
}
export interface LivenessStepOrder {
  t: "liveness_step";
  challenge_id: string;
  step: number;
  of: number;
  action: string;
  nonce: string;
  within_ms: number;
  interval_ms: number;
  width_px: number;
  quality_pct: number;
  colour: string;
}
export interface LivenessHint {
  t: "liveness_hint";
  challenge_id: string;
  reason: string;
  message: string;
}
export interface ChallengeResult {
  t: "challenge_result";
  challenge_id: string;
  accepted: boolean;
  closed: boolean;
  reason: string;
}
export interface Pause {
  t: "pause";
  reason: string;
  message: string;
}
export interface Resume {
  t: "resume";
}
export interface Seek {
  t: "seek";
  to_ms: number;
  reason: string;
  message: string;
}
export interface MinuteSealed {
  t: "minute";
  index: number;
  verdict: string;
  verified_ms: number;
  reasons: readonly string[];
  messages: readonly string[];
}
export interface Closed {
  t: "closed";
  reason: string;
  message: string;
  verified_ms: number;
  undecided_ms: number;
}
export interface ErrorMessage {
  t: "error";
  code: string;
  message: string;
  hint: string;
  fatal: boolean;
  expected_seq: number;
}
export type ServerMessage =
  | Joined
  | Ack
  | CaptureOrder
  | ChallengeOrder
  | LivenessStepOrder
  | LivenessHint
  | ChallengeResult
  | Pause
  | Resume
  | Seek
  | MinuteSealed
  | Closed
  | ErrorMessage;

/** A field's type, or its default where it may be left out. */
type FieldSpec = "string" | "number" | "boolean" | { or: string | number | boolean | readonly string[] };
const NONE: FieldSpec = { or: "" };
const ZERO: FieldSpec = { or: 0 };
const LIST: FieldSpec = { or: [] };

const SERVER: { [T in ServerMessage["t"]]: { [F in Exclude<keyof Extract<ServerMessage, { t: T }>, "t">]: FieldSpec } } = {
  joined: {
    session_id: "string", resumed: "boolean", server_ms: "number", seq: "number", nonce: "string",
    heartbeat_ms: "number", frontier_ms: "number", lesson_duration_ms: "number", schedule_commitment: "string",
    policy_name: "string", policy_digest: "string", captures: "boolean", notices: LIST, pictures_days: ZERO,
    reveal: { or: false }, free_seek: { or: false },
  },
  ack: {
    seq: "number", nonce: "string", counting: "boolean", reason: NONE, verified_ms: ZERO, pending_ms: ZERO,
    frontier_ms: ZERO,
  },
  capture: {
    capture_id: "string", nonce: "string", within_ms: "number", width_px: "number", quality_pct: "number", prompt: NONE,
  },
  challenge: {
    challenge_id: "string", kind: "string", within_ms: "number", options: LIST, text: NONE, image: NONE, audio: NONE,
    variant: ZERO, steps: ZERO, labels: LIST,
  },
  liveness_step: {
    challenge_id: "string", step: "number", of: "number", action: "string", nonce: "string", within_ms: "number",
    interval_ms: { or: 200 }, width_px: { or: 480 }, quality_pct: { or: 80 }, colour: NONE,
  },
  liveness_hint: { challenge_id: "string", reason: NONE, message: NONE },
  challenge_result: { challenge_id: "string", accepted: "boolean", closed: "boolean", reason: NONE },
  pause: { reason: "string", message: "string" },
  resume: {},
  seek: { to_ms: "number", reason: "string", message: "string" },
  minute: { index: "number", verdict: "string", verified_ms: "number", reasons: LIST, messages: LIST },
  closed: { reason: "string", message: "string", verified_ms: "number", undecided_ms: "number" },
  error: { code: "string", message: "string", hint: NONE, fatal: { or: false }, expected_seq: ZERO },
};

export type Decoded =
  | { ok: true; message: ServerMessage }
  | { ok: false; code: "wire.not_json" | "wire.unknown_type" | "wire.invalid"; detail: string };

/** Decode a text frame from the service; never throws. */
export function decodeServer(text: string): Decoded {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, code: "wire.not_json", detail: "not JSON" };
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return { ok: false, code: "wire.invalid", detail: "not an object" };
  }
  const given = raw as Record<string, unknown>;
  const type = given["t"];
  if (typeof type !== "string" || !Object.prototype.hasOwnProperty.call(SERVER, type)) {
    return { ok: false, code: "wire.unknown_type", detail: `t = ${String(type).slice(0, 40)}` };
  }
  const message: Record<string, unknown> = { t: type };
  for (const [name, spec] of Object.entries(SERVER[type as ServerMessage["t"]]) as [string, FieldSpec][]) {
    const value = given[name];
    if (value === undefined && typeof spec === "object") message[name] = spec.or;
    else if (fits(value, spec)) message[name] = value;
    else return { ok: false, code: "wire.invalid", detail: `${type}.${name}` };
  }
  return { ok: true, message: message as unknown as ServerMessage };
}

function fits(value: unknown, spec: FieldSpec): boolean {
  const model = typeof spec === "object" ? spec.or : undefined;
  if (Array.isArray(model)) return Array.isArray(value) && value.every((entry) => typeof entry === "string");
  const type = model === undefined ? spec : typeof model;
  if (type === "number") return typeof value === "number" && Number.isSafeInteger(value);
  return typeof value === type;
}

/** Order of fields on the wire, and the defaults that are left out: what the golden vectors hold. */
const CLIENT: Record<ClientMessage["t"] | "capture_header", readonly (readonly [string, unknown?])[]> = {
  join: [["protocol"], ["token"], ["client_nonce_c"], ["sdk", ""], ["locale", "zh-CN"], ["resume", ""], ["device", ""]],
  reveal: [["client_nonce"]],
  heartbeat: [
    ["seq"], ["nonce"], ["playhead_ms"], ["playing"], ["stalled", false], ["ended", false], ["rate_bp", 10_000],
    ["visible", true], ["focused", true], ["hints", []],
  ],
  capture_unavailable: [["capture_id"], ["cause"]],
  answer: [["challenge_id"], ["answer"]],
  ready: [["challenge_id"], ["decline", false]],
  finish: [],
  capture_header: [["capture_id"], ["nonce"], ["camera", ""], ["virtual_camera", false], ["hints", []]],
};

function compact(fields: object, order: readonly (readonly [string, unknown?])[]): Record<string, unknown> {
  const given = fields as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [name, fallback] of order) {
    const value = given[name];
    if (value === undefined || value === fallback || (Array.isArray(value) && value.length === 0)) continue;
    out[name] = value;
  }
  return out;
}

/** Encode a client's message as JSON text; defaults are left out. */
export function encodeClient(message: ClientMessage): string {
  return JSON.stringify({ t: message.t, ...compact(message, CLIENT[message.t]) });
}

/**
 * Build the binary frame: 4 bytes big-endian header length, JSON header, picture.
 *
 * @throws RangeError when the header or the picture is over the protocol's limit, or the picture is empty.
 */
export function encodeCapture(header: CaptureHeader, picture: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(JSON.stringify(compact(header, CLIENT.capture_header)));
  if (head.length > CAPTURE_HEADER_MAX_BYTES) throw new RangeError(`capture header of ${head.length} bytes`);
  if (picture.length === 0 || picture.length > CAPTURE_MAX_BYTES) {
    throw new RangeError(`picture of ${picture.length} bytes; 1 to ${CAPTURE_MAX_BYTES} are allowed`);
  }
  const frame = new Uint8Array(4 + head.length + picture.length);
  new DataView(frame.buffer).setUint32(0, head.length);
  frame.set(head, 4);
  frame.set(picture, 4 + head.length);
  return frame;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether a text frame would be refused by the service for its size. */
export function tooLong(text: string): boolean {
  return text.length > TEXT_MAX_BYTES || (text.length * 3 > TEXT_MAX_BYTES && utf8(text).length > TEXT_MAX_BYTES);
}
