/** Limits and close codes of protocol 1; the same numbers as service/zaichang/protocol/limits.py (a test compares them). */

export const PROTOCOL_VERSION = 1;
export const TEXT_MAX_BYTES = 16_384;
export const CAPTURE_HEADER_MAX_BYTES = 2_048;
export const CAPTURE_MAX_BYTES = 240_000;

export const CloseCode = {
  FINISHED: 4000,
  BAD_MESSAGE: 4400,
  TOKEN_REFUSED: 4401,
  NOT_ALLOWED: 4403,
  NOT_FOUND: 4404,
  JOIN_TIMEOUT: 4408,
  SUPERSEDED: 4409,
  TOO_FAST: 4429,
  SERVER_ERROR: 4500,
  OVERLOADED: 4503,
  RESTARTING: 1012,
} as const;

/** What the client does after a close code; every other code means `retry`. */
export type CloseAction = "end" | "token" | "rejoin" | "slow" | "retry";

export function closeAction(code: number): CloseAction {
  switch (code) {
    case CloseCode.FINISHED:
    case CloseCode.BAD_MESSAGE:
    case CloseCode.NOT_ALLOWED:
    case CloseCode.SUPERSEDED:
      return "end";
    case CloseCode.TOKEN_REFUSED:
      return "token";
    case CloseCode.NOT_FOUND:
      return "rejoin";
    case CloseCode.TOO_FAST:
      return "slow";
    default:
      return "retry";
  }
}

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
/** Without a connection for this long the player is paused: what is played meanwhile would not count. */
export const OFFLINE_GRACE_MS = 8_000;
/** How far past the furthest counted point a learner may seek before the player is set back at once. */
export const SEEK_TOLERANCE_MS = 2_500;
