/** Players: the interface that an adapter implements, and the one for HTMLMediaElement. */
import type { Cause } from "../core/state.ts";

export interface PlayerSample {
  readonly playheadMs: number;
  readonly playing: boolean;
  readonly stalled: boolean;
  readonly ended: boolean;
  /** 10000 = 1.0x. */
  readonly rateBp: number;
  /** Whether the player holds another medium than the session began with; optional. */
  readonly other?: boolean;
}

/** The SDK's view of a player. Implement it for other players than the known ones. */
export interface PlayerAdapter {
  /** The state now; called once a second and after every change, must not throw. */
  sample(): PlayerSample;
  /** Resolves when it plays; rejects where the browser wants a click of the learner first. */
  play(): Promise<void>;
  pause(): void;
  seek(toMs: number): void;
  /** Go back to 1.0x, after the service refused a faster playback; optional. */
  normalRate?(): void;
  /** Call `changed` on every change; returns how to stop listening. */
  listen(changed: (cause: PlayerCause) => void): () => void;
  /** Where the player is on the page, to place the status beside it. */
  readonly element: HTMLElement | null;
  /** Hints of the adapter itself (a mismatch it noticed); optional. */
  hints?(): readonly string[];
}

export type PlayerCause = Extract<Cause, "play" | "pause" | "seeking" | "seeked" | "ratechange" | "waiting" | "playing" | "ended" | "loadstart">;

const EVENTS: readonly PlayerCause[] = ["play", "pause", "seeking", "seeked", "ratechange", "waiting", "playing", "ended", "loadstart"];
/** Difference between the shown frame's time and currentTime that is worth a hint. */
const MISMATCH_S = 3;
/** Browsers stop so close before the end of an excerpt. */
const END_S = 0.3;

interface FrameVideo extends HTMLMediaElement {
  requestVideoFrameCallback?(callback: (now: number, data: { mediaTime: number }) => void): number;
  cancelVideoFrameCallback?(handle: number): void;
}

/** Adapter for `<video>` and `<audio>`, and for whatever plays through one (hls.js, dash.js, Shaka, Plyr). */
export function htmlMedia(media: HTMLMediaElement): PlayerAdapter {
  const video = media as FrameVideo;
  let source = "";
  /** Positions of a lesson that is an excerpt (`#t=60,80`) count from its beginning. */
  const look = (): { fromS: number; toS: number; other: boolean } => {
    const address = (media.currentSrc as string | undefined) ?? "";
    const [, from, to] = /#.*\bt=(?:npt:)?([\d.]*)(?:,([\d.]+))?/.exec(address) ?? [];
    const now = address.replace(/[?#].*/, "");
    // A stream's own address changes when its player mends itself.
    if (source === "" && !now.startsWith("blob:")) source = now;
    return { fromS: Number(from ?? 0), toS: Number(to ?? Infinity), other: now !== source && now !== "" && source !== "" };
  };
  let waiting = false;
  let frame: { mediaTime: number; at: number } | null = null;
  let handle = 0;
  return {
    element: media,
    sample() {
      const { fromS, toS, other } = look();
      const ended = media.ended || media.currentTime >= toS - END_S;
      const playing = !media.paused && !ended;
      return {
        playheadMs: Number.isFinite(media.currentTime) ? Math.max(0, Math.round((Math.min(media.currentTime, toS) - fromS) * 1_000)) : 0,
        playing,
        other,
        stalled: playing && (waiting || media.seeking || media.readyState < 3),
        ended,
        rateBp: Math.round(media.playbackRate * 10_000),
      };
    },
    play: () => media.play(),
    pause: () => media.pause(),
    seek(toMs) {
      media.currentTime = toMs / 1_000 + look().fromS;
    },
    normalRate() {
      media.playbackRate = 1;
    },
    listen(changed) {
      const onEvent = (event: Event): void => {
        const cause = event.type as PlayerCause;
        if (cause === "waiting") waiting = true;
        else if (cause === "playing" || cause === "seeked" || cause === "pause") waiting = false;
        // An event of an order that was taken back since says nothing about now.
        if ((cause === "pause" && !media.paused) || (cause === "play" && media.paused)) return;
        if (cause === "seeking") frame = null;
        changed(cause);
      };
      for (const name of EVENTS) media.addEventListener(name, onEvent);
      const onFrame = (now: number, data: { mediaTime: number }): void => {
        frame = { mediaTime: data.mediaTime, at: now };
        handle = video.requestVideoFrameCallback?.(onFrame) ?? 0;
      };
      handle = video.requestVideoFrameCallback?.(onFrame) ?? 0;
      return () => {
        for (const name of EVENTS) media.removeEventListener(name, onEvent);
        video.cancelVideoFrameCallback?.(handle);
      };
    },
    hints() {
      if (frame === null || performance.now() - frame.at > 1_000) return [];
      return Math.abs(frame.mediaTime - media.currentTime) > MISMATCH_S ? ["playhead_mismatch"] : [];
    },
  };
}

/** Whether what the page passed in is an adapter already. */
export function isAdapter(target: unknown): target is PlayerAdapter {
  const known = target as Partial<PlayerAdapter> | null;
  return typeof known?.sample === "function" && typeof known.listen === "function" && typeof known.seek === "function";
}
