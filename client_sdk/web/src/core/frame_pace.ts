/** Pace of a liveness try's frames: what the service ordered, never more than it takes, less on a slow connection. */

export const FRAME_MAX_BYTES = 65_536;
export const FRAMES_PER_TRY_MAX = 150;
/** The service takes 6 frames a second; the margin keeps a jittering timer under it. */
export const FRAME_GAP_MIN_MS = 175;

export interface Pace {
  readonly intervalMs: number;
  /** When the last frame was taken; -Infinity before the first. */
  readonly lastAtMs: number;
  /** Frames of this try so far. */
  readonly sent: number;
  /** A frame is being encoded. */
  readonly encoding: boolean;
  /** Bytes of the socket that have not left yet, and the size of the last frame. */
  readonly waitingBytes: number;
  readonly lastBytes: number;
}

/** Whether to take a frame now: not faster than ordered, and not while more than one is unsent. */
export function frameDue(pace: Pace, nowMs: number): boolean {
  if (pace.encoding || pace.sent >= FRAMES_PER_TRY_MAX) return false;
  // Timers come a little early or late; a quarter of the interval is not worth a skipped frame.
  if (nowMs - pace.lastAtMs < Math.max(FRAME_GAP_MIN_MS, 0.75 * pace.intervalMs)) return false;
  return pace.waitingBytes <= Math.max(pace.lastBytes, 1_024);
}
