/** Adapter for video.js 7 and 8, whatever technology plays behind it. */
import type { PlayerAdapter, PlayerCause } from "../shell/player.ts";

/** The part of a video.js player that is used, so that no version of it is a dependency. */
export interface VideoJsPlayer {
  currentTime(): number | undefined;
  currentTime(seconds: number): unknown;
  paused(): boolean;
  ended(): boolean;
  seeking(): boolean;
  readyState(): number;
  playbackRate(): number | undefined;
  playbackRate(rate: number): unknown;
  play(): Promise<void> | undefined;
  pause(): unknown;
  on(names: string[], listener: (event: { type: string }) => void): unknown;
  off(names: string[], listener: (event: { type: string }) => void): unknown;
  el(): Element;
}

const EVENTS: PlayerCause[] = ["play", "pause", "seeking", "seeked", "ratechange", "waiting", "playing", "ended"];

export function videoJs(player: VideoJsPlayer): PlayerAdapter {
  let waiting = false;
  return {
    element: player.el() as HTMLElement,
    sample() {
      const playing = !player.paused() && !player.ended();
      return {
        playheadMs: Math.round((player.currentTime() ?? 0) * 1_000),
        playing,
        stalled: playing && (waiting || player.seeking() || player.readyState() < 3),
        ended: player.ended(),
        rateBp: Math.round((player.playbackRate() ?? 1) * 10_000),
      };
    },
    play: () => Promise.resolve(player.play()),
    pause: () => void player.pause(),
    seek: (toMs) => void player.currentTime(toMs / 1_000),
    normalRate: () => void player.playbackRate(1),
    listen(changed) {
      const onEvent = ({ type }: { type: string }): void => {
        if (type === "waiting") waiting = true;
        else if (type === "playing" || type === "seeked" || type === "pause") waiting = false;
        if ((type === "pause" && !player.paused()) || (type === "play" && player.paused())) return;
        changed(type as PlayerCause);
      };
      player.on(EVENTS, onEvent);
      return () => void player.off(EVENTS, onEvent);
    },
  };
}
