/**
 * `<zaichang-guard url="..." token="..."><video ...></video></zaichang-guard>`: the separate choice, the camera check,
 * then the lesson. Loaded as zaichang-guard.js beside the SDK, which it uses.
 */
import type { Controller } from "../shell/controller.ts";
import { attach } from "../index.ts";
import { Choice, type Made } from "./choice.ts";
import { askConsent, checkCamera, screenBox, type Route, type ScreenOptions } from "./screens.ts";
import { guardText } from "./text.ts";

export type { Route } from "./screens.ts";

/** Fetches a launch token for the route that the learner chose. */
export type TokenFor = (route: Route) => string | Promise<string>;

export class ZaichangGuard extends HTMLElement {
  /** Set this, or the attribute `token` (then only the route that the token is for). */
  tokenFor: TokenFor | null = setBefore<TokenFor>(this, "tokenFor");
  private session: Controller | null = null;
  private readonly screens = document.createElement("div");
  private box: { show(content: HTMLElement): void } | null = null;
  private leaving: AbortController | null = null;

  /** The session once the learner has started; null before. */
  get controller(): Controller | null {
    return this.session;
  }

  connectedCallback(): void {
    if (this.leaving !== null) return;
    this.leaving = new AbortController();
    // The video inside may not have been parsed yet.
    queueMicrotask(() => void this.begin());
  }

  disconnectedCallback(): void {
    // Moved within the page: stays as it is. Removed: leaves nothing behind.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.leaving?.abort();
      this.leaving = null;
      this.session?.destroy();
      this.session = null;
      this.screens.remove();
    });
  }

  private async begin(again = false): Promise<void> {
    const signal = this.leaving?.signal;
    const media = this.querySelector<HTMLMediaElement>("video, audio");
    if (signal === undefined || signal.aborted) return;
    if (media === null) {
      this.tell("error", { code: "options.invalid", message: "zaichang-guard holds no video" });
      return;
    }
    const given = (name: string): string | undefined => this.getAttribute(name) ?? undefined;
    const options: ScreenOptions = {
      locale: given("locale") ?? (/^en\b/i.test(document.documentElement.lang) ? "en" : "zh-CN"),
      theme: given("theme") ?? "auto", privacy: given("privacy"), kept: given("kept"),
    };
    const name = media.id || [...document.querySelectorAll(this.localName)].indexOf(this);
    const choice = new Choice(`guard:${location.pathname}:${name}`);
    const made = again ? null : choice.ofThisSession();
    const { route, deviceId } = made ?? (await this.choose(media, options, given("route"), signal));
    if (signal.aborted) return;
    choice.keep({ route, deviceId });
    const renew = (): string | Promise<string> => this.tokenFor?.(route) ?? given("token") ?? "";
    const anew = (): void => {
      // Consent is as easily taken back as it was given; verified time is kept.
      this.session?.destroy({ forget: true });
      this.session = null;
      media.pause();
      void this.begin(true);
    };
    const appeal = given("appeal");
    this.session = attach(media, {
      url: given("url") ?? "/v1/session", token: renew, locale: options.locale, key: choice.key,
      ...(deviceId === "" ? {} : { deviceId }),
      ui: {
        theme: options.theme as "auto",
        links: { ...(options.privacy === undefined ? {} : { privacy: options.privacy }), ...(appeal === undefined ? {} : { appeal }), ...(given("route") === undefined ? { nonFace: anew } : {}) },
      },
    });
    this.tell("session", { controller: this.session });
    // The start button's click lets the player begin with sound; after a reload the session knows whether it played.
    if (made === null) void media.play().catch(() => undefined);
  }

  /** The separate choice, then the camera check; the player waits. */
  private async choose(media: HTMLMediaElement, options: ScreenOptions, fixed: string | undefined, signal: AbortSignal): Promise<Made> {
    const paused = (): void => media.pause();
    media.addEventListener("play", paused, { signal });
    if (this.screens.shadowRoot === null) this.box = screenBox(this.screens, options);
    this.append(this.screens);
    const show = (content: HTMLElement): void => this.box?.show(content);
    const route = fixed === "face" || fixed === "challenge" ? fixed : await askConsent(show, options);
    if (!signal.aborted) this.tell("consent", { route });
    const deviceId = route === "face" && !signal.aborted ? await checkCamera(show, options, signal) : "";
    media.removeEventListener("play", paused);
    this.screens.remove();
    return { route, deviceId };
  }

  private tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(`zaichang-${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** Properties that a page set on the element before this module was loaded and upgraded it. */
function setBefore<T>(element: HTMLElement, name: string): T | null {
  return (Object.getOwnPropertyDescriptor(element, name)?.value as T | undefined) ?? null;
}

/** Define the element; harmless when called again. */
export function defineGuard(name = "zaichang-guard"): void {
  if (customElements.get(name) === undefined) customElements.define(name, class extends ZaichangGuard {});
}

defineGuard();

export { askConsent, checkCamera, screenBox, guardText };
