import assert from "node:assert/strict";
import { test } from "node:test";
import { statusOf } from "../src/core/reduce.ts";
import { Driver } from "./drive.ts";

const status = (d: Driver) => statusOf(d.state, d.nowMs);

test("the player is held until the first proof has passed, then plays by itself", () => {
  const d = new Driver().put({ type: "start" }).look("play", { playing: true });
  assert.equal(d.did("pause"), 1);
  d.look("pause", { playing: false }).join();
  assert.deepEqual([status(d).hold, status(d).reason], ["proof", "AWAITING_PROOF"]);
  d.take().say({ t: "resume" });
  assert.equal(d.did("play"), 1);
  assert.equal(d.events("released").length, 1);
});

test("a learner who never pressed play is not started", () => {
  const d = new Driver().put({ type: "start" }).join().say({ t: "resume" });
  assert.equal(d.did("play"), 0);
});

test("once released, an old reason is not shown: the learner is told to play", () => {
  const d = new Driver().put({ type: "start" }).join().look("again").ackLast({ counting: false, reason: "AWAITING_PROOF" });
  assert.equal(status(d).reason, "AWAITING_PROOF");
  d.take().say({ t: "resume" });
  assert.deepEqual([status(d).reason, status(d).hold, d.did("look")], ["PLAYER_PAUSED", null, 1]);
});

test("a pause order holds against the play button, and says why", () => {
  const d = new Driver().counting();
  d.say({ t: "pause", reason: "NO_FACE", message: "No face was seen." });
  assert.equal(d.did("pause"), 1);
  assert.deepEqual([status(d).hold, status(d).reason, status(d).message], ["server", "NO_FACE", "No face was seen."]);
  d.look("pause", { playing: false }).look("play", { playing: true });
  assert.equal(d.did("pause"), 2);
  d.look("pause", { playing: false }).take().say({ t: "resume" });
  assert.equal(d.did("play"), 1);
});

test("the learner's own pause is respected when an order ends", () => {
  const d = new Driver().counting();
  d.look("pause", { playing: false });
  d.say({ t: "pause", reason: "NO_FACE", message: "" }).take().say({ t: "resume" });
  assert.equal(d.did("play"), 0);
});

test("a pause of the browser in a hidden page is not the learner's", () => {
  const d = new Driver().counting();
  d.look("visibility", { visible: false }).look("pause", { playing: false });
  d.say({ t: "pause", reason: "PAGE_HIDDEN", message: "" }).look("visibility", { visible: true }).take().say({ t: "resume" });
  assert.equal(d.did("play"), 1);
});

test("seeking past the furthest point is set back at once; going back is free", () => {
  const d = new Driver().counting();
  for (let i = 0; i < 20; i += 1) {
    d.wait(1_000);
    if (d.state.inflightAtMs !== null) d.ackLast();
  }
  d.take().look("seeking", { playheadMs: 5_000 }).look("seeked", { playheadMs: 5_000 });
  assert.equal(d.did("seek"), 0);
  d.nowMs += 300;
  d.take().look("seeking", { playheadMs: 400_000 });
  const [seek] = d.effects.filter((effect) => effect.do === "seek");
  assert.deepEqual(seek, { do: "seek", toMs: 20_000 });
  assert.equal(d.events("set-back")[0]?.reason, "SEEK_FORWARD");
});

test("a seek that hides its events does not move the furthest point", () => {
  const d = new Driver().counting();
  d.wait(5_000).ackLast();
  d.nowMs += 1_000;
  d.look("tick", { playheadMs: 300_000 });
  assert.equal(d.state.furthestMs, 5_000);
  d.wait(3_000);
  assert.equal(d.state.furthestMs, 5_000);
});

test("the service's seek order is obeyed, and a refused speed is set back to normal", () => {
  const d = new Driver().counting();
  d.say({ t: "seek", to_ms: 3_000, reason: "RATE_TOO_FAST", message: "Too fast." });
  assert.deepEqual(d.effects.filter((effect) => effect.do === "seek"), [{ do: "seek", toMs: 3_000 }]);
  assert.equal(d.did("normalRate"), 1);
  assert.equal(d.events("set-back")[0]?.message, "Too fast.");
});

test("after a reload the session is resumed where the learner was", () => {
  const d = new Driver({ saved: { sessionId: "s1", token: "token-1", playheadMs: 42_000, wantPlay: true, clientNonce: "" } }).look("hints").put({ type: "start" });
  d.join({ resumed: true, seq: 9, frontier_ms: 40_000 });
  assert.deepEqual(d.effects.filter((effect) => effect.do === "seek"), [{ do: "seek", toMs: 40_000 }]);
  assert.equal(status(d).hold, "proof");
  d.look("again").take().ackLast({ counting: false, reason: "PLAYER_PAUSED" });
  assert.equal(d.did("play"), 1);
});

test("after a reload during the first proof the player stays held", () => {
  const d = new Driver({ saved: { sessionId: "s1", token: "token-1", playheadMs: 0, wantPlay: true, clientNonce: "" } }).look("hints").put({ type: "start" });
  d.join({ resumed: true, seq: 1 }).look("again").ackLast({ counting: false, reason: "AWAITING_PROOF" });
  assert.equal(status(d).hold, "proof");
  assert.equal(d.did("play"), 0);
});

test("a pause order that ended while the connection was down is not kept", () => {
  const d = new Driver().counting().say({ t: "pause", reason: "NO_FACE", message: "" });
  d.lose(1006).wait(2_000).join({ resumed: true, seq: 5 }).look("again");
  assert.equal(status(d).hold, "server");
  d.take().ackLast();
  assert.equal(status(d).hold, null);
});

test("a pause order that is given again holds on", () => {
  const d = new Driver().counting().say({ t: "pause", reason: "NO_FACE", message: "" });
  d.lose(1006).wait(2_000).join({ resumed: true, seq: 5 }).say({ t: "pause", reason: "NO_FACE", message: "" }).look("again").ackLast({ counting: false, reason: "NO_FACE" });
  assert.equal(status(d).hold, "server");
});

test("the status never says counting on its own", () => {
  const d = new Driver().counting();
  assert.equal(status(d).counting, true);
  d.wait(5_000).ackLast({ counting: false, reason: "PLAYER_STALLED" });
  assert.deepEqual([status(d).counting, status(d).reason], [false, "PLAYER_STALLED"]);
});

test("another medium in the same element is held, told, and counts nothing; the lesson itself goes on", () => {
  const d = new Driver().counting().wait(5_000).ackLast();
  const before = d.sample.playheadMs;
  d.take().look("loadstart", { other: true, playheadMs: 0, playing: true });
  assert.deepEqual(d.errors(), ["player.other_media"]);
  assert.deepEqual([status(d).hold, status(d).reason], ["media", "OTHER_MEDIA"]);
  assert.equal(d.did("pause"), 1);
  d.wait(6_000);
  const beats = d.sent().filter(({ t }) => t === "heartbeat");
  assert.ok(beats.length > 0 && beats.every((beat) => Number(beat["playhead_ms"]) <= before && (beat["hints"] as string[]).includes("other_media")));
  d.take().look("loadstart", { other: true });
  assert.deepEqual(d.errors(), [], "told once");
  d.look("loadstart", { other: false, playheadMs: before });
  assert.notEqual(status(d).hold, "media");
});
