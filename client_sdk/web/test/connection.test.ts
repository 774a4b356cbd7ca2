import assert from "node:assert/strict";
import { test } from "node:test";
import { commitmentTo } from "../src/core/commitment.ts";
import { backoffMs, BACKOFF_MAX_MS } from "../src/core/limits.ts";
import { statusOf } from "../src/core/reduce.ts";
import { Driver, FRESH, JOINED, nonceOf } from "./drive.ts";

test("unreachable at the start: said once, tried again for ever, and the learner may watch meanwhile", () => {
  const d = new Driver().put({ type: "start" }).look("play", { playing: true });
  for (let i = 0; i < 6; i += 1) {
    d.lose(1006);
    d.wait(40_000);
  }
  assert.deepEqual(d.errors(), ["connection.unreachable"]);
  assert.equal(d.did("connect"), 7);
  assert.ok(d.did("pause") >= 1);
  assert.equal(statusOf(d.state, d.nowMs).hold, "joining");
  d.take().put({ type: "uncounted" });
  assert.equal(d.did("play"), 1);
  assert.equal(statusOf(d.state, d.nowMs).hold, null);
});

test("a lost connection is resumed with the session, and the chain starts from the service's number", () => {
  const d = new Driver().counting();
  d.lose(1006);
  assert.deepEqual(d.errors(), ["connection.lost"]);
  assert.equal(statusOf(d.state, d.nowMs).counting, false);
  d.wait(2_000);
  assert.equal(d.did("connect"), 1);
  d.take().put({ type: "opened" });
  assert.equal(d.sent()[0]?.["resume"], "s1");
  d.take().say({ ...JOINED, resumed: true, seq: 42, nonce: nonceOf(42) }).look("again");
  assert.deepEqual(d.sent().map(({ seq, nonce }) => [seq, nonce]), [[42, nonceOf(42)]]);
});

test("without a connection the player is held at once, and it plays on afterwards", () => {
  const d = new Driver().counting();
  d.lose(1006);
  assert.equal(d.did("pause"), 1);
  assert.equal(statusOf(d.state, d.nowMs).reason, "OFFLINE");
  assert.equal(d.events("held").at(-1)?.hold, "offline");
  d.look("pause", { playing: false });
  d.wait(60_000);
  d.take().join({ resumed: true, seq: 3 });
  assert.equal(d.did("play"), 1);
});

test("a browser that says it is offline is believed at once; the dead connection is given up", () => {
  const d = new Driver().counting().put({ type: "offline" });
  assert.equal(d.did("disconnect"), 1);
  d.lose(1006).take().put({ type: "offline" });
  assert.equal(d.did("disconnect"), 0);
});

const ENDS: [number, string][] = [[4400, "connection.bad_message!"], [4403, "connection.not_allowed!"], [4409, "session.superseded!"], [4401, "token.refused!"]];
for (const [code, error] of ENDS) {
  test(`close code ${code} ends the session with ${error}`, () => {
    const d = new Driver().counting().lose(code);
    assert.deepEqual(d.errors(), [error]);
    assert.equal(d.did("forget"), 1);
    assert.equal(d.did("closeCamera"), 1);
    assert.equal(d.did("pause"), 1, "the learner is stopped once, not for ever");
    d.take().wait(120_000);
    assert.equal(d.did("connect"), 0);
    d.look("play", { playing: true }).wait(5_000);
    assert.equal(d.did("pause"), 0);
  });
}

test("the service's own words explain a refusal", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" });
  d.say({ t: "error", code: "token.expired", message: "The token expired.", hint: "Reload.", fatal: true }).lose(4401);
  const [event] = d.events("error");
  assert.deepEqual(event?.error, { code: "token.expired", message: "The token expired.", hint: "Reload.", fatal: true });
});

test("an expired token in mid-session is renewed once or twice, then it is over", () => {
  const d = new Driver({ canRenew: true }).counting();
  d.lose(4401);
  assert.equal(d.did("askToken"), 1);
  assert.deepEqual(d.errors(), []);
  d.take().put({ type: "token", token: "token-2" });
  assert.equal(d.did("connect"), 1);
  d.take().put({ type: "opened" });
  assert.deepEqual([d.sent()[0]?.["token"], d.sent()[0]?.["resume"]], ["token-2", "s1"]);
  d.lose(4401).put({ type: "token", token: "token-3" }).put({ type: "opened" }).lose(4401);
  assert.deepEqual(d.errors(), ["token.refused!"]);
});

test("no fresh token to be had ends the session with a clear error", () => {
  const d = new Driver({ canRenew: true }).counting().lose(4401).put({ type: "token", token: "" });
  assert.deepEqual(d.errors(), ["token.unavailable!"]);
});

test("a session that is gone is replaced by a new one with a fresh nonce", () => {
  const d = new Driver({ saved: { sessionId: "old", token: "token-0", playheadMs: 5_000, wantPlay: true, clientNonce: "" } }).put({ type: "start" }).put({ type: "opened" });
  assert.deepEqual([d.sent()[0]?.["resume"], d.sent()[0]?.["token"]], ["old", "token-0"]);
  d.lose(4404);
  assert.equal(d.did("forget"), 1);
  d.wait(3_000).take().put({ type: "opened" });
  const [join] = d.sent();
  assert.deepEqual([join?.["resume"], join?.["client_nonce_c"], join?.["token"]], [undefined, commitmentTo(FRESH), "token-1"]);
});

test("after a reload an expired token of the old session gives way to the page's own", () => {
  const d = new Driver({ saved: { sessionId: "old", token: "token-0", playheadMs: 0, wantPlay: false, clientNonce: "" } }).put({ type: "start" }).put({ type: "opened" });
  d.say({ t: "error", code: "token.expired", message: "", fatal: true }).lose(4401);
  d.wait(3_000).take().put({ type: "opened" });
  assert.deepEqual([d.sent()[0]?.["resume"], d.sent()[0]?.["token"]], [undefined, "token-1"]);
});

test("a reload that comes before the service noticed the old page's end is tried again", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" });
  d.say({ t: "error", code: "token.in_use", message: "", fatal: true }).lose(4401);
  assert.deepEqual(d.errors(), []);
  d.wait(3_000);
  assert.equal(d.did("connect"), 2);
});

test("taking over is offered where it can work: the same session, or a new token to be had", () => {
  assert.equal(statusOf(new Driver().counting().lose(4409).state, 0).canTakeOver, true);
  const closed = { t: "closed", reason: "SUPERSEDED", message: "", verified_ms: 0, undecided_ms: 0 };
  assert.equal(statusOf(new Driver().counting().say(closed).lose(4409).state, 0).canTakeOver, false);
  assert.equal(statusOf(new Driver({ canRenew: true }).counting().say(closed).lose(4409).state, 0).canTakeOver, true);
});

test("too fast: a whole minute of silence", () => {
  const d = new Driver().counting().lose(4429);
  d.take().wait(59_000);
  assert.equal(d.did("connect"), 0);
  d.wait(2_000);
  assert.equal(d.did("connect"), 1);
});

test("the network coming back shortens the wait", () => {
  const d = new Driver().counting();
  for (let i = 0; i < 8; i += 1) d.lose(1012).wait(40_000);
  d.lose(1012).take().put({ type: "online" });
  assert.equal(d.did("connect"), 1);
});

test("a connection that opens but says nothing is given up", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" });
  d.wait(12_000);
  assert.ok(d.did("disconnect") >= 1);
});

test("back-off grows, has jitter and an end", () => {
  assert.equal(backoffMs(0, 0), 500);
  assert.equal(backoffMs(0, 1), 1_000);
  assert.equal(backoffMs(3, 0.5), 6_000);
  assert.equal(backoffMs(50, 1), BACKOFF_MAX_MS);
});

test("a broken chain is mended by resuming", () => {
  const d = new Driver().counting();
  d.say({ t: "error", code: "heartbeat.nonce", message: "Not used.", expected_seq: 9 });
  assert.deepEqual(d.errors(), ["heartbeat.nonce", "session.chain"]);
  assert.equal(d.did("disconnect"), 1);
});

test("messages that are not understood are left out, and the session goes on", () => {
  const d = new Driver().counting();
  d.put({ type: "text", text: "{" }).put({ type: "text", text: "[]" }).say({ t: "dance" }).say({ t: "ack", seq: "1" }).say({ t: "seek", to_ms: 1.5, reason: "", message: "" });
  assert.deepEqual(d.errors(), ["wire.not_json", "wire.invalid", "wire.unknown_type", "wire.invalid", "wire.invalid"]);
  d.wait(5_000);
  assert.equal(d.sent().length, 1);
});

test("closed: the end is told, and a late loss of the connection changes nothing", () => {
  const d = new Driver().counting();
  d.put({ type: "finish" });
  assert.deepEqual(d.sent(), [{ t: "finish" }]);
  d.say({ t: "closed", reason: "SESSION_FINISHED", message: "The session has ended.", verified_ms: 61_000, undecided_ms: 0 }).lose(4000);
  assert.equal(d.events("closed")[0]?.verifiedMs, 61_000);
  assert.deepEqual(d.errors(), []);
  const status = statusOf(d.state, d.nowMs);
  assert.deepEqual([status.hold, status.reason, status.connection, status.verifiedMs], ["ended", "SESSION_FINISHED", "closed", 61_000]);
});

test("a finish while the connection is down is sent after resuming", () => {
  const d = new Driver().counting().lose(1006).put({ type: "finish" });
  assert.deepEqual(d.sent(), []);
  d.wait(2_000).join({ resumed: true, seq: 2 });
  assert.deepEqual(d.sent().map(({ t }) => t), ["join", "finish"]);
});

test("a clock that went on by an hour at once is told; the session resumes", () => {
  const d = new Driver().counting().wait(3_000).take();
  d.nowMs += 3_600_000;
  d.look("tick");
  assert.deepEqual(d.errors(), ["clock.jumped"]);
  d.take().wait(3_000);
  assert.deepEqual(d.errors(), []);
});

test("a page of an origin that is not allowed ends with the service's own words", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" }).take();
  d.say({ t: "error", code: "origin.not_allowed", message: "Pages of this origin may not open sessions here.", fatal: true }).lose(4403);
  assert.deepEqual(d.errors(), ["origin.not_allowed!"]);
  assert.equal(d.state.connection, "closed");
});
