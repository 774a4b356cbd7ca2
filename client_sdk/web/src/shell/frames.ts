/** Sends the frames of a liveness try, each with the nonce of the step that was shown when it was taken. */
import { FRAME_MAX_BYTES, frameDue } from "../core/frame_pace.ts";
import { pictureSize, type Conditions } from "../core/picture_size.ts";
import { encodeCapture } from "../core/codec.ts";
import type { LivenessStepOrder } from "../core/wire.ts";
import type { Camera } from "./camera.ts";
import type { Socket } from "./socket.ts";

const POLL_MS = 50;

export class FramePump {
  private step: LivenessStepOrder | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private challengeId = "";
  private sent = 0;
  private lastAtMs = -Infinity;
  private lastBytes = 0;
  private encoding = false;

  constructor(
    private readonly camera: Camera,
    private readonly socket: Socket,
    private readonly conditions: () => Conditions,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Begin, or go on with the next step. */
  show(step: LivenessStepOrder): void {
    if (this.challengeId !== step.challenge_id || step.step === 1) this.sent = 0;
    this.challengeId = step.challenge_id;
    this.step = step;
    this.timer ??= setInterval(() => this.look(), POLL_MS);
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.step = null;
  }

  private look(): void {
    const { step } = this;
    const nowMs = performance.now();
    if (step === null || document.visibilityState !== "visible") return;
    const { lastAtMs, sent, encoding, lastBytes } = this;
    if (!frameDue({ intervalMs: step.interval_ms, lastAtMs, sent, encoding, waitingBytes: this.socket.waitingBytes, lastBytes }, nowMs)) return;
    this.encoding = true;
    this.lastAtMs = nowMs;
    void this.send(step).finally(() => {
      this.encoding = false;
    });
  }

  private async send(step: LivenessStepOrder): Promise<void> {
    try {
      const size = pictureSize(step.width_px, step.quality_pct, this.conditions());
      const picture = await this.camera.frame(size.widthPx, size.qualityPct, FRAME_MAX_BYTES);
      if (picture === null || this.step === null || this.challengeId !== step.challenge_id) return;
      const bytes = encodeCapture(
        { capture_id: step.challenge_id, nonce: step.nonce, camera: picture.camera, virtual_camera: picture.virtual, hints: picture.hints },
        picture.bytes,
      );
      if (this.socket.send(bytes)) {
        this.sent += 1;
        this.lastBytes = bytes.length;
      }
    } catch (error) {
      this.failed(error);
    }
  }
}
