/**
 * The core: `reduce(state, input)` returns the new state and the shell's tasks. No clock, no randomness, no DOM;
 * whatever it needs comes in with the input, so every behaviour can be tested from a table.
 */
import { onSample } from "./beat.ts";
import { checkDeadlines, connect, onLost, onOnline, onOpened, onToken } from "./connection.ts";
import { holdOf, statusOf } from "./hold.ts";
import type { Input, Step } from "./io.ts";
import { onReady } from "./liveness.ts";
import { finish, onAnswer, onText } from "./orders.ts";
import type { State } from "./state.ts";
import { Turn } from "./turn.ts";
import { FRAMES_PLEDGED_MAX } from "./wire_limits.ts";

export function reduce(state: State, input: Input): Step {
  const turn = new Turn(state, input.nowMs);
  switch (input.type) {
    case "start":
      if (state.connection === "idle") connect(turn);
      break;
    case "opened":
      onOpened(turn);
      break;
    case "text":
      onText(turn, input.text);
      break;
    case "lost":
      onLost(turn, input.code, input.random, input.freshNonce);
      break;
    case "locale":
    case "offline":
      // The service learns the language from the next join.
      if (input.type === "locale") turn.set({ locale: input.locale });
      if (state.connection === "open") turn.add({ do: "disconnect" });
      break;
    case "online":
      onOnline(turn);
      break;
    case "sample":
      if (input.cause === "tick") checkDeadlines(turn);
      onSample(turn, input.cause, input.sample);
      break;
    case "picture": {
      const open = state.captures.find((capture) => capture.order.capture_id === input.captureId);
      if (open === undefined || state.connection !== "open") break;
      turn.set({ captures: state.captures.filter((capture) => capture !== open) });
      if (open.order.announce && input.digest !== "") turn.send({ t: "capture_taken", capture_id: input.captureId, digest: input.digest });
      turn.add({ do: "sendPicture", captureId: input.captureId, nonce: open.order.nonce });
      turn.emit({ type: "capture-sent", captureId: input.captureId });
      break;
    }
    case "no_picture": {
      const open = state.captures.find((capture) => capture.order.capture_id === input.captureId);
      if (open === undefined || state.connection !== "open") break;
      turn.set({ captures: state.captures.filter((capture) => capture !== open) });
      turn.send({ t: "capture_unavailable", capture_id: input.captureId, cause: input.cause });
      turn.emit({ type: "capture-missed", captureId: input.captureId, cause: input.cause });
      break;
    }
    case "frame":
      if (!state.frames.includes(input.digest)) turn.set({ frames: [...state.frames, input.digest].slice(-FRAMES_PLEDGED_MAX) });
      break;
    case "camera":
      turn.set({ camera: input.camera });
      break;
    case "saving":
      turn.set({ saving: input.saving });
      break;
    case "answer":
      onAnswer(turn, input.challengeId, input.answer);
      break;
    case "passkey":
      if (state.challenge?.order.challenge_id !== input.challengeId || state.connection !== "open") break;
      if (input.signed === null) turn.send({ t: "passkey_unavailable", challenge_id: input.challengeId, cause: "declined" });
      else turn.send({ t: "passkey", challenge_id: input.challengeId, ...input.signed });
      break;
    case "ready":
      onReady(turn, input.challengeId, input.decline);
      break;
    case "token":
      onToken(turn, input.token);
      break;
    case "uncounted":
      turn.set({ uncounted: true, wantPlay: true });
      break;
    case "finish":
      finish(turn);
      break;
  }
  settle(turn);
  return turn.step();
}

/** Hold or release the player where the reason for it changed. */
function settle(turn: Turn): void {
  const { state, nowMs } = turn;
  const hold = holdOf(state);
  const { reason, message } = hold === null ? { reason: "", message: "" } : statusOf(state, nowMs);
  if (hold === state.hold && reason === state.holdReason) return;
  turn.set({ hold, holdReason: reason });
  if (hold !== null) {
    if (state.sample?.playing === true && state.hold === null) {
      if (hold !== "ended") turn.set({ wantPlay: true });
      turn.add({ do: "pause" });
    }
    turn.emit({ type: "held", hold, reason, message });
  } else {
    turn.emit({ type: "released" });
    if (turn.state.wantPlay) turn.add({ do: "play" });
  }
}

export { statusOf };
