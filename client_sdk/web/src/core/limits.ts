/** How this client paces itself; the limits of the protocol itself are in wire_limits.ts. */

/** Reconnection: doubling from `BACKOFF_FIRST_MS` to `BACKOFF_MAX_MS`, each between half and all of that. */
export const BACKOFF_FIRST_MS = 1_000;
export const BACKOFF_MAX_MS = 30_000;
export const SLOW_RETRY_MS = 60_000;

/** `random` is in [0, 1), drawn by the shell. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + random / 2));
}

export const CONNECT_TIMEOUT_MS = 10_000;
/** Without an acknowledgement for this long, or three heartbeats, the connection counts as dead. */
export const ACK_TIMEOUT_MS = 12_000;
/** How far past the furthest counted point a learner may seek before the player is set back at once. */
export const SEEK_TOLERANCE_MS = 2_500;
