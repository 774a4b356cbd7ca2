/** The inputs and outputs of the reducer. */
import type { SdkError } from "./errors.ts";
import type { CameraState, Cause, Hold, Sample, Saved, State } from "./state.ts";
import type { CaptureOrder, ChallengeOrder, ChallengeResult, LivenessStepOrder, MinuteSealed, PasskeyAssertion } from "./wire.ts";

/** Everything that can happen. `nowMs` is the page's monotonic clock. */
export type Input =
  | { readonly type: "start"; readonly nowMs: number }
  | { readonly type: "opened"; readonly nowMs: number }
  | { readonly type: "text"; readonly nowMs: number; readonly text: string }
  | { readonly type: "lost"; readonly nowMs: number; readonly code: number; readonly random: number; readonly freshNonce: string }
  | { readonly type: "online" | "offline"; readonly nowMs: number }
  | { readonly type: "sample"; readonly nowMs: number; readonly cause: Cause; readonly sample: Sample }
  | { readonly type: "picture"; readonly nowMs: number; readonly captureId: string; readonly digest: string }
  | { readonly type: "no_picture"; readonly nowMs: number; readonly captureId: string; readonly cause: NoPicture }
  /** A frame that the next heartbeat pledges. */
  | { readonly type: "frame"; readonly nowMs: number; readonly digest: string }
  | { readonly type: "camera"; readonly nowMs: number; readonly camera: CameraState }
  | { readonly type: "saving"; readonly nowMs: number; readonly saving: boolean }
  | { readonly type: "answer"; readonly nowMs: number; readonly challengeId: string; readonly answer: string }
  /** The device's signed answer, or null where the learner cannot use a passkey now. */
  | { readonly type: "passkey"; readonly nowMs: number; readonly challengeId: string; readonly signed: Omit<PasskeyAssertion, "t" | "challenge_id"> | null }
  | { readonly type: "ready"; readonly nowMs: number; readonly challengeId: string; readonly decline: boolean }
  | { readonly type: "locale"; readonly nowMs: number; readonly locale: string }
  | { readonly type: "token"; readonly nowMs: number; readonly token: string }
  | { readonly type: "uncounted"; readonly nowMs: number }
  | { readonly type: "finish"; readonly nowMs: number };

/** Why a picture could not be taken, as the protocol names it. */
export type NoPicture = "no_camera" | "denied" | "busy" | "hidden" | "ended";

/** What the shell carries out. */
export type Effect =
  | { readonly do: "connect" }
  | { readonly do: "disconnect" }
  | { readonly do: "send"; readonly text: string }
  | { readonly do: "capture"; readonly order: CaptureOrder; readonly withinMs: number }
  | { readonly do: "sendPicture"; readonly captureId: string; readonly nonce: string }
  /** Send frames of this step until the next one, or `framesOff`. */
  | { readonly do: "frames"; readonly step: LivenessStepOrder }
  | { readonly do: "framesOff" }
  /** Take a frame this often for the heartbeats to pledge; 0: take none. */
  | { readonly do: "pledge"; readonly everyMs: number }
  | { readonly do: "openCamera" }
  | { readonly do: "closeCamera" }
  | { readonly do: "pause" }
  | { readonly do: "play" }
  | { readonly do: "seek"; readonly toMs: number }
  | { readonly do: "normalRate" }
  | { readonly do: "look"; readonly afterMs: number }
  | { readonly do: "askToken" }
  | { readonly do: "save"; readonly saved: Saved }
  | { readonly do: "forget" }
  | { readonly do: "emit"; readonly event: CoreEvent };

/** What the page hears. */
export type CoreEvent =
  | { readonly type: "joined"; readonly sessionId: string; readonly resumed: boolean; readonly notices: readonly string[] }
  | { readonly type: "held"; readonly hold: Hold; readonly reason: string; readonly message: string }
  | { readonly type: "released" }
  | { readonly type: "set-back"; readonly toMs: number; readonly reason: string; readonly message: string }
  | { readonly type: "capture-ordered"; readonly captureId: string; readonly prompt: string; readonly withinMs: number }
  | { readonly type: "capture-sent"; readonly captureId: string }
  | { readonly type: "capture-missed"; readonly captureId: string; readonly cause: NoPicture | "late" }
  | { readonly type: "challenge"; readonly order: ChallengeOrder; readonly withinMs: number }
  | { readonly type: "challenge-result"; readonly result: ChallengeResult }
  /** Show this movement (or colour) now. */
  | { readonly type: "liveness-step"; readonly step: LivenessStepOrder }
  | { readonly type: "liveness-hint"; readonly challengeId: string; readonly reason: string; readonly message: string }
  /** A try was broken off (the connection was lost); the learner starts it again. */
  | { readonly type: "liveness-broken"; readonly challengeId: string }
  /** Time is up; the challenge stays open, and nothing counts until it is answered. */
  | { readonly type: "challenge-expired"; readonly challengeId: string }
  | { readonly type: "minute"; readonly minute: MinuteSealed }
  | { readonly type: "closed"; readonly reason: string; readonly message: string; readonly verifiedMs: number; readonly undecidedMs: number }
  | { readonly type: "error"; readonly error: SdkError };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}
