/**
 * The heartbeat chain: each beat carries the nonce of the last acknowledgement, so at most one is under way. What
 * changes meanwhile is reported by one beat after the acknowledgement, with a fresh look at the player.
 */
import { furthestMs, setBackMs } from "./hold.ts";
import type { Cause, Sample } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Least time between two beats; the service closes a connection that talks too much. */
export const BEAT_GAP_MS = 100;
/** Throttled ticks of a hidden page come once a minute. */
const JUMP_MS = 90_000;
/** Reported even within the gap: the page may be frozen or gone next. */
const URGENT: readonly Cause[] = ["freeze"];

/** Take a sample in: follow the player, and report when due. */
export function onSample(turn: Turn, cause: Cause, sample: Sample): void {
  const { state } = turn;
  if (cause === "tick") noteJump(turn);
  if (sample.other === true) {
    if (state.sample?.other !== true) turn.error("player.other_media", "The player holds another medium than this session's lesson; it is held, and nothing counts.", "Destroy the session and attach a new one for each lesson.");
    sample = { ...sample, playheadMs: state.beatHeadMs, ended: false, hints: [...sample.hints, "other_media"] };
  }
  const elapsedMs = turn.nowMs - state.sampleAtMs;
  const natural = cause === "seeking" ? state.furthestMs : furthestMs(state, sample, elapsedMs);
  turn.set({ sample, sampleAtMs: turn.nowMs, furthestMs: natural, wantPlay: wanted(turn, cause, sample) });
  if (turn.state.hold !== null && turn.state.hold !== "ended" && sample.playing) turn.add({ do: "pause" });
  const backMs = cause === "seeking" || cause === "seeked" ? setBackMs(turn.state, sample) : -1;
  if (backMs >= 0) {
    turn.add({ do: "seek", toMs: backMs });
    turn.emit({ type: "set-back", toMs: backMs, reason: "SEEK_FORWARD", message: "" });
  }
  beat(turn, cause);
}

/** A second that took much longer: the computer slept, or the page's clock was moved. Told, and nothing else. */
function noteJump(turn: Turn): void {
  const { state, nowMs } = turn;
  const jumpMs = nowMs - state.tickAtMs;
  turn.set({ tickAtMs: nowMs });
  if (state.tickAtMs === 0 || jumpMs < JUMP_MS) return;
  turn.error("clock.jumped", `The page's clock went on by ${Math.round(jumpMs / 1_000)} s at once.`, "A computer that slept, or a changed clock; only the service's clock counts.");
}

/** Whether the learner wants the player to run, regardless of the SDK's own pauses. */
function wanted(turn: Turn, cause: Cause, sample: Sample): boolean {
  const { state } = turn;
  const held = state.hold !== null && state.hold !== "ended";
  if (sample.playing && (held || cause === "play")) return true;
  if (sample.ended) return false;
  // A page in the background may have been paused by the browser, which starts it again by itself.
  if (cause === "pause" && !held && !sample.playing && sample.visible) return false;
  return state.wantPlay;
}

function beat(turn: Turn, cause: Cause): void {
  const { state, nowMs } = turn;
  const { joined, sample } = state;
  if (state.connection !== "open" || joined === null || sample === null) return;
  const sinceMs = nowMs - state.beatAtMs;
  if (cause === "tick" && !state.dirty && sinceMs < joined.heartbeat_ms - 50) return;
  if (state.inflightAtMs !== null) {
    if (cause !== "tick") turn.set({ dirty: true });
    return;
  }
  if (sinceMs < BEAT_GAP_MS && !URGENT.includes(cause)) {
    if (!state.dirty) turn.add({ do: "look", afterMs: BEAT_GAP_MS - sinceMs });
    turn.set({ dirty: true });
    return;
  }
  turn.send({
    t: "heartbeat", seq: state.seq + 1, nonce: state.nonce, playhead_ms: Math.max(0, Math.round(sample.playheadMs)),
    playing: sample.playing, stalled: sample.stalled, ended: sample.ended,
    rate_bp: Math.min(1_000_000, Math.max(0, Math.round(sample.rateBp))), visible: sample.visible,
    focused: sample.focused, hints: sample.hints.slice(0, 16).map((hint) => hint.slice(0, 64)),
    frames: state.frames,
  });
  turn.set({ inflightAtMs: nowMs, beatAtMs: nowMs, beatHeadMs: sample.playheadMs, dirty: false, frames: [] });
  save(turn);
}

/** Keep the state that a reload needs. */
export function save(turn: Turn): void {
  const { joined, sample, wantPlay, clientNonce } = turn.state;
  if (joined === null || turn.state.ended !== null) return;
  const playheadMs = sample === null ? 0 : Math.round(sample.playheadMs);
  turn.add({ do: "save", saved: { sessionId: joined.session_id, token: turn.state.token, playheadMs, wantPlay, clientNonce } });
}

/** After an acknowledgement: report at once what changed while it was under way. */
export function beatAgain(turn: Turn): void {
  if (!turn.state.dirty) return;
  turn.add({ do: "look", afterMs: Math.max(0, BEAT_GAP_MS - (turn.nowMs - turn.state.beatAtMs)) });
}
