/** Takes frames for the heartbeats to pledge, and keeps them for an order that asks for one by its hash. */
import { pictureSize, type Conditions } from "../core/picture_size.ts";
import { CAPTURE_MAX_BYTES, CAPTURE_QUALITY_PCT, CAPTURE_WIDTH_PX, FRAMES_PLEDGED_MAX } from "../core/wire_limits.ts";
import { sha256Hex, type Camera, type Picture } from "./camera.ts";

/** Frames since the last sample, and those that are taken while earlier ones are sent over a slow line. */
const KEPT_MAX = 16 * FRAMES_PLEDGED_MAX;

export class Pledges {
  private readonly kept = new Map<string, Picture>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private working = false;

  constructor(
    private readonly camera: Camera,
    private readonly conditions: () => Conditions,
    private readonly taken: (digest: string) => void,
  ) {}

  /** Take a frame this often while the camera is on and the page is visible; 0: take none, and keep none. */
  every(everyMs: number): void {
    clearInterval(this.timer);
    this.timer = everyMs > 0 ? setInterval(() => void this.look(), everyMs) : undefined;
    if (everyMs === 0) this.kept.clear();
  }

  /** A pledged frame; undefined where it is not kept any more. */
  find(digest: string): Picture | undefined {
    return this.kept.get(digest);
  }

  private async look(): Promise<void> {
    if (this.working || this.camera.state !== "on" || document.visibilityState !== "visible") return;
    this.working = true;
    try {
      const size = pictureSize(CAPTURE_WIDTH_PX, CAPTURE_QUALITY_PCT, this.conditions());
      const picture = await this.camera.frame(size.widthPx, size.qualityPct, CAPTURE_MAX_BYTES);
      if (picture === null || this.timer === undefined) return;
      const digest = await sha256Hex(picture.bytes);
      this.kept.set(digest, picture);
      const oldest = this.kept.keys().next();
      if (this.kept.size > KEPT_MAX && !oldest.done) this.kept.delete(oldest.value);
      this.taken(digest);
    } catch {
      // No frame this time. Where the camera fails, the next order says so.
    } finally {
      this.working = false;
    }
  }
}
