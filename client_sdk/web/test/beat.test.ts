import assert from "node:assert/strict";
import { test } from "node:test";
import { Driver, nonceOf } from "./drive.ts";

test("joins with the token in the message, then reports at once", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" });
  const [join] = d.sent();
  assert.equal(join?.t, "join");
  assert.equal(join?.["token"], "token-1");
  assert.equal(join?.["resume"], undefined);
  d.take().join();
  assert.equal(d.did("openCamera"), 1);
  assert.equal(d.did("look"), 1);
  d.take().look("again");
  assert.deepEqual(d.sent(), [{ t: "heartbeat", seq: 1, nonce: nonceOf(1), playhead_ms: 0, playing: false }]);
});

test("one beat is under way at a time, and each carries the nonce of the last acknowledgement", () => {
  const d = new Driver().counting();
  const first = d.state.seq + 1;
  d.nowMs += 500;
  d.look("pause", { playing: false }).look("play", { playing: true }).look("visibility", { visible: false });
  assert.equal(d.sent().length, 1);
  assert.equal(d.sent()[0]?.["seq"], first);
  d.take().say({ t: "ack", seq: first, nonce: "b".repeat(32), counting: true });
  assert.equal(d.sent().length, 0);
  assert.equal(d.did("look"), 1, "what changed meanwhile is looked at again");
  d.nowMs += 200;
  d.take().look("again");
  assert.deepEqual(d.sent().map(({ seq, nonce, visible }) => [seq, nonce, visible]), [[first + 1, "b".repeat(32), false]]);
});

test("beats come every heartbeat_ms while nothing changes", () => {
  const d = new Driver().counting();
  for (let i = 0; i < 20; i += 1) {
    d.wait(1_000);
    if (d.state.inflightAtMs !== null) d.ackLast();
  }
  assert.equal(d.sent().length, 4);
});

test("a storm of changes does not become a storm of messages", () => {
  const d = new Driver().counting();
  for (let i = 0; i < 1_000; i += 1) {
    d.nowMs += 2;
    d.look("seeking", { playheadMs: 0 });
    if (d.state.inflightAtMs !== null) d.ackLast();
  }
  assert.ok(d.sent().length <= 21, `${d.sent().length} messages in 2 s`);
  assert.ok(d.sent().length >= 10, "but it is reported");
});

test("a page that is being frozen reports without delay", () => {
  const d = new Driver().counting();
  d.nowMs += 10;
  d.look("freeze", { visible: false });
  assert.equal(d.sent().length, 1);
});

test("an acknowledgement of another beat is not used", () => {
  const d = new Driver().counting();
  d.wait(5_000);
  const { seq, nonce } = d.state;
  d.say({ t: "ack", seq: seq + 7, nonce: "e".repeat(32), counting: true, verified_ms: 9 });
  assert.deepEqual([d.state.seq, d.state.nonce, d.state.verifiedMs], [seq, nonce, 0]);
});

test("a beat without acknowledgement means a dead connection", () => {
  const d = new Driver().counting();
  d.wait(5_000);
  assert.equal(d.sent().length, 1);
  d.wait(13_000);
  assert.ok(d.did("disconnect") >= 1);
});

test("claims are sent within the protocol's bounds", () => {
  const d = new Driver().counting();
  d.nowMs += 300;
  d.look("hints", { playheadMs: -3.7, rateBp: 1e9, hints: ["x".repeat(200), ...Array<string>(40).fill("y")] });
  const [beat] = d.sent();
  assert.equal(beat?.["playhead_ms"], 0);
  assert.equal(beat?.["rate_bp"], 1_000_000);
  const hints = beat?.["hints"] as string[];
  assert.equal(hints.length, 16);
  assert.equal(hints[0]?.length, 64);
});
