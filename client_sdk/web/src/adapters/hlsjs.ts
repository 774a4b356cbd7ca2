/** Adapter for hls.js: the element it plays through, also where that is attached later or exchanged. */
import { htmlMedia, type PlayerAdapter, type PlayerSample } from "../shell/player.ts";

/** The part of hls.js that is used; the event names are hls.js's own. */
export interface HlsPlayer {
  readonly media: HTMLMediaElement | null;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

const ATTACHED = "hlsMediaAttached";
const DETACHING = "hlsMediaDetaching";
const NOTHING: PlayerSample = { playheadMs: 0, playing: false, stalled: false, ended: false, rateBp: 10_000 };

export function hlsJs(hls: HlsPlayer): PlayerAdapter {
  const start = hls.media === null ? null : htmlMedia(hls.media);
  let inner = start;
  let last = NOTHING;
  return {
    element: hls.media,
    // Between two elements the lesson stands still where it was.
    sample: () => (last = inner?.sample() ?? { ...last, playing: false, stalled: false }),
    play: () => inner?.play() ?? Promise.reject(new Error("hls.js has no element")),
    pause: () => inner?.pause(),
    seek: (toMs) => inner?.seek(toMs),
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
