/** Errors are data: a stable code, whether the session is over because of it, and what to tell whom. */
export interface SdkError {
  /** Stable, `area.what`. Codes of the service are passed on as they are. */
  readonly code: ErrorCode | (string & {});
  /** Whether this session cannot go on in this page. */
  readonly fatal: boolean;
  /** For the developer, in English; or the service's own sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Every code that the SDK itself produces (docs/integrate.md has the table). */
export type ErrorCode =
  | "connection.unreachable"
  | "connection.lost"
  | "connection.too_fast"
  | "connection.bad_message"
  | "connection.not_allowed"
  | "token.refused"
  | "token.unavailable"
  | "session.superseded"
  | "session.not_found"
  | "session.chain"
  | "wire.not_json"
  | "wire.unknown_type"
  | "wire.invalid"
  | "camera.denied"
  | "camera.missing"
  | "camera.busy"
  | "camera.ended"
  | "camera.insecure"
  | "camera.unsupported"
  | "camera.policy"
  | "camera.failed"
  | "capture.failed"
  | "player.gone"
  | "player.other_media"
  | "storage.denied"
  | "clock.throttled"
  | "clock.jumped"
  | "origin.not_allowed"
  | "ui.failed"
  | "options.invalid";

export function sdkError(code: ErrorCode | (string & {}), message: string, hint = "", fatal = false): SdkError {
  return { code, fatal, message, hint };
}
