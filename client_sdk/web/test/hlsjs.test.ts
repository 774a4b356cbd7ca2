import assert from "node:assert/strict";
import { test } from "node:test";
import { hlsJs } from "../src/adapters/hlsjs.ts";
import { Driver } from "./drive.ts";

const BEGAN = Date.UTC(2026, 2, 2, 1);

function player(playingDate: Date | null, currentTime = 30) {
  const media = { paused: false, ended: false, currentTime, seeking: false, readyState: 4, playbackRate: 1 } as unknown as HTMLMediaElement;
  return { media, playingDate, on: () => undefined, off: () => undefined };
}

test("a lesson's position is the element's time", () => {
  const hls = player(new Date(BEGAN + 60_000));
  const adapter = hlsJs(hls);
  assert.equal(adapter.sample().playheadMs, 30_000);
  adapter.seek(12_000);
  assert.equal(hls.media.currentTime, 12);
});

test("a broadcast's position is the programme date-time since it began, whatever currentTime says", () => {
  const hls = player(new Date(BEGAN + 3_600_000));
  const adapter = hlsJs(hls, { liveFromMs: BEGAN });
  assert.equal(adapter.sample().playheadMs, 3_600_000);
  adapter.seek(3_590_000);
  assert.equal(hls.media.currentTime, 20, "ten seconds back on the element's own time");
});

test("a seek counts from where the broadcast is now, not from where it was at the last look", () => {
  const hls = player(new Date(BEGAN + 3_600_000));
  const adapter = hlsJs(hls, { liveFromMs: BEGAN });
  adapter.sample();
  hls.media.currentTime = 31;
  hls.playingDate = new Date(BEGAN + 3_601_000);
  adapter.seek(3_590_000);
  assert.equal(hls.media.currentTime, 20);
});

test("a broadcast without a date, or never looked at, is not sent hours ahead: hls.js begins at the live edge", () => {
  const hls = player(null, 0);
  const adapter = hlsJs(hls, { liveFromMs: BEGAN });
  adapter.seek(3_600_000);
  assert.equal(hls.media.currentTime, 0);
  adapter.sample();
  hls.playingDate = new Date(Number.NaN);
  adapter.seek(3_600_000);
  assert.equal(hls.media.currentTime, 0);
  hls.playingDate = new Date(BEGAN + 3_600_000);
  adapter.seek(3_605_000);
  assert.equal(hls.media.currentTime, 5, "and once there is one, it goes by that");
});

test("a discontinuity moves the date, and the position with it", () => {
  const hls = player(new Date(BEGAN + 10_000));
  const adapter = hlsJs(hls, { liveFromMs: BEGAN });
  adapter.sample();
  hls.playingDate = new Date(BEGAN + 310_000);
  assert.equal(adapter.sample().playheadMs, 310_000);
});

test("without a date the broadcast stands still and stalls; before it began the position is 0", () => {
  const hls = player(new Date(BEGAN + 5_000));
  const adapter = hlsJs(hls, { liveFromMs: BEGAN });
  adapter.sample();
  hls.playingDate = null;
  assert.deepEqual([adapter.sample().playheadMs, adapter.sample().stalled], [5_000, true]);
  hls.playingDate = new Date(Number.NaN);
  assert.equal(adapter.sample().playheadMs, 5_000);
  hls.playingDate = new Date(BEGAN - 5_000);
  assert.deepEqual([adapter.sample().playheadMs, adapter.sample().stalled], [0, false]);
});

test("where a first viewing may skip ahead the player does not set the learner back", () => {
  const held = new Driver().counting();
  held.take();
  held.look("seeked", { playheadMs: 600_000 });
  assert.equal(held.did("seek"), 1);
  const free = new Driver().counting();
  free.state = { ...free.state, joined: { ...free.state.joined!, free_seek: true } };
  free.take();
  free.look("seeked", { playheadMs: 600_000 });
  assert.equal(free.did("seek"), 0);
});
