/** The worker: once-a-second ticks and JPEG encoding; falls back to the page's own timer and canvas. */
import workerText from "worker:text";

export type ClockKind = "blob-worker" | "file-worker" | "page-timer";

const TICK_MS = 1_000;
/** A worker that has not ticked by then was blocked (content security policy, missing file). */
const START_LIMIT_MS = 4_000;

interface Reply {
  readonly tick?: boolean;
  readonly id?: number;
  readonly blob?: Blob;
  readonly error?: string;
}

/** Ticks until `close()`. */
export class Clock {
  private worker: Worker | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private readonly jobs = new Map<number, { resolve(blob: Blob): void; reject(error: Error): void }>();
  private lastJob = 0;
  private closed = false;
  kind: ClockKind = "page-timer";

  /** `workerUrl`: a same-origin copy of zaichang-worker.js, for pages that forbid blob workers. */
  constructor(
    private readonly tick: () => void,
    private readonly fellBack: (kind: ClockKind) => void,
    private readonly workerUrl: string | null,
  ) {
    this.startBlob();
  }

  private startBlob(): void {
    let url = "";
    try {
      url = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
      this.watch(new Worker(url), "blob-worker", () => this.startFile(), () => URL.revokeObjectURL(url));
    } catch {
      if (url !== "") URL.revokeObjectURL(url);
      this.startFile();
    }
  }

  private startFile(): void {
    if (this.closed) return;
    try {
      if (this.workerUrl === null) throw new Error("no worker file");
      this.watch(new Worker(this.workerUrl), "file-worker", () => this.startTimer(), () => undefined);
    } catch {
      this.startTimer();
    }
  }

  private startTimer(): void {
    if (this.closed) return;
    this.kind = "page-timer";
    this.timer = setInterval(this.tick, TICK_MS);
    this.fellBack(this.kind);
  }

  /** Use a worker once it has ticked; until then the page's timer stands in. */
  private watch(worker: Worker, kind: ClockKind, failed: () => void, release: () => void): void {
    let alive = false;
    const fail = (): void => {
      clearTimeout(this.watchdog);
      worker.terminate();
      release();
      if (this.worker === worker) this.worker = null;
      for (const job of this.jobs.values()) job.reject(new Error("the worker failed"));
      this.jobs.clear();
      if (!this.closed) failed();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail();
    };
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.tick === true) {
        if (!alive) {
          alive = true;
          clearTimeout(this.watchdog);
          this.worker = worker;
          this.kind = kind;
          release();
          if (kind !== "blob-worker") this.fellBack(kind);
        }
        this.tick();
      } else if (data.id !== undefined) {
        const job = this.jobs.get(data.id);
        this.jobs.delete(data.id);
        if (data.blob !== undefined) job?.resolve(data.blob);
        else job?.reject(new Error(data.error ?? "encoding failed"));
      }
    };
    this.watchdog = setTimeout(fail, START_LIMIT_MS);
    worker.postMessage({ tickMs: TICK_MS });
  }

  /** Encode in the worker; rejects where there is none or it cannot (no OffscreenCanvas). Takes the bitmap over. */
  encode(bitmap: ImageBitmap, width: number, height: number, quality: number): Promise<Blob> {
    const worker = this.worker;
    if (worker === null) return Promise.reject(new Error("no worker"));
    return new Promise((resolve, reject) => {
      const id = ++this.lastJob;
      this.jobs.set(id, { resolve, reject });
      worker.postMessage({ encode: { id, bitmap, width, height, quality } }, [bitmap]);
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.watchdog);
    clearInterval(this.timer);
    this.worker?.terminate();
    this.worker = null;
    for (const job of this.jobs.values()) job.reject(new Error("closed"));
    this.jobs.clear();
  }
}
