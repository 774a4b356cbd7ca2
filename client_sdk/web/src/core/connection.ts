/** Connecting, losing, retrying: what each close code means, and the deadlines that a tick enforces. */
import { sdkError, type ErrorCode, type SdkError } from "./errors.ts";
import { commitmentTo } from "./commitment.ts";
import { endTry } from "./liveness.ts";
import { ACK_TIMEOUT_MS, backoffMs, CONNECT_TIMEOUT_MS, SLOW_RETRY_MS } from "./limits.ts";
import { closeAction, CloseCode, PROTOCOL_VERSION } from "./wire_limits.ts";
import type { Turn } from "./turn.ts";

export function connect(turn: Turn): void {
  turn.set({ connection: "connecting", connectAtMs: turn.nowMs });
  turn.add({ do: "connect" });
}

/** The socket is open: join, with the token in the message and never in the address. */
export function onOpened(turn: Turn): void {
  const { state } = turn;
  if (state.connection !== "connecting") return;
  turn.set({ connection: "joining" });
  turn.send({
    t: "join", protocol: PROTOCOL_VERSION, token: state.token, client_nonce_c: commitmentTo(state.clientNonce), sdk: state.sdk,
    locale: state.locale, resume: state.resume, device: state.device, passkey: state.passkey,
  });
}

const IN_USE_TRIES = 4;

const TERMINAL: Partial<Record<number, readonly [ErrorCode, string, string]>> = {
  [CloseCode.BAD_MESSAGE]: ["connection.bad_message", "The service refused this player's messages.", "Reload the page; update the SDK."],
  [CloseCode.NOT_ALLOWED]: ["connection.not_allowed", "This learner may not open this session.", "Ask the institution."],
  [CloseCode.SUPERSEDED]: ["session.superseded", "The learner started studying elsewhere.", "Offer to continue here (takeOver())."],
};

export function onLost(turn: Turn, code: number, random: number, freshNonce: string): void {
  const { state } = turn;
  if (state.connection === "closed" || state.connection === "idle") return;
  const wasOpen = state.connection === "open";
  endTry(turn, true);
  turn.set({
    inflightAtMs: null, counting: false, dirty: true,
    captures: [],
    lostAtMs: state.joined !== null && state.lostAtMs === null ? turn.nowMs : state.lostAtMs,
  });
  if (state.ended !== null) {
    turn.set({ connection: "closed" });
    return;
  }
  switch (closeAction(code)) {
    case "end": {
      const [errorCode, message, hint] = TERMINAL[code] ?? ["connection.lost", "The session ended.", ""];
      if (code !== CloseCode.FINISHED) end(turn, state.lastError ?? sdkError(errorCode, message, hint), code);
      else end(turn, null, code);
      return;
    }
    case "token":
      if (state.token !== state.pageToken) {
        startAnew(turn, random, freshNonce);
      } else if (state.lastError?.code === "token.in_use" && state.attempt < IN_USE_TRIES) {
        // After a reload the service may not have noticed yet that the old page is gone.
        wait(turn, backoffMs(state.attempt, random));
      } else if (state.canRenew && state.tokenTries < 2) {
        turn.set({ connection: "waiting", retryAtMs: Infinity, tokenTries: state.tokenTries + 1, lastError: null });
        turn.add({ do: "askToken" });
      } else {
        const message = "The launch token was refused: it has expired or is for something else.";
        end(turn, state.lastError ?? sdkError("token.refused", message, "Reload the page from the course."), code);
      }
      return;
    case "rejoin":
      if (state.resume !== "") startAnew(turn, random, freshNonce);
      else wait(turn, backoffMs(state.attempt, random));
      return;
    case "slow":
      turn.error("connection.too_fast", "The service asked this player to slow down.", "It reconnects in a minute.");
      wait(turn, SLOW_RETRY_MS);
      return;
    case "retry":
      if (wasOpen) {
        turn.error("connection.lost", `The connection was lost (code ${code}).`, "It reconnects and resumes by itself.");
      } else if (state.attempt === 0) {
        turn.error("connection.unreachable", `The service cannot be reached (code ${code}).`, "Check the address and the network; it keeps trying.");
      }
      wait(turn, backoffMs(state.attempt, random));
  }
}

/** The session to resume is not to be had: begin a new one, with the page's own token. */
function startAnew(turn: Turn, random: number, freshNonce: string): void {
  const { pageToken } = turn.state;
  turn.error("session.not_found", "The session to resume is not there any more; a new one is started.");
  turn.add({ do: "forget" });
  turn.set({
    resume: "", token: pageToken, joined: null, lostAtMs: null, clientNonce: freshNonce, ready: false, sealed: [],
    pausedBy: null, challenge: null, verifiedMs: 0, pendingMs: 0, frontierMs: 0, furthestMs: 0, lastError: null,
  });
  wait(turn, backoffMs(turn.state.attempt, random));
  if (pageToken === "") {
    turn.set({ retryAtMs: Infinity });
    turn.add({ do: "askToken" });
  }
}

function wait(turn: Turn, delayMs: number): void {
  turn.set({ connection: "waiting", attempt: turn.state.attempt + 1, retryAtMs: turn.nowMs + delayMs, lastError: null });
}

function end(turn: Turn, error: SdkError | null, code: number): void {
  const reason = code === CloseCode.SUPERSEDED ? "SUPERSEDED" : (error?.code ?? "SESSION_FINISHED");
  turn.set({
    connection: "closed", counting: false, challenge: null, pausedBy: null,
    ended: { reason, message: "", resumable: code === CloseCode.SUPERSEDED },
  });
  if (error !== null) turn.emit({ type: "error", error: { ...error, fatal: true } });
  turn.add({ do: "forget" });
  turn.add({ do: "closeCamera" });
}

/** A fresh token: join with it at once where one was asked for. */
export function onToken(turn: Turn, token: string): void {
  const { state } = turn;
  if (token === "") {
    if (state.connection === "waiting" && state.retryAtMs === Infinity) {
      end(turn, sdkError("token.unavailable", "No new launch token could be had.", "Reload the page from the course."), 0);
    }
    return;
  }
  turn.set({ token, pageToken: token });
  if (state.connection === "waiting" && state.retryAtMs === Infinity) connect(turn);
}

/** The browser says that the network is back: no reason to wait. */
export function onOnline(turn: Turn): void {
  const { state } = turn;
  if (state.connection === "waiting" && state.retryAtMs !== Infinity) connect(turn);
}

/** Deadlines, on every tick. */
export function checkDeadlines(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.connection === "waiting" && nowMs >= state.retryAtMs) {
    connect(turn);
  } else if (state.connection === "connecting" || state.connection === "joining") {
    if (nowMs - state.connectAtMs > CONNECT_TIMEOUT_MS) turn.add({ do: "disconnect" });
  } else if (state.connection === "open" && state.inflightAtMs !== null) {
    const limitMs = Math.max(ACK_TIMEOUT_MS, 2 * (state.joined?.heartbeat_ms ?? 0));
    if (nowMs - state.inflightAtMs > limitMs) turn.add({ do: "disconnect" });
  }
  const late = turn.state.captures.filter((capture) => nowMs > capture.deadlineAtMs);
  if (late.length > 0) {
    turn.set({ captures: turn.state.captures.filter((capture) => nowMs <= capture.deadlineAtMs) });
    for (const { order } of late) turn.emit({ type: "capture-missed", captureId: order.capture_id, cause: "late" });
  }
  const open = turn.state.challenge;
  if (open !== null && !open.overdue && nowMs > open.deadlineAtMs) {
    // It stays open: answering late brings the counting back (I6).
    turn.set({ challenge: { ...open, overdue: true } });
    turn.emit({ type: "challenge-expired", challengeId: open.order.challenge_id });
  }
}
