/**
 * Runs in a Worker: ticks once a second (a page's own timers are throttled or patched) and encodes pictures, so that
 * the page's main thread does neither. Bundled as text into the SDK, and as dist/zaichang-worker.js for pages whose
 * content security policy forbids blob workers.
 */
interface EncodeJob {
  readonly id: number;
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
  readonly quality: number;
}

interface Scope {
  onmessage: ((event: { data: { tickMs?: number; encode?: EncodeJob } }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = self as unknown as Scope;
let timer: ReturnType<typeof setInterval> | undefined;

async function encode(job: EncodeJob): Promise<void> {
  try {
    const canvas = new OffscreenCanvas(job.width, job.height);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no 2d context");
    context.drawImage(job.bitmap, 0, 0, job.width, job.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: job.quality });
    scope.postMessage({ id: job.id, blob });
  } catch (error) {
    scope.postMessage({ id: job.id, error: String(error) });
  } finally {
    job.bitmap.close();
  }
}

scope.onmessage = ({ data }) => {
  if (data.tickMs !== undefined) {
    clearInterval(timer);
    timer = setInterval(() => scope.postMessage({ tick: true }), data.tickMs);
    scope.postMessage({ tick: true });
  }
  if (data.encode !== undefined) void encode(data.encode);
};
