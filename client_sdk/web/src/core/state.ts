/** The core's state. Plain data, replaced and never changed in place. Times ending in `AtMs` are the page's monotonic clock. */
import type { CaptureOrder, ChallengeOrder, Joined, LivenessStepOrder, MinuteSealed } from "./wire.ts";
import type { SdkError } from "./errors.ts";
import type { Part } from "./parts.ts";

/** A look at the player and the page. */
export interface Sample {
  readonly playheadMs: number;
  readonly playing: boolean;
  readonly stalled: boolean;
  readonly ended: boolean;
  /** 10000 = 1.0x. */
  readonly rateBp: number;
  /** Whether the player holds another medium than the session began with. */
  readonly other?: boolean;
  readonly visible: boolean;
  readonly focused: boolean;
  /** Codes that the page reports; indicators only. */
  readonly hints: readonly string[];
}

/** Why a sample was taken; everything but `tick` is reported at once. */
export type Cause =
  | "tick" | "play" | "pause" | "seeking" | "seeked" | "ratechange" | "waiting" | "playing" | "ended" | "loadstart" | "visibility"
  | "focus" | "freeze" | "hints" | "again";

export type Connection = "idle" | "connecting" | "joining" | "open" | "waiting" | "closed";
export type CameraState = "off" | "asking" | "on" | "muted" | "failed";

export interface OpenChallenge {
  readonly order: ChallengeOrder;
  readonly deadlineAtMs: number;
  /** Time is up; nothing counts until it is answered. */
  readonly overdue: boolean;
  /** An answer given while the connection was down; sent when the service asks again. */
  readonly unsent: string | null;
  /** The step of a begun liveness try; null before and between tries. */
  readonly step: LivenessStepOrder | null;
}

export interface OpenCapture {
  readonly order: CaptureOrder;
  readonly deadlineAtMs: number;
}

export interface State {
  readonly connection: Connection;
  readonly token: string;
  /** The page's token; differs from `token` while a session from before a reload is resumed with its own. */
  readonly pageToken: string;
  readonly canRenew: boolean;
  readonly locale: string;
  readonly sdk: string;
  readonly clientNonce: string;
  /** Random value that this browser keeps for the service; empty where it keeps nothing. */
  readonly device: string;
  /** Whether the page can use passkeys. */
  readonly passkey: boolean;
  /** Session to resume; empty for a new one. */
  readonly resume: string;
  readonly joined: Joined | null;
  /** Server time minus the page's monotonic clock. */
  readonly clockOffsetMs: number;

  // Connection
  readonly attempt: number;
  readonly connectAtMs: number;
  readonly retryAtMs: number;
  readonly lostAtMs: number | null;
  readonly tokenTries: number;
  readonly lastError: SdkError | null;

  // Heartbeat chain: `seq` of the last acknowledged beat, `nonce` for the next; at most one is unacknowledged
  readonly seq: number;
  readonly nonce: string;
  readonly inflightAtMs: number | null;
  readonly dirty: boolean;
  readonly beatAtMs: number;
  /** The position that the last beat reported. */
  readonly beatHeadMs: number;
  readonly sample: Sample | null;
  readonly sampleAtMs: number;
  readonly tickAtMs: number;

  // What the service said
  readonly counting: boolean;
  readonly reason: string;
  readonly verifiedMs: number;
  readonly pendingMs: number;
  readonly frontierMs: number;
  /** Parts of the lesson that need no watching. */
  readonly counted: readonly Part[];
  /** How much was counted before this session. */
  readonly beforeMs: number;
  readonly sealed: readonly MinuteSealed[];
  readonly pausedBy: { readonly reason: string; readonly message: string } | null;
  /** Whether the first proof has passed (the service said resume, or counts). */
  readonly ready: boolean;

  // The player
  readonly wantPlay: boolean;
  readonly hold: Hold | null;
  readonly holdReason: string;
  /** Whether the learner chose to watch without being counted while no connection is there. */
  readonly uncounted: boolean;
  /** Furthest point watched at a normal pace or allowed by the service. */
  readonly furthestMs: number;
  /** Position to go back to after a reload; -1 for none. */
  readonly restoreMs: number;

  // Orders
  readonly captures: readonly OpenCapture[];
  readonly challenge: OpenChallenge | null;
  readonly finishing: boolean;
  /** Whether the session ends by itself at the lesson's end. */
  readonly autoFinish: boolean;
  /** After a resume the service gives its orders again; those not given by its first acknowledgement are void. */
  readonly stale: { readonly pause: boolean; readonly challenge: boolean; readonly ready: boolean };
  readonly ended: { readonly reason: string; readonly message: string; readonly resumable: boolean; readonly undecidedMs?: number } | null;
  readonly camera: CameraState;
  /** SHA-256 of the frames taken since the last heartbeat, oldest first. */
  readonly frames: readonly string[];
  /** The battery is low: smaller pictures, no preview. */
  readonly saving: boolean;
}

/** Kept over a reload of the page. */
export interface Saved {
  readonly sessionId: string;
  /** The launch token that opened it: no other can resume it. */
  readonly token: string;
  readonly playheadMs: number;
  readonly wantPlay: boolean;
  /** The nonce that the join committed to. A page reloaded before the reveal must still have it. */
  readonly clientNonce: string;
}

export interface Start {
  /** From the page; empty where it must be asked for. */
  readonly token: string;
  readonly locale: string;
  readonly sdk: string;
  /** 32 hex digits, fresh. */
  readonly clientNonce: string;
  readonly device?: string;
  readonly passkey?: boolean;
  readonly saved: Saved | null;
  /** Whether the learner had started the player already. */
  readonly wantPlay: boolean;
  /** Whether the shell can get another token (the page gave a function). */
  readonly canRenew: boolean;
  readonly autoFinish?: boolean;
}

export function initial(start: Start): State {
  const saved = start.saved;
  return {
    connection: "idle", token: saved?.token ?? start.token, pageToken: start.token, canRenew: start.canRenew, locale: start.locale, sdk: start.sdk,
    clientNonce: saved?.clientNonce || start.clientNonce, device: start.device ?? "", passkey: start.passkey ?? false, resume: saved?.sessionId ?? "", joined: null, clockOffsetMs: 0,
    attempt: 0, connectAtMs: 0, retryAtMs: 0, lostAtMs: null, tokenTries: 0, lastError: null,
    seq: 0, nonce: "", inflightAtMs: null, dirty: false, beatAtMs: 0, beatHeadMs: 0, sample: null, sampleAtMs: 0, tickAtMs: 0,
    counting: false, reason: "", verifiedMs: 0, pendingMs: 0, frontierMs: 0, counted: [], beforeMs: 0, sealed: [], pausedBy: null, ready: false,
    wantPlay: start.wantPlay || (saved?.wantPlay ?? false), hold: null, holdReason: "", uncounted: false,
    furthestMs: 0, restoreMs: saved?.playheadMs ?? -1, captures: [], challenge: null, finishing: false, autoFinish: start.autoFinish ?? false,
    stale: { pause: false, challenge: false, ready: false }, ended: null, camera: "off", frames: [], saving: false,
  };
}

/** Why the player is held, or null where it may play. */
export type Hold = "joining" | "proof" | "server" | "offline" | "media" | "ended";

/** What a page shows its learner; derived, comparable by value. */
export interface Status {
  readonly connection: Connection;
  readonly sessionId: string;
  /** Whether time is being counted at this moment. */
  readonly counting: boolean;
  /** Why it is not: a reason code of the service, or `OFFLINE`, `CONNECTING`; empty while counting. */
  readonly reason: string;
  /** The service's sentence for the last order, where it sent one. */
  readonly message: string;
  /** Why the player is held; null where it may play. */
  readonly hold: Hold | null;
  /** Credited in this session. */
  readonly verifiedMs: number;
  /** Played since the last proof, credited when the next one passes. */
  readonly pendingMs: number;
  readonly frontierMs: number;
  readonly lessonDurationMs: number;
  /** Parts of the lesson, `[from, to]` in ms, that need no watching: counted, waiting, or for a person. */
  readonly counted: readonly Part[];
  /** After the end: the time that a person decides, and whether all of the lesson is credited. */
  readonly undecidedMs: number;
  readonly creditedAll: boolean;
  /** Where the next missing part begins, while the player is in a counted part or at the end; else -1. */
  readonly missingMs: number;
  /** Minutes whose record a signed checkpoint covers. */
  readonly sealedMinutes: number;
  /** Sum of those minutes: only this may be called verified. */
  readonly sealedMs: number;
  readonly camera: CameraState;
  /** Whether this session takes pictures at all (false on the route without face recognition). */
  readonly captures: boolean;
  /** Days after which kept pictures are deleted; 0: none is kept. */
  readonly picturesDays: number;
  /** Whether the battery is being spared: smaller pictures, no preview. */
  readonly saving: boolean;
  readonly challengeOpen: boolean;
  readonly finishing: boolean;
  readonly uncounted: boolean;
  /** After another page or device took over: whether `takeOver()` can continue here. */
  readonly canTakeOver: boolean;
  /** When the next attempt to connect comes, in ms from now; 0 otherwise. */
  readonly retryInMs: number;
}
