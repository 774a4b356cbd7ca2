/**
 * Active liveness: the learner says that they are ready, the service orders one step after another, and frames go out
 * with the step's nonce until the service ends the try. Nothing here judges what the frames show.
 */
import type { Turn } from "./turn.ts";
import type { LivenessHint, LivenessStepOrder } from "./wire.ts";

/** Kinds of challenge that the learner answers with movements or light before the camera. */
export function isLiveness(kind: string): boolean {
  return kind === "liveness" || kind === "light";
}

/** The learner pressed the button. Only where a connection is there: a try cannot begin later by itself. */
export function onReady(turn: Turn, challengeId: string, decline: boolean): void {
  const { challenge, connection } = turn.state;
  if (connection !== "open" || challenge === null || challenge.order.challenge_id !== challengeId || !isLiveness(challenge.order.kind)) return;
  if (decline) endTry(turn);
  turn.send({ t: "ready", challenge_id: challengeId, decline });
}

export function onStep(turn: Turn, step: LivenessStepOrder): void {
  const { challenge } = turn.state;
  if (challenge === null || challenge.order.challenge_id !== step.challenge_id) return;
  turn.set({ challenge: { ...challenge, step } });
  turn.add({ do: "frames", step });
  turn.emit({ type: "liveness-step", step });
}

export function onHint(turn: Turn, hint: LivenessHint): void {
  if (turn.state.challenge?.step?.challenge_id !== hint.challenge_id) return;
  turn.emit({ type: "liveness-hint", challengeId: hint.challenge_id, reason: hint.reason, message: hint.message });
}

/** No frame leaves after this. `broken`: the service will ask for the whole try again. */
export function endTry(turn: Turn, broken = false): void {
  const { challenge } = turn.state;
  if (challenge === null || challenge.step === null) return;
  turn.set({ challenge: { ...challenge, step: null } });
  turn.add({ do: "framesOff" });
  if (broken) turn.emit({ type: "liveness-broken", challengeId: challenge.order.challenge_id });
}
