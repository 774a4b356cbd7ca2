/**
 * The codec of protocol 1 (docs/protocol.md): encoding, decoding, the binary capture frame; the tables are in wire_tables.ts.
 *
 * Decoding is strict about types and lenient about fields that it does not know, so that an older page works with a
 * newer service.
 */
import type { CaptureHeader, ClientMessage, ServerMessage } from "./wire.ts";
import { CLIENT, SERVER, type FieldSpec } from "./wire_tables.ts";
import { CAPTURE_HEADER_MAX_BYTES, CAPTURE_MAX_BYTES, TEXT_MAX_BYTES } from "./wire_limits.ts";

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
