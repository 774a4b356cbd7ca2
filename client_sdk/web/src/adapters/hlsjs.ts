/** Adapter for hls.js: the element it plays through, also where that is attached later or exchanged. */
import { htmlMedia, type PlayerAdapter, type PlayerSample } from "../shell/player.ts";

/** The part of hls.js that is used; the event names are hls.js's own. */
export interface HlsPlayer {
  readonly media: HTMLMediaElement | null;
  /** The programme date-time at the playhead, where the playlist has one. */
  readonly playingDate?: Date | null;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

const ATTACHED = "hlsMediaAttached";
const DETACHING = "hlsMediaDetaching";
const NOTHING: PlayerSample = { playheadMs: 0, playing: false, stalled: false, ended: false, rateBp: 10_000 };

export interface HlsOptions {
  /** A live broadcast: when it began, Unix time in milliseconds, as `GET /v1/me` says it. */
  readonly liveFromMs?: number;
}

/**
 * A lesson's position is the element's time. A live broadcast's is the time since it began, by the programme date-time:
 * currentTime begins anywhere there, and jumps at a discontinuity.
 */
export function hlsJs(hls: HlsPlayer, options: HlsOptions = {}): PlayerAdapter {
  const liveFromMs = options.liveFromMs ?? 0;
  /** Since the broadcast began; NaN without a date. */
  const liveMs = (): number => (hls.playingDate?.getTime() ?? Number.NaN) - liveFromMs;
  const placed = (sample: PlayerSample): PlayerSample => {
    if (liveFromMs === 0) return sample;
    const atMs = liveMs();
    // Without a date the position of the broadcast is unknown: it keeps its last value, and nothing counts.
    if (!Number.isFinite(atMs)) return { ...sample, playheadMs: last.playheadMs, stalled: sample.playing };
    return { ...sample, playheadMs: Math.max(0, Math.round(atMs)) };
  };
  const start = hls.media === null ? null : htmlMedia(hls.media);
  let inner = start;
  let last = NOTHING;
  return {
    element: hls.media,
    // Between two elements the lesson stands still where it was.
    sample: () => (last = inner === null ? { ...last, playing: false, stalled: false } : placed(inner.sample())),
    play: () => inner?.play() ?? Promise.reject(new Error("hls.js has no element")),
    pause: () => inner?.pause(),
    seek(toMs) {
      if (liveFromMs === 0) return inner?.seek(toMs);
      // From where it is now, not at the last look; where no date tells that (a reload), hls.js begins at the live edge.
      const byMs = toMs - liveMs();
      if (Number.isFinite(byMs)) inner?.seek((hls.media?.currentTime ?? 0) * 1_000 + byMs);
    },
    normalRate: () => inner?.normalRate?.(),
    hints: () => inner?.hints?.() ?? [],
    listen(changed) {
      let stop = inner?.listen(changed);
      const attached = (): void => {
        stop?.();
        inner = hls.media === null ? null : htmlMedia(hls.media);
        stop = inner?.listen(changed);
        changed("playing");
      };
      const detaching = (): void => {
        stop?.();
        stop = undefined;
        inner = null;
        changed("pause");
      };
      hls.on(ATTACHED, attached);
      hls.on(DETACHING, detaching);
      return () => {
        stop?.();
        hls.off(ATTACHED, attached);
        hls.off(DETACHING, detaching);
      };
    },
  };
}
