/** The two screens before a lesson: the choice (consent) and the camera check. */
import { h, say, shadow, themed } from "../ui/dom.ts";
import { CSS } from "../ui/style.ts";
import { loadText } from "../ui/text.ts";
import { inAppBrowser, lightOf, openForCheck, type Light, type NoPictureError, type Preflight } from "./preflight.ts";
import { guardText } from "./text.ts";

export type Route = "face" | "challenge";

export interface ScreenOptions {
  readonly locale: string;
  readonly theme: string;
  /** Address of the privacy notice. */
  readonly privacy?: string | undefined;
  /** How long pictures are kept, as the institution words it. */
  readonly kept?: string | undefined;
}

const LOOK_MS = 500;

/** A box with its own styles, into which screens are put one after another. */
export function screenBox(host: HTMLElement, options: ScreenOptions): { show(content: HTMLElement): void; clear(): void } {
  themed(host, options.theme);
  host.lang = options.locale;
  const box = h("section", { "aria-label": guardText(options.locale).region, class: "card" });
  shadow(host, CSS).append(box);
  return {
    show(content) {
      box.replaceChildren(content);
      content.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
    },
    clear: () => box.replaceChildren(),
  };
}

/** Ask for the learner's separate choice. Neither button is preselected, and both are equally easy to press. */
export function askConsent(show: (content: HTMLElement) => void, options: ScreenOptions): Promise<Route> {
  const text = guardText(options.locale);
  return new Promise((resolve) => {
    show(
      h("div", { "data-screen": "consent" }, h("h2", { tabindex: "-1" }, text.consentTitle), h("p", {}, text.consentIntro),
        h("ul", {}, ...text.points.map((point) => h("li", {}, point))),
        options.kept !== undefined && h("p", { class: "soft" }, text.keptUntil(options.kept)),
        options.privacy !== undefined && h("p", {}, h("a", { href: options.privacy, target: "_blank", rel: "noopener" }, text.more)),
        h("div", { class: "row" },
          h("button", { type: "button", "data-do": "agree", onclick: () => resolve("face") }, text.agree),
          h("button", { type: "button", "data-do": "refuse", onclick: () => resolve("challenge") }, text.refuse))),
    );
  });
}

/** Check the camera; resolves to the chosen camera's id when the learner starts. */
export function checkCamera(show: (content: HTMLElement) => void, options: ScreenOptions, signal: AbortSignal): Promise<string> {
  const text = guardText(options.locale);
  const message = h("p", { role: "status" }, text.asking);
  const video = h("video", { "aria-hidden": "true" });
  video.muted = true;
  video.playsInline = true;
  const preview = h("div", { class: "preview", hidden: true }, video, h("div", { class: "oval" }));
  const select = h("select", { "aria-label": text.choose, hidden: true });
  const start = h("button", { type: "button", class: "main", "data-do": "start", disabled: true }, text.start);
  const again = h("button", { type: "button", "data-do": "again", hidden: true }, text.again);
  const canvas = document.createElement("canvas");
  let open: Preflight | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  const release = (): void => {
    clearInterval(timer);
    for (const track of open?.stream.getTracks() ?? []) track.stop();
    video.srcObject = null;
  };
  const tell = (light: Light | null): void => {
    if (light !== null) say(message, text[light]);
  };
  const begin = async (deviceId?: string): Promise<void> => {
    release();
    again.hidden = true;
    start.disabled = true;
    say(message, text.asking);
    try {
      open = await openForCheck(deviceId);
      if (signal.aborted) return release();
      video.srcObject = open.stream;
      await video.play();
      preview.hidden = false;
      select.hidden = open.cameras.length < 2;
      select.replaceChildren(...open.cameras.map(({ id, label }, index) => h("option", { value: id, selected: id === open?.deviceId }, label || text.camera(index + 1))));
      start.disabled = false;
      timer = setInterval(() => tell(lightOf(video, canvas)), LOOK_MS);
      tell(lightOf(video, canvas));
    } catch (error) {
      preview.hidden = true;
      again.hidden = false;
      const words = await loadText(options.locale);
      say(message, words.cameraErrors[(error as NoPictureError).code] ?? words.cameraErrors["camera.failed"] ?? "");
    }
  };
  signal.addEventListener("abort", release);
  return new Promise((resolve) => {
    select.addEventListener("change", () => void begin(select.value));
    again.addEventListener("click", () => void begin());
    start.addEventListener("click", () => {
      release();
      resolve(open?.deviceId ?? "");
    });
    show(h("div", { "data-screen": "camera" }, h("h2", { tabindex: "-1" }, text.checkTitle),
      inAppBrowser() && h("p", { class: "soft" }, text.wechat), message, preview, select, h("div", { class: "row" }, start, again)));
    void begin();
  });
}
