/** The adapter for a media element: excerpts of a longer file, and another film in the same element. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlMedia } from "../src/shell/player.ts";

const element = (patch: object): HTMLMediaElement =>
  ({ currentSrc: "https://m.example/a.mp4", currentTime: 0, paused: false, ended: false, seeking: false, readyState: 4, playbackRate: 1, ...patch }) as HTMLMediaElement;

test("positions of an excerpt count from its beginning, and it ends where it ends", () => {
  const media = element({ currentSrc: "https://m.example/long.mp4#t=60,80", currentTime: 65 });
  const player = htmlMedia(media);
  assert.deepEqual([player.sample().playheadMs, player.sample().ended, player.sample().playing], [5_000, false, true]);
  player.seek(12_000);
  assert.equal(media.currentTime, 72);
  media.currentTime = 79.9;
  assert.deepEqual([player.sample().playheadMs, player.sample().ended, player.sample().playing], [19_900, true, false]);
  media.currentTime = 200;
  assert.equal(player.sample().playheadMs, 20_000, "never beyond the excerpt");
});

test("an excerpt may begin at a moment and end with the file", () => {
  assert.equal(htmlMedia(element({ currentSrc: "/a.mp4#t=npt:10.5", currentTime: 12 })).sample().playheadMs, 1_500);
  assert.equal(htmlMedia(element({ currentSrc: "/a.mp4#chapter", currentTime: 12 })).sample().playheadMs, 12_000);
});

test("another film is noticed; a fresh signature of the same file and a stream that mends itself are not", () => {
  const media = element({}) as { currentSrc: string } & HTMLMediaElement;
  const player = htmlMedia(media);
  const holds = (src: string): boolean | undefined => {
    media.currentSrc = src;
    return player.sample().other;
  };
  assert.equal(player.sample().other, false);
  assert.equal(holds("https://m.example/a.mp4?token=2#t=0"), false);
  assert.equal(holds("https://m.example/b.mp4"), true);
  assert.equal(holds("https://m.example/a.mp4"), false);
  const stream = element({ currentSrc: "blob:https://m.example/1" }) as { currentSrc: string } & HTMLMediaElement;
  const hls = htmlMedia(stream);
  assert.equal(hls.sample().other, false);
  stream.currentSrc = "blob:https://m.example/2";
  assert.equal(hls.sample().other, false);
});
