import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FRAME_GAP_MIN_MS, frameDue, FRAMES_PER_TRY_MAX, type Pace } from "../src/core/frame_pace.ts";
import { Driver, nonceOf } from "./drive.ts";

declare const __ROOT__: string;

interface Step {
  server?: object;
  ready?: string;
  decline?: string;
  lost?: number;
  opened?: boolean;
  expect: Record<string, unknown>[];
  frame_nonce: string | null;
}
const { joined, dialogues } = JSON.parse(readFileSync(`${__ROOT__}../../tests/vectors/liveness_dialogues.json`, "utf8")) as {
  joined: object;
  dialogues: { name: string; steps: Step[] }[];
};

/** The nonce of a frame taken now, as the shell hears it from the effects. */
function frameNonce(d: Driver, before: string | null): string | null {
  return d.effects.reduce<string | null>((now, effect) => (effect.do === "frames" ? effect.step.nonce : effect.do === "framesOff" ? null : now), before);
}

for (const { name, steps } of dialogues) {
  test(`liveness: ${name}`, () => {
    const d = new Driver().put({ type: "start" }).put({ type: "opened" }).say(joined);
    let nonce: string | null = null;
    for (const step of steps) {
      d.take();
      if (step.server !== undefined) d.say(step.server);
      if (step.ready !== undefined) d.put({ type: "ready", challengeId: step.ready, decline: false });
      if (step.decline !== undefined) d.put({ type: "ready", challengeId: step.decline, decline: true });
      if (step.lost !== undefined) d.lose(step.lost);
      if (step.opened === true) {
        d.wait(60_000);
        d.take().put({ type: "opened" });
      }
      const sent = d.sent().filter(({ t }) => t !== "heartbeat");
      assert.equal(sent.length, step.expect.length, JSON.stringify({ step, sent }));
      step.expect.forEach((expected, index) => {
        for (const [field, value] of Object.entries(expected)) assert.equal(sent[index]?.[field] ?? null, value, field);
      });
      nonce = frameNonce(d, nonce);
      assert.equal(nonce, step.frame_nonce, JSON.stringify(step));
    }
  });
}

const LIVE = { t: "challenge", challenge_id: "q", kind: "liveness", within_ms: 60_000, steps: 1 };
const HOLD = { t: "liveness_step", challenge_id: "q", step: 1, of: 2, action: "hold", nonce: nonceOf(1), within_ms: 7_000, interval_ms: 250 };

test("the page hears of steps, guidance, and of a try that broke off", () => {
  const d = new Driver().counting().say(LIVE).take().put({ type: "ready", challengeId: "q", decline: false }).say(HOLD);
  assert.equal(d.events("liveness-step")[0]?.step.action, "hold");
  d.say({ t: "liveness_hint", challenge_id: "q", reason: "TOO_DARK", message: "Darker than it should be." });
  assert.deepEqual(d.events("liveness-hint").map(({ reason }) => reason), ["TOO_DARK"]);
  d.take().lose(1006);
  assert.equal(d.events("liveness-broken").length, 1);
});

test("guidance before a try has begun is not shown", () => {
  const d = new Driver().counting().say(LIVE).take().say({ t: "liveness_hint", challenge_id: "q", reason: "TOO_DARK" });
  assert.equal(d.events("liveness-hint").length, 0);
});

test("the end of the session ends the frames", () => {
  const d = new Driver().counting().say(LIVE).say(HOLD).take();
  d.say({ t: "closed", reason: "SESSION_FINISHED", message: "", verified_ms: 0, undecided_ms: 0 });
  assert.equal(d.did("framesOff"), 1);
});

test("a challenge that another one replaces sends no frames any more", () => {
  const d = new Driver().counting().say(LIVE).say(HOLD).take().say({ ...LIVE, challenge_id: "r" });
  assert.equal(d.did("framesOff"), 1);
});

const PACE: Pace = { intervalMs: 200, lastAtMs: 1_000, sent: 3, encoding: false, waitingBytes: 0, lastBytes: 20_000 };

test("frames keep the ordered pace, and never more than the service takes", () => {
  assert.equal(frameDue(PACE, 1_100), false);
  assert.equal(frameDue(PACE, 1_200), true);
  assert.equal(frameDue({ ...PACE, intervalMs: 10 }, 1_000 + FRAME_GAP_MIN_MS - 1), false);
  assert.ok(1_000 / FRAME_GAP_MIN_MS < 6);
  assert.equal(frameDue({ ...PACE, sent: FRAMES_PER_TRY_MAX }, 9_000), false);
});

test("a slow connection gets fewer frames, not a longer queue", () => {
  assert.equal(frameDue({ ...PACE, waitingBytes: 20_000 }, 9_000), true);
  assert.equal(frameDue({ ...PACE, waitingBytes: 20_001 }, 9_000), false);
  assert.equal(frameDue({ ...PACE, encoding: true }, 9_000), false);
});

test("nothing of a liveness try needs the learner's session to be new", () => {
  const d = new Driver({ saved: { sessionId: "s1", token: "t", playheadMs: 0, wantPlay: true, clientNonce: "" } });
  d.put({ type: "start" }).join({ resumed: true }).say(LIVE).take().put({ type: "ready", challengeId: "q", decline: false });
  assert.deepEqual(d.sent().filter(({ t }) => t === "ready"), [{ t: "ready", challenge_id: "q" }]);
});
