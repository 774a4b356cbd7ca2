/**
 * Hints that the page was tampered with. All of it can be forged by a person who controls the page, and innocent software
 * (accessibility tools, extensions) trips it too: the service records hints for a reviewer, they never decide anything.
 */

const NATIVE: readonly (readonly [string, () => unknown])[] = [
  ["getUserMedia", () => navigator.mediaDevices?.getUserMedia],
  ["enumerateDevices", () => navigator.mediaDevices?.enumerateDevices],
  ["drawImage", () => CanvasRenderingContext2D.prototype.drawImage],
  ["play", () => HTMLMediaElement.prototype.play],
  ["get playbackRate", () => getter(HTMLMediaElement.prototype, "playbackRate")],
  ["get currentTime", () => getter(HTMLMediaElement.prototype, "currentTime")],
  ["get visibilityState", () => getter(Document.prototype, "visibilityState")],
  ["get hidden", () => getter(Document.prototype, "hidden")],
  ["hasFocus", () => Document.prototype.hasFocus],
  ["now", () => Performance.prototype.now],
  ["setInterval", () => window.setInterval],
];

function getter(prototype: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get;
}

/** Codes of patched or unusual parts of the page: `patched:getUserMedia`, `shadowed:visibilityState`, `screen_extended`, `picture_in_picture`, `automation`. */
export function pageHints(media: HTMLElement | null): string[] {
  const hints: string[] = [];
  for (const [name, read] of NATIVE) {
    try {
      const found = read();
      if (found !== undefined && !isNative(found, name)) hints.push(`patched:${name.replace("get ", "")}`);
    } catch {
      hints.push(`patched:${name.replace("get ", "")}`);
    }
  }
  const own = (target: object | null, names: readonly string[]): void => {
    for (const name of names) {
      if (target !== null && Object.prototype.hasOwnProperty.call(target, name)) hints.push(`shadowed:${name}`);
    }
  };
  own(document, ["visibilityState", "hidden", "hasFocus"]);
  own(media, ["playbackRate", "currentTime", "paused"]);
  own(navigator.mediaDevices ?? null, ["getUserMedia", "enumerateDevices"]);
  if ((screen as Screen & { isExtended?: boolean }).isExtended === true) hints.push("screen_extended");
  if (inPictureInPicture()) hints.push("picture_in_picture");
  if (navigator.webdriver) hints.push("automation");
  return hints;
}

/** The video, or a part of the page, floats above other windows. The page behind it is reported as it is: hidden where it is hidden. */
function inPictureInPicture(): boolean {
  const { documentPictureInPicture } = window as Window & { documentPictureInPicture?: { window: Window | null } };
  return (document.pictureInPictureElement ?? null) !== null || (documentPictureInPicture?.window ?? null) !== null;
}

/** A native function prints exactly so; a proxy or a wrapper does not. White space differs between engines. */
function isNative(value: unknown, name: string): boolean {
  if (typeof value !== "function") return false;
  const text = Function.prototype.toString.call(value).replace(/\s+/g, " ");
  // Some engines print a getter's name without `get`.
  return text === `function ${name}() { [native code] }` || text === `function ${name.replace("get ", "")}() { [native code] }`;
}

/** Whether a track looks like something other than a camera: not listed as a device, or without a device group. */
export async function trackHints(track: MediaStreamTrack): Promise<string[]> {
  const hints: string[] = [];
  const settings = track.getSettings();
  if (track.constructor.name !== "MediaStreamTrack") hints.push("track_class");
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const listed = devices.some((device) => device.kind === "videoinput" && device.deviceId === settings.deviceId);
    if (!listed) hints.push("track_unlisted");
  } catch {
    hints.push("track_unlisted");
  }
  if (settings.groupId === undefined) hints.push("track_no_group");
  if (/\b(obs|manycam|virtual|snap camera|xsplit|droidcam|dummy|v4l2loopback)\b/i.test(track.label)) hints.push("track_label_virtual");
  return hints;
}
