/** What the service says, carried into the state. */
import { beatAgain, save } from "./beat.ts";
import { sdkError } from "./errors.ts";
import { endTry, onHint, onStep } from "./liveness.ts";
import { holeBefore, lengthOf, missingFrom, partsOf } from "./parts.ts";
import type { Turn } from "./turn.ts";
import { decodeServer } from "./codec.ts";
import type { Ack, CaptureOrder, ChallengeOrder, ChallengeResult, Closed, ErrorMessage, Joined, Pause, Seek } from "./wire.ts";

const MAX_BAD_DETAIL = 80;

export function onText(turn: Turn, text: string): void {
  if (turn.state.ended !== null) return;
  const decoded = decodeServer(text);
  if (!decoded.ok) {
    const detail = decoded.detail.slice(0, MAX_BAD_DETAIL);
    turn.error(decoded.code, `A message of the service was not understood (${detail}); it was left out.`, "Update the SDK.");
    return;
  }
  const message = decoded.message;
  if (message.t === "joined") {
    if (turn.state.connection === "joining") onJoined(turn, message);
    return;
  }
  if (message.t === "error") {
    onError(turn, message);
    return;
  }
  if (turn.state.connection !== "open") return;
  switch (message.t) {
    case "ack": return onAck(turn, message);
    case "capture": return onCapture(turn, message);
    case "challenge": return onChallenge(turn, message);
    case "challenge_result": return onResult(turn, message);
    case "liveness_step": return onStep(turn, message);
    case "liveness_hint": return onHint(turn, message);
    case "pause": return onPause(turn, message);
    case "resume":
      turn.set({
        pausedBy: null, ready: true, stale: { ...turn.state.stale, pause: false, ready: false },
        // The last acknowledgement is out of date; the next one follows at once.
        reason: turn.state.sample?.playing === true ? "" : "PLAYER_PAUSED", dirty: true,
      });
      turn.add({ do: "look", afterMs: 0 });
      return;
    case "seek": return onSeek(turn, message);
    case "minute":
      if (turn.state.sealed.some((minute) => minute.index === message.index)) return;
      turn.set({ sealed: [...turn.state.sealed, message] });
      turn.emit({ type: "minute", minute: message });
      return;
    case "closed": return onClosed(turn, message);
  }
}

function onJoined(turn: Turn, joined: Joined): void {
  const { state, nowMs } = turn;
  const resumed = joined.resumed;
  turn.set({
    connection: "open", joined, resume: joined.session_id, clockOffsetMs: joined.server_ms - nowMs, attempt: 0,
    tokenTries: 0, lostAtMs: null, lastError: null, uncounted: false, // `joined` names the next beat, an acknowledgement the last one.
    seq: joined.seq - 1, nonce: joined.nonce, inflightAtMs: null,
    dirty: true, furthestMs: Math.max(state.furthestMs, joined.frontier_ms), frontierMs: joined.frontier_ms,
    ready: resumed && state.ready, captures: [], frames: [],
    stale: { pause: resumed && state.pausedBy !== null, challenge: resumed && state.challenge !== null, ready: resumed && !state.ready },
    pausedBy: resumed ? state.pausedBy : null, challenge: resumed ? state.challenge : null, counted: partsOf(joined.counted ?? []),
  });
  if (!resumed) turn.set({ beforeMs: lengthOf(turn.state.counted) });
  turn.emit({ type: "joined", sessionId: joined.session_id, resumed, notices: joined.notices });
  // A player at its beginning goes to where it was before the reload, or to the first part that is missing.
  const startMs = resumed ? Math.min(state.restoreMs, joined.frontier_ms) : missingFrom(turn.state.counted, 0, joined.lesson_duration_ms);
  if (startMs > 0 && (state.sample === null || state.sample.playheadMs < 1_000)) turn.add({ do: "seek", toMs: startMs });
  turn.set({ restoreMs: -1 });
  if (joined.reveal) turn.send({ t: "reveal", client_nonce: state.clientNonce });
  if (joined.captures) turn.add({ do: "openCamera" });
  turn.add({ do: "pledge", everyMs: joined.frames_ms });
  save(turn);
  if (state.finishing) turn.send({ t: "finish" });
  turn.add({ do: "look", afterMs: 0 });
}

function onAck(turn: Turn, ack: Ack): void {
  const { state } = turn;
  if (ack.seq !== state.seq + 1 || state.inflightAtMs === null) return;
  const proofMissing = ack.reason === "AWAITING_PROOF" || ack.reason === "AWAITING_NONCE";
  turn.set({
    seq: ack.seq, nonce: ack.nonce, inflightAtMs: null, counting: ack.counting, reason: ack.reason,
    verifiedMs: ack.verified_ms, pendingMs: ack.pending_ms, frontierMs: ack.frontier_ms,
    furthestMs: Math.max(state.furthestMs, ack.frontier_ms), counted: partsOf(ack.counted ?? []),
    ready: state.ready || ack.counting || (state.stale.ready && !proofMissing),
    pausedBy: state.stale.pause ? null : state.pausedBy,
    challenge: state.stale.challenge ? null : state.challenge,
    stale: { pause: false, challenge: false, ready: false },
  });
  if (state.stale.challenge && state.challenge !== null) {
    const challenge_id = state.challenge.order.challenge_id;
    turn.emit({ type: "challenge-result", result: { t: "challenge_result", challenge_id, accepted: false, closed: true, reason: "" } });
  }
  if (state.joined?.free_seek !== true && ack.counting) closeHole(turn);
  finishAtEnd(turn);
  beatAgain(turn);
}

/** Something before this position was not counted (an outage, a jump): go back to it, so that nothing stays missing. */
function closeHole(turn: Turn): void {
  const { counted, beatHeadMs } = turn.state;
  const toMs = counted.length > 0 ? holeBefore(counted, beatHeadMs) : -1;
  if (toMs < 0) return;
  turn.add({ do: "seek", toMs });
  turn.emit({ type: "set-back", toMs, reason: "NETWORK_GAP", message: "" });
}

/** The lesson's end is reported, and nothing is missing: the session ends by itself, with its closing proof. */
function finishAtEnd(turn: Turn): void {
  const { autoFinish, counted, dirty, joined, sample } = turn.state;
  if (!autoFinish || dirty || sample?.ended !== true || joined === null) return;
  if (joined.free_seek || missingFrom(counted, 0, joined.lesson_duration_ms) < 0) finish(turn);
}

/** End the session; the service answers with its closing proofs, then `closed`. */
export function finish(turn: Turn): void {
  const { state } = turn;
  if (state.finishing || state.ended !== null) return;
  turn.set({ finishing: true });
  if (state.connection === "open") turn.send({ t: "finish" });
}

function onCapture(turn: Turn, order: CaptureOrder): void {
  const rest = turn.state.captures.filter((capture) => capture.order.capture_id !== order.capture_id);
  turn.set({ captures: [...rest, { order, deadlineAtMs: turn.nowMs + order.within_ms }] });
  turn.emit({ type: "capture-ordered", captureId: order.capture_id, prompt: order.prompt, withinMs: order.within_ms });
  turn.add({ do: "capture", order, withinMs: order.within_ms });
}

function onChallenge(turn: Turn, order: ChallengeOrder): void {
  const { state, nowMs } = turn;
  endTry(turn);
  const unsent = state.challenge?.order.challenge_id === order.challenge_id ? state.challenge.unsent : null;
  turn.set({
    challenge: { order, deadlineAtMs: nowMs + order.within_ms, overdue: order.within_ms === 0, unsent: null, step: null },
    stale: { ...state.stale, challenge: false },
  });
  if (unsent === null) turn.emit({ type: "challenge", order, withinMs: order.within_ms });
  else turn.send({ t: "answer", challenge_id: order.challenge_id, answer: unsent });
}

export function onAnswer(turn: Turn, challengeId: string, answer: string): void {
  const { state } = turn;
  if (state.challenge === null || state.challenge.order.challenge_id !== challengeId) return;
  if (state.connection === "open") turn.send({ t: "answer", challenge_id: challengeId, answer: answer.slice(0, 64) });
  else turn.set({ challenge: { ...state.challenge, unsent: answer.slice(0, 64) } });
}

function onResult(turn: Turn, result: ChallengeResult): void {
  if (turn.state.challenge?.order.challenge_id === result.challenge_id) {
    endTry(turn);
    if (result.closed) turn.set({ challenge: null });
  }
  turn.emit({ type: "challenge-result", result });
}

function onPause(turn: Turn, pause: Pause): void {
  turn.set({
    pausedBy: { reason: pause.reason, message: pause.message }, counting: false,
    stale: { ...turn.state.stale, pause: false },
  });
}

function onSeek(turn: Turn, seek: Seek): void {
  turn.set({ furthestMs: seek.to_ms, frontierMs: seek.to_ms });
  turn.add({ do: "seek", toMs: seek.to_ms });
  // Playing on too fast would only be set back again.
  if (seek.reason === "RATE_TOO_FAST") turn.add({ do: "normalRate" });
  turn.emit({ type: "set-back", toMs: seek.to_ms, reason: seek.reason, message: seek.message });
}

function onClosed(turn: Turn, closed: Closed): void {
  endTry(turn);
  turn.set({
    ended: { reason: closed.reason, message: closed.message, resumable: false, undecidedMs: closed.undecided_ms },
    counting: false, verifiedMs: closed.verified_ms, pendingMs: 0, challenge: null, captures: [], pausedBy: null,
  });
  turn.emit({
    type: "closed", reason: closed.reason, message: closed.message, verifiedMs: closed.verified_ms,
    undecidedMs: closed.undecided_ms,
  });
  turn.add({ do: "forget" });
  turn.add({ do: "pledge", everyMs: 0 });
  turn.add({ do: "closeCamera" });
}

function onError(turn: Turn, error: ErrorMessage): void {
  const known = sdkError(error.code, error.message, error.hint);
  if (error.fatal) {
    turn.set({ lastError: known });
    return;
  }
  turn.emit({ type: "error", error: known });
  if (error.expected_seq > 0 && turn.state.connection === "open") {
    // Only a join hands out the next nonce, so a broken chain is mended by resuming.
    turn.error("session.chain", "The progress reports went out of step; the player resumes.");
    turn.add({ do: "disconnect" });
  }
}
