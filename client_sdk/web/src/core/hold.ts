/** Derived views of the state: why the player is held, what the learner is shown, where the furthest point is. */
import { SEEK_TOLERANCE_MS } from "./limits.ts";
import { isCounted, nextMissing } from "./parts.ts";
import type { Hold, Sample, State, Status } from "./state.ts";

/** Why the player must not play. */
export function holdOf(state: State): Hold | null {
  if (state.ended !== null) return "ended";
  if (state.sample?.other === true) return "media";
  if (state.uncounted) return null;
  if (state.joined === null) return "joining";
  if (state.lostAtMs !== null) return "offline";
  if (state.pausedBy !== null) return "server";
  return state.ready ? null : "proof";
}

/** Where to set a player back that went past what may count; -1 where it did not. */
export function setBackMs(state: State, now: Sample): number {
  if (state.joined === null || !state.ready || state.uncounted || state.joined.free_seek) return -1;
  return now.playheadMs > state.furthestMs + SEEK_TOLERANCE_MS ? state.furthestMs : -1;
}

/** The furthest point after a sample: moves on only at the pace of the clock. */
export function furthestMs(state: State, now: Sample, elapsedMs: number): number {
  const before = state.sample;
  if (before === null || !before.playing || now.playheadMs <= state.furthestMs) return state.furthestMs;
  const pace = (elapsedMs * Math.max(before.rateBp, now.rateBp, 10_000)) / 10_000 + 1_000;
  const natural = now.playheadMs - before.playheadMs <= pace && before.playheadMs <= state.furthestMs + SEEK_TOLERANCE_MS;
  return natural ? now.playheadMs : state.furthestMs;
}

export function statusOf(state: State, nowMs: number): Status {
  const hold = holdOf(state);
  const open = state.connection === "open";
  const { playheadMs, ended } = state.sample ?? { playheadMs: 0, ended: false };
  const durationMs = state.joined?.lesson_duration_ms ?? 0;
  const again = isCounted(state.counted, playheadMs);
  const overdue = state.challenge?.overdue === true;
  const counting = open && state.counting && hold === null && !again && !overdue;
  let reason = "";
  if (!counting) {
    if (state.ended !== null) reason = state.ended.reason;
    else if (state.joined === null) reason = "CONNECTING";
    else if (hold === "media") reason = "OTHER_MEDIA";
    else if (!open) reason = "OFFLINE";
    else reason = state.pausedBy?.reason ?? (state.ready ? state.reason || (overdue ? "CHALLENGE_UNANSWERED" : again ? "ALREADY_CREDITED" : "") : "AWAITING_PROOF");
  }
  const waiting = state.connection === "waiting";
  return {
    connection: state.connection,
    sessionId: state.joined?.session_id ?? "",
    counting,
    reason,
    message: state.ended?.message ?? state.pausedBy?.message ?? "",
    hold,
    verifiedMs: state.verifiedMs,
    pendingMs: state.pendingMs,
    frontierMs: state.frontierMs,
    lessonDurationMs: durationMs,
    counted: state.counted,
    undecidedMs: state.ended?.undecidedMs ?? 0,
    creditedAll: state.ended?.undecidedMs === 0 && state.verifiedMs + state.beforeMs > durationMs - 2_000,
    missingMs: again || ended ? nextMissing(state.counted, playheadMs, durationMs) : -1,
    sealedMinutes: state.sealed.length,
    sealedMs: state.sealed.reduce((sum, minute) => sum + minute.verified_ms, 0),
    camera: state.camera,
    captures: state.joined?.captures ?? false,
    picturesDays: state.joined?.pictures_days ?? 0,
    saving: state.saving,
    challengeOpen: state.challenge !== null,
    finishing: state.finishing,
    uncounted: state.uncounted,
    canTakeOver: state.ended?.reason === "SUPERSEDED" && (state.ended.resumable || state.canRenew),
    retryInMs: waiting ? Math.max(0, Math.ceil((state.retryAtMs - nowMs) / 1_000) * 1_000) : 0,
  };
}
