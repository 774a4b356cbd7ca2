/** Counted and missing parts: where a player begins, goes back to, and ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCounted, nextMissing, partsOf } from "../src/core/parts.ts";
import { statusOf } from "../src/core/reduce.ts";
import { initial } from "../src/core/state.ts";
import { Driver, JOINED } from "./drive.ts";

const TWO = ["0-100000", "200000-300000"];
const seeks = (d: Driver): number[] => d.effects.flatMap((effect) => (effect.do === "seek" ? [effect.toMs] : []));
const finishes = (d: Driver): number => d.sent().filter(({ t }) => t === "finish").length;

function counting(counted: readonly string[], lessonMs = 400_000): Driver {
  const d = new Driver();
  d.state = { ...d.state, autoFinish: true };
  d.put({ type: "start" }).join({ counted, lesson_duration_ms: lessonMs, frontier_ms: 300_000 });
  d.say({ t: "resume" }).look("play", { playing: true });
  d.nowMs += 200;
  return d.look("again").ackLast({ counted });
}

/** Play on, with an acknowledgement that says what is counted. */
function played(d: Driver, ms: number, counted: readonly string[]): Driver {
  d.take().wait(ms);
  return d.ackLast({ counted });
}

test("a fresh player begins at the first missing second, not at the furthest one", () => {
  assert.deepEqual(seeks(counting(TWO)), [100_000]);
  assert.deepEqual(seeks(counting(["5000-9000"])), []);
  assert.deepEqual(seeks(counting(["500-9000"])), [9_000], "half a second is no missing part");
  assert.deepEqual(seeks(counting(["0-400000"])), [], "nothing is missing");
});

test("a page that set the player itself is left alone", () => {
  const d = new Driver().look("seeked", { playheadMs: 50_000 }).put({ type: "start" }).join({ counted: TWO });
  assert.deepEqual(seeks(d), []);
});

test("a part that is counted already is not said to be counted again, and the next missing one is named", () => {
  const d = counting(TWO);
  played(d, 5_000, ["0-105000", "200000-300000"]);
  assert.equal(statusOf(d.state, d.nowMs).counting, true);
  assert.equal(statusOf(d.state, d.nowMs).missingMs, -1);
  d.look("seeked", { playheadMs: 250_000 });
  const status = statusOf(d.state, d.nowMs);
  assert.deepEqual([status.counting, status.reason, status.missingMs], [false, "ALREADY_CREDITED", 300_000]);
  d.look("seeked", { playheadMs: 20_000 });
  assert.equal(statusOf(d.state, d.nowMs).missingMs, 105_000);
});

test("after an outage the player goes back to the last counted second, once", () => {
  const d = counting(["0-100000"]);
  played(d, 5_000, ["0-105000"]);
  d.look("seeked", { playheadMs: 114_000 }).ackLast({ counted: ["0-105000"] });
  assert.deepEqual(seeks(d), [105_000]);
  assert.deepEqual(d.events("set-back").map(({ toMs, reason }) => [toMs, reason]), [[105_000, "NETWORK_GAP"]]);
  played(d, 5_000, ["0-110000"]);
  assert.deepEqual(seeks(d), []);
});

test("where a lesson may be watched in any order, or the service names no parts, no player is set back", () => {
  for (const patch of [{ free_seek: true, counted: ["0-1000"] }, { counted: [] }]) {
    const d = new Driver().look("seeked", { playheadMs: 90_000 }).put({ type: "start" }).join({ frontier_ms: 100_000, ...patch });
    d.say({ t: "resume" }).look("play", { playing: true });
    d.nowMs += 200;
    d.look("again").take().ackLast({ counted: patch.counted });
    assert.deepEqual(seeks(d), []);
  }
});

test("at the lesson's end the session ends by itself, once all of it is counted", () => {
  const d = counting(["0-390000"]);
  d.take().wait(10_000).look("ended", { ended: true, playing: false, playheadMs: 400_000 });
  d.ackLast({ counted: ["0-395000"] });
  assert.equal(finishes(d), 0, "the end is not reported yet");
  d.wait(1_000).ackLast({ counted: ["0-400000"] });
  assert.equal(finishes(d), 1);
  assert.equal(d.state.finishing, true);
});

test("not while something is missing, and not where the page wants to end it", () => {
  const d = counting(["0-390000"]);
  d.look("ended", { ended: true, playing: false, playheadMs: 400_000 }).take();
  d.wait(1_000).ackLast({ counted: ["0-100000", "200000-400000"] });
  assert.equal(finishes(d), 0);
  assert.equal(statusOf(d.state, d.nowMs).missingMs, 100_000);
  d.state = { ...d.state, autoFinish: false };
  d.wait(6_000).ackLast({ counted: ["0-400000"] });
  assert.equal(finishes(d), 0);
});

test("parts, one by one", () => {
  const parts = partsOf(TWO);
  assert.equal(isCounted(parts, 99_000), false, "the last moment of a part is played on");
  assert.equal(isCounted(parts, 0), true);
  assert.equal(nextMissing(parts, 350_000, 400_000), 350_000);
  assert.equal(nextMissing(parts, 399_000, 400_000), 100_000);
  assert.equal(nextMissing([], 0, 1_000), -1);
  assert.deepEqual(initial({ ...JOINED, token: "", locale: "en", sdk: "", clientNonce: "", saved: null, wantPlay: false, canRenew: false }).counted, []);
});

test("a challenge whose time is up is not said to be counted beside it", () => {
  const d = counting(["0-100000"]);
  d.say({ t: "challenge", challenge_id: "q1", kind: "confirm", within_ms: 1_000, options: ["a"] });
  assert.equal(statusOf(d.state, d.nowMs).counting, true);
  d.wait(2_000);
  assert.deepEqual([statusOf(d.state, d.nowMs).counting, statusOf(d.state, d.nowMs).reason], [false, "CHALLENGE_UNANSWERED"]);
});

test("a finished session says whether all of the lesson is credited, earlier visits included", () => {
  const end = (patch: object): boolean => {
    const d = counting(["0-100000"]).say({ t: "closed", reason: "SESSION_FINISHED", message: "", verified_ms: 300_000, undecided_ms: 0, ...patch });
    return statusOf(d.state, d.nowMs).creditedAll;
  };
  assert.equal(end({}), true);
  assert.equal(end({ verified_ms: 250_000 }), false);
  assert.equal(end({ undecided_ms: 5_000 }), false);
});

test("another language is told to the service by a new connection, and kept when it is taken over", () => {
  const d = counting([]).take().put({ type: "locale", locale: "zh-CN" });
  assert.equal(d.did("disconnect"), 1);
  d.lose(1006).take().wait(3_000).put({ type: "opened" });
  const join = d.sent().find(({ t }) => t === "join");
  assert.ok(join !== undefined && join["locale"] === undefined, "Chinese is the default and is left out");
});
