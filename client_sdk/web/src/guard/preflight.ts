/** The camera check before a lesson: permission, choice, light. Everything stays in the page. */
import { explain, refusedBeforehand, type NoPictureError } from "../shell/camera.ts";

export interface Preflight {
  readonly stream: MediaStream;
  readonly deviceId: string;
  /** Cameras to choose from, by id and label. */
  readonly cameras: readonly { readonly id: string; readonly label: string }[];
}

/** Open the camera for a look. @throws NoPictureError with a code of docs/integrate.md, "Camera". */
export async function openForCheck(deviceId?: string): Promise<Preflight> {
  const refusal = refusedBeforehand();
  if (refusal !== null) throw refusal;
  try {
    const wanted = deviceId === undefined ? { facingMode: "user" } : { deviceId: { exact: deviceId } };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...wanted, width: { ideal: 640 }, height: { ideal: 480 } } });
    const devices = await navigator.mediaDevices.enumerateDevices();
    return {
      stream,
      deviceId: stream.getVideoTracks()[0]?.getSettings().deviceId ?? "",
      cameras: devices.filter(({ kind }) => kind === "videoinput").map((device) => ({ id: device.deviceId, label: device.label })),
    };
  } catch (error) {
    throw explain(error);
  }
}

export type Light = "good" | "dark" | "bright";

const DARK_BELOW = 55;
const BRIGHT_ABOVE = 215;

/** Measurements of the middle of the picture, where the face should be. */
export function lightOf(video: HTMLVideoElement, canvas: HTMLCanvasElement): Light | null {
  if (video.videoWidth === 0) return null;
  canvas.width = 32;
  canvas.height = 24;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(video, 0, 0, 32, 24);
  const { data } = context.getImageData(10, 4, 12, 16);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);
  const mean = sum / (data.length / 4);
  return mean < DARK_BELOW ? "dark" : mean > BRIGHT_ABOVE ? "bright" : "good";
}

/** Whether the page runs inside an app whose browser may lack a camera. */
export function inAppBrowser(): boolean {
  return /MicroMessenger|QQ\/|DingTalk|Weibo|AlipayClient/i.test(navigator.userAgent);
}

export type { NoPictureError };
