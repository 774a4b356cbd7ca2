/** The camera: opened when the service asks for pictures, reopened after a phone comes back, grabbed on order. */
import type { NoPicture } from "../core/io.ts";
import type { CameraState } from "../core/state.ts";
import type { ErrorCode } from "../core/errors.ts";
import { CAPTURE_MAX_BYTES } from "../core/wire_limits.ts";
import type { Clock } from "./clock.ts";
import { trackHints } from "./integrity.ts";

export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Opaque digest of the device, hex; changes when the camera is exchanged. */
  readonly camera: string;
  readonly virtual: boolean;
  readonly hints: readonly string[];
}

/** Why no picture: for the protocol (`cause`) and for the page (`code`). */
export class NoPictureError extends Error {
  constructor(
    override readonly cause: NoPicture,
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export interface CameraEvents {
  state(state: CameraState): void;
  failed(error: NoPictureError): void;
}

/** A frame must be newer than the order; without one by then the camera counts as asleep. */
const FRESH_LIMIT_MS = 2_500;

export class Camera {
  private stream: MediaStream | null = null;
  private opening: Promise<void> | null = null;
  private digest = "";
  private hints: readonly string[] = [];
  private closed = true;
  private framedAt = -1;
  private readonly video: HTMLVideoElement;
  state: CameraState = "off";

  constructor(
    private readonly clock: Clock,
    private readonly events: CameraEvents,
    private deviceId: string | undefined,
  ) {
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute("playsinline", "");
  }

  /** The live stream, for a preview; null while the camera is off. */
  get preview(): MediaStream | null {
    return this.stream;
  }

  /** Open, or join an opening under way. */
  open(): Promise<void> {
    this.closed = false;
    if (this.stream !== null && this.track()?.readyState === "live") return Promise.resolve();
    this.opening ??= this.acquire().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  /** Change to another camera; the service will check again who is there. */
  async choose(deviceId: string): Promise<void> {
    this.deviceId = deviceId;
    this.release();
    await this.open();
  }

  private track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }

  private async acquire(): Promise<void> {
    this.set("asking");
    try {
      const refusal = refusedBeforehand();
      if (refusal !== null) throw refusal;
      const device = this.deviceId === undefined ? { facingMode: "user" } : { deviceId: { ideal: this.deviceId } };
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...device, width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } },
      });
      if (this.closed) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.stream = stream;
      await this.adopt(stream);
    } catch (error) {
      const known = explain(error);
      this.release();
      this.set("failed");
      this.events.failed(known);
      throw known;
    }
  }

  private async adopt(stream: MediaStream): Promise<void> {
    const track = stream.getVideoTracks()[0];
    if (track === undefined) throw new DOMException("no video track", "NotFoundError");
    track.onended = () => {
      if (this.stream !== stream) return;
      this.release();
      this.set("failed");
      this.events.failed(new NoPictureError("ended", "camera.ended", "The camera was unplugged or its permission taken back."));
    };
    track.onmute = () => this.set("muted");
    track.onunmute = () => this.set("on");
    this.video.srcObject = stream;
    // Some phones start no frames without an explicit play().
    await this.video.play();
    const { deviceId = "", groupId = "" } = track.getSettings();
    this.digest = await digest(`${track.label}\n${deviceId}\n${groupId}`);
    this.hints = await trackHints(track);
    this.set("on");
  }

  /**
   * A picture newer than this call.
   *
   * @throws NoPictureError when there is none to be had.
   */
  async grab(widthPx: number, qualityPct: number): Promise<Picture> {
    if (document.visibilityState !== "visible") throw new NoPictureError("hidden", "capture.failed", "The page is in the background.");
    await this.open();
    const video = this.video;
    if (video.paused) await video.play().catch(() => undefined);
    if (!(await freshFrame(video))) {
      // Phones put the camera to sleep in the background without ending the track: open it anew.
      this.release();
      await this.open();
      if (!(await freshFrame(video))) throw new NoPictureError("busy", "camera.busy", "The camera gives no frames.");
    }
    const width = Math.min(widthPx, video.videoWidth);
    const height = Math.round((width * video.videoHeight) / video.videoWidth);
    let blob = await this.encode(width, height, qualityPct / 100);
    if (blob.size > CAPTURE_MAX_BYTES) blob = await this.encode(Math.round(width / 2), Math.round(height / 2), 0.6);
    return {
      bytes: new Uint8Array(await blob.arrayBuffer()),
      camera: this.digest,
      virtual: this.hints.length > 0,
      hints: this.hints,
    };
  }

  /** The newest frame at once, for a liveness try; null where none has come since the last call. */
  async frame(widthPx: number, qualityPct: number, limitBytes: number): Promise<Picture | null> {
    const { video } = this;
    if (this.stream === null || this.track()?.readyState !== "live") await this.open();
    if (video.paused) await video.play().catch(() => undefined);
    if (video.videoWidth === 0 || video.currentTime === this.framedAt) return null;
    this.framedAt = video.currentTime;
    const width = Math.min(widthPx, video.videoWidth);
    const height = Math.round((width * video.videoHeight) / video.videoWidth);
    let blob = await this.encode(width, height, qualityPct / 100);
    if (blob.size > limitBytes) blob = await this.encode(width, height, 0.5);
    if (blob.size > limitBytes) blob = await this.encode(Math.round(width / 2), Math.round(height / 2), 0.6);
    return { bytes: new Uint8Array(await blob.arrayBuffer()), camera: this.digest, virtual: this.hints.length > 0, hints: this.hints };
  }

  private async encode(width: number, height: number, quality: number): Promise<Blob> {
    try {
      return await this.clock.encode(await createImageBitmap(this.video), width, height, quality);
    } catch {
      return encodeOnPage(this.video, width, height, quality);
    }
  }

  private set(state: CameraState): void {
    if (this.state === state) return;
    this.state = state;
    this.events.state(state);
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = track.onmute = track.onunmute = null;
      track.stop();
    }
    this.stream = null;
    this.video.srcObject = null;
  }

  close(): void {
    this.closed = true;
    this.release();
    this.set("off");
  }
}

/** The cause as known before the browser is asked, so that the learner sees the real one. */
export function refusedBeforehand(): NoPictureError | null {
  if (!window.isSecureContext) {
    return new NoPictureError("denied", "camera.insecure", "Browsers give a camera only to pages served over https.");
  }
  if (typeof navigator.mediaDevices?.getUserMedia !== "function") {
    return new NoPictureError("no_camera", "camera.unsupported", "This browser or app gives no camera to pages.");
  }
  const policy = (document as Document & { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  if (policy?.allowsFeature("camera") === false) {
    return new NoPictureError("denied", "camera.policy", 'The page around the player does not allow the camera: its iframe needs allow="camera".');
  }
  return null;
}

export function explain(error: unknown): NoPictureError {
  if (error instanceof NoPictureError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new NoPictureError("denied", "camera.denied", "The camera was not allowed.");
    case "NotFoundError":
    case "OverconstrainedError":
      return new NoPictureError("no_camera", "camera.missing", "No camera was found.");
    case "NotReadableError":
    case "AbortError":
      return new NoPictureError("busy", "camera.busy", "The camera is in use by another program.");
    default:
      return new NoPictureError("busy", "camera.failed", `The camera failed (${name || "unknown"}).`);
  }
}

function freshFrame(video: HTMLVideoElement): Promise<boolean> {
  return new Promise((resolve) => {
    let over = false;
    const limit = setTimeout(() => {
      over = true;
      resolve(false);
    }, FRESH_LIMIT_MS);
    const seen = (): void => {
      clearTimeout(limit);
      resolve(video.videoWidth > 0);
    };
    if ("requestVideoFrameCallback" in video) {
      // The first callback may be for a frame shown before the order; the second is not.
      video.requestVideoFrameCallback(() => video.requestVideoFrameCallback(seen));
    } else {
      const older: HTMLVideoElement = video;
      const from = older.currentTime;
      const look = (): void => {
        if (older.currentTime > from) seen();
        else if (!over) setTimeout(look, 40);
      };
      setTimeout(look, 40);
    }
  });
}

function encodeOnPage(video: HTMLVideoElement, width: number, height: number, quality: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(video, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new NoPictureError("busy", "capture.failed", "The picture could not be encoded."));
      else resolve(blob);
    }, "image/jpeg", quality);
  });
}

async function digest(text: string): Promise<string> {
  return (await sha256Hex(new TextEncoder().encode(text))).slice(0, 32);
}

/** SHA-256 as 64 hex digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
