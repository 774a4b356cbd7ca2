import assert from "node:assert/strict";
import { test } from "node:test";
import { LEAST_WIDTH_PX, pictureSize } from "../src/core/picture_size.ts";
import { Driver } from "./drive.ts";

const CAPTURE = { t: "capture", capture_id: "c1", nonce: "ab".repeat(16), within_ms: 15_000, width_px: 480, quality_pct: 80 };
const CHALLENGE = { t: "challenge", challenge_id: "q1", kind: "confirm", within_ms: 90_000, options: ["away", "here", "later"], variant: 5 };

test("a picture answers its order with the order's nonce, once", () => {
  const d = new Driver().counting().say(CAPTURE);
  assert.equal(d.did("capture"), 1);
  d.put({ type: "picture", captureId: "c1", digest: "" }).put({ type: "picture", captureId: "c1", digest: "" });
  assert.deepEqual(d.effects.filter((effect) => effect.do === "sendPicture"), [{ do: "sendPicture", captureId: "c1", nonce: CAPTURE.nonce }]);
});

test("a picture that is too late, or without an order, is not sent", () => {
  const d = new Driver().counting().say(CAPTURE);
  for (let i = 0; i < 16; i += 1) {
    d.wait(1_000);
    if (d.state.inflightAtMs !== null) d.ackLast();
  }
  d.put({ type: "picture", captureId: "c1", digest: "" }).put({ type: "picture", captureId: "nobody", digest: "" });
  assert.equal(d.did("sendPicture"), 0);
  assert.deepEqual(d.events("capture-missed").map(({ cause }) => cause), ["late"]);
});

test("no picture: the cause is told", () => {
  const d = new Driver().counting().say(CAPTURE).put({ type: "no_picture", captureId: "c1", cause: "denied" });
  assert.deepEqual(d.sent(), [{ t: "capture_unavailable", capture_id: "c1", cause: "denied" }]);
});

test("an order that the connection's loss cut off is carried out when it is given again", () => {
  const d = new Driver().counting().say(CAPTURE).lose(1006);
  d.put({ type: "picture", captureId: "c1", digest: "" });
  assert.equal(d.did("sendPicture"), 0);
  d.wait(2_000).join({ resumed: true, seq: 4 }).take().say(CAPTURE).put({ type: "picture", captureId: "c1", digest: "" });
  assert.equal(d.did("sendPicture"), 1);
});

test("a challenge is shown, answered, judged", () => {
  const d = new Driver().counting().say(CHALLENGE);
  assert.equal(d.events("challenge")[0]?.order.variant, 5);
  d.put({ type: "answer", challengeId: "q1", answer: "here" });
  assert.deepEqual(d.sent(), [{ t: "answer", challenge_id: "q1", answer: "here" }]);
  d.say({ t: "challenge_result", challenge_id: "q1", accepted: true, closed: true });
  assert.equal(d.state.challenge, null);
});

test("a wrong answer leaves it open; an answer to another challenge is not sent", () => {
  const d = new Driver().counting().say(CHALLENGE);
  d.put({ type: "answer", challengeId: "q0", answer: "here" }).put({ type: "answer", challengeId: "q1", answer: "away" });
  d.say({ t: "challenge_result", challenge_id: "q1", accepted: false, closed: false, reason: "CHALLENGE_WRONG" });
  assert.equal(d.sent().length, 1);
  assert.notEqual(d.state.challenge, null);
});

test("a challenge whose time is up stays open to bring the counting back", () => {
  const d = new Driver().counting().say({ ...CHALLENGE, within_ms: 3_000 });
  d.wait(4_000);
  assert.equal(d.events("challenge-expired").length, 1);
  d.wait(4_000);
  assert.equal(d.events("challenge-expired").length, 1);
  d.take().put({ type: "answer", challengeId: "q1", answer: "here" });
  assert.equal(d.sent().length, 1);
});

test("an answer given while the connection is down is sent when the service asks again", () => {
  const d = new Driver().counting().say(CHALLENGE).lose(1006).put({ type: "answer", challengeId: "q1", answer: "here" });
  assert.deepEqual(d.sent(), []);
  d.wait(2_000).join({ resumed: true, seq: 4 }).take().say(CHALLENGE);
  assert.deepEqual(d.sent(), [{ t: "answer", challenge_id: "q1", answer: "here" }]);
  assert.equal(d.events("challenge").length, 0, "the challenge is not shown anew");
});

test("a challenge that was settled while the connection was down goes away", () => {
  const d = new Driver().counting().say(CHALLENGE).lose(1006);
  d.wait(2_000).join({ resumed: true, seq: 4 }).look("again").ackLast();
  assert.equal(d.state.challenge, null);
  assert.equal(d.events("challenge-result").at(-1)?.result.closed, true);
});

test("a minute is told once, though it may be sent again after resuming", () => {
  const minute = { t: "minute", index: 0, verdict: "V", verified_ms: 60_000 };
  const d = new Driver().counting().say(minute).say(minute).say({ ...minute, index: 1 });
  assert.deepEqual(d.events("minute").map((event) => event.minute.index), [0, 1]);
});

test("orders before joining and after the end are not carried out", () => {
  const d = new Driver().put({ type: "start" }).put({ type: "opened" }).say(CAPTURE).say(CHALLENGE);
  assert.equal(d.did("capture"), 0);
  d.join().say({ t: "closed", reason: "SUPERSEDED", message: "", verified_ms: 0, undecided_ms: 0 }).take().say(CAPTURE);
  assert.equal(d.did("capture"), 0);
});

test("a slow network or a low battery gets smaller pictures, but never too small for a face", () => {
  const good = { effectiveType: "4g", saveData: false, waitingBytes: 0, lowBattery: false };
  assert.deepEqual(pictureSize(480, 80, good), { widthPx: 480, qualityPct: 80 });
  assert.deepEqual(pictureSize(480, 80, { ...good, effectiveType: "2g" }), { widthPx: 360, qualityPct: 60 });
  assert.deepEqual(pictureSize(480, 80, { ...good, waitingBytes: 100_000 }), { widthPx: 360, qualityPct: 60 });
  assert.deepEqual(pictureSize(480, 80, { ...good, lowBattery: true }), { widthPx: 360, qualityPct: 60 });
  assert.equal(pictureSize(340, 80, { ...good, saveData: true }).widthPx, LEAST_WIDTH_PX);
  assert.equal(pictureSize(300, 50, { ...good, saveData: true }).widthPx, 300);
});

test("an order that asks for it hears first that the picture is taken", () => {
  const d = new Driver().counting().say({ ...CAPTURE, announce: true });
  d.put({ type: "picture", captureId: "c1", digest: "ab".repeat(32) });
  assert.deepEqual(d.sent(), [{ t: "capture_taken", capture_id: "c1", digest: "ab".repeat(32) }]);
  assert.equal(d.did("sendPicture"), 1);
});

test("a passkey answers its own challenge, or asks for another one; offline it is not sent", () => {
  const order = { t: "challenge", challenge_id: "q1", kind: "passkey", within_ms: 90_000, options: ["AAE"], nonce: "q80", rp_id: "learn.example" };
  const signed = { credential_id: "AAE", client_data: "e30", authenticator_data: "AA", signature: "MEU" };
  const d = new Driver().counting().say(order).put({ type: "passkey", challengeId: "q0", signed });
  assert.deepEqual(d.sent(), []);
  d.put({ type: "passkey", challengeId: "q1", signed }).put({ type: "passkey", challengeId: "q1", signed: null });
  assert.deepEqual(d.sent(), [
    { t: "passkey", challenge_id: "q1", ...signed }, { t: "passkey_unavailable", challenge_id: "q1", cause: "declined" },
  ]);
  const lost = new Driver().counting().say(order).lose(1006).put({ type: "passkey", challengeId: "q1", signed });
  assert.deepEqual(lost.sent(), []);
});

test("a heartbeat pledges the frames taken since the last one, each once, the newest four", () => {
  const d = new Driver().counting();
  for (const letter of ["a", "b", "b", "c", "d", "e"]) d.put({ type: "frame", digest: letter.repeat(64) });
  d.take().wait(5_000);
  const [beat] = d.sent() as { t: string; frames?: string[] }[];
  assert.deepEqual(beat?.frames, ["b", "c", "d", "e"].map((letter) => letter.repeat(64)));
  assert.deepEqual(d.state.frames, []);
});

test("the shell pledges as often as the service says, and stops with the session", () => {
  const d = new Driver().put({ type: "start" }).join({ frames_ms: 2_500 });
  assert.deepEqual(d.effects.filter((effect) => effect.do === "pledge"), [{ do: "pledge", everyMs: 2_500 }]);
  d.take().say({ t: "closed", reason: "SESSION_FINISHED", message: "", verified_ms: 0, undecided_ms: 0 });
  assert.deepEqual(d.effects.filter((effect) => effect.do === "pledge"), [{ do: "pledge", everyMs: 0 }]);
});
