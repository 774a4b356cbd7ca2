import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeServer, encodeCapture, encodeClient } from "../src/core/codec.ts";
import type { Sample } from "../src/core/state.ts";
import type { CaptureHeader, ClientMessage } from "../src/core/wire.ts";
import { CAPTURE_MAX_BYTES } from "../src/core/wire_limits.ts";
import { Driver } from "./drive.ts";

declare const __ROOT__: string;
const folder = `${__ROOT__}../../tests/vectors/`;
const load = (name: string) => JSON.parse(readFileSync(folder + name, "utf8"));
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

const client = load("wire_client.json") as {
  messages: { name: string; fields: ClientMessage; text: string }[];
  captures: { name: string; header: CaptureHeader; picture_hex: string; frame_hex: string }[];
};
const server = load("wire_server.json") as {
  messages: { text: string; fields: object }[];
  left_out: { text: string; code: string }[];
};

for (const { name, fields, text } of client.messages) {
  test(`golden: ${name}`, () => assert.equal(encodeClient(fields), text));
}
for (const { name, header, picture_hex, frame_hex } of client.captures) {
  test(`golden capture: ${name}`, () => assert.equal(Buffer.from(encodeCapture(header, bytes(picture_hex))).toString("hex"), frame_hex));
}
for (const { text, fields } of server.messages) {
  test(`golden: ${text.slice(0, 60)}`, () => assert.deepEqual(decodeServer(text), { ok: true, message: fields }));
}
for (const { text, code } of server.left_out) {
  test(`left out: ${text.slice(0, 60)}`, () => {
    const decoded = decodeServer(text);
    assert.equal(decoded.ok ? "understood" : decoded.code, code);
  });
}

test("defaults that are given are left out", () => {
  const beat = { t: "heartbeat", seq: 1, nonce: "0".repeat(16), playhead_ms: 0, playing: true } as const;
  const full = { ...beat, stalled: false, ended: false, rate_bp: 10_000, visible: true, focused: true, hints: [] };
  assert.equal(encodeClient(full), encodeClient(beat));
});

test("a newer service's extra field does not disturb this client", () => {
  assert.deepEqual(decodeServer('{"t":"resume","since":3}'), { ok: true, message: { t: "resume" } });
});

test("a capture over the limits is refused before it is sent", () => {
  const header = { capture_id: "c", nonce: "0".repeat(16) };
  assert.throws(() => encodeCapture(header, new Uint8Array(0)), RangeError);
  assert.throws(() => encodeCapture(header, new Uint8Array(CAPTURE_MAX_BYTES + 1)), RangeError);
  assert.throws(() => encodeCapture({ ...header, hints: Array<string>(60).fill("x".repeat(64)) }, new Uint8Array(1)), RangeError);
});

interface Step {
  opened?: boolean;
  server?: object;
  sample?: { playhead_ms: number; playing: boolean };
  wait_ms?: number;
  lost?: number;
  expect: Record<string, unknown>[];
}
for (const { name, steps } of (load("dialogues.json") as { dialogues: { name: string; steps: Step[] }[] }).dialogues) {
  test(`dialogue: ${name}`, () => {
    const d = new Driver().put({ type: "start" });
    for (const step of steps) {
      d.take();
      if (step.wait_ms !== undefined) {
        if (d.state.connection === "waiting") d.wait(step.wait_ms);
        else d.nowMs += step.wait_ms;
      }
      if (step.opened === true) d.put({ type: "opened" });
      if (step.server !== undefined) d.say(step.server);
      if (step.lost !== undefined) d.lose(step.lost);
      if (step.sample !== undefined) {
        const now: Partial<Sample> = { playheadMs: step.sample.playhead_ms, playing: step.sample.playing };
        d.look(step.sample.playing ? "play" : "hints", now);
      }
      const sent = d.sent();
      assert.equal(sent.length, step.expect.length, JSON.stringify({ step, sent }));
      step.expect.forEach((expected, index) => {
        for (const [field, value] of Object.entries(expected)) assert.equal(sent[index]?.[field] ?? null, value, field);
      });
    }
  });
}
