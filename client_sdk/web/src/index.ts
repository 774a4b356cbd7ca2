/**
 * Zaichang for the web: `attach(video, { url, token })` joins a player to a service and returns its controller.
 * docs/integrate.md is the guide.
 */
import { sdkError, type SdkError } from "./core/errors.ts";
import { Controller } from "./shell/controller.ts";
import { canUsePasskeys } from "./shell/passkey.ts";
import { htmlMedia, isAdapter, type PlayerAdapter } from "./shell/player.ts";
import { socketUrl } from "./shell/socket.ts";
import type { Ui, UiOptions } from "./ui/options.ts";

export interface AttachOptions {
  /** Address of the service's websocket: `wss://...`, `https://...`, or relative to the page. */
  readonly url: string;
  /** Launch token from your server, or a function that fetches a fresh one. Never a part of the address. */
  readonly token: string | (() => string | Promise<string>);
  /** `zh-CN` or `en`; by default the page's or the browser's language. */
  readonly locale?: string;
  /** The learner's screens: on by default; `false` for none, then answer challenges yourself. */
  readonly ui?: boolean | UiOptions;
  /** Tells players apart that share a page, for resuming after a reload; by default the page's path and the player's id. */
  readonly key?: string;
  /** Preferred camera. */
  readonly deviceId?: string;
  /** Same-origin address of zaichang-worker.js, for pages whose policy forbids blob workers. */
  readonly workerUrl?: string;
  /** Whether the session ends by itself at the lesson's end, once nothing is missing: on by default. */
  readonly autoFinish?: boolean;
  /** Whether passkeys may be asked for where the browser has them: on by default, with own screens only if `true`. */
  readonly passkeys?: boolean;
}

/** A controller with the learner's screens attached to it. */
export type Session = Controller;

export const VERSION: string = __VERSION__;
declare const __VERSION__: string;

let players = 0;

/**
 * Join a player to the service.
 *
 * @param target - an HTMLMediaElement, or an adapter for another player.
 * @throws OptionsError (`options.invalid`) when an option is missing or wrong; everything later is an `error` event.
 */
export function attach(target: HTMLMediaElement | PlayerAdapter, options: AttachOptions): Session {
  const player = isAdapter(target) ? target : htmlMedia(checkedMedia(target));
  const url = socketUrl(options.url, document.baseURI);
  if (typeof options.url !== "string" || url === null) throw new OptionsError("url must be the address of the service's websocket");
  const renew = typeof options.token === "function" ? options.token : null;
  if (renew === null && (typeof options.token !== "string" || options.token === "")) {
    throw new OptionsError("token must be a launch token, or a function that fetches one");
  }
  players += 1;
  const controller = new Controller(player, {
    url,
    token: typeof options.token === "string" ? options.token : "",
    renew,
    locale: localeOf(options.locale),
    sdk: `zaichang-web/${VERSION}`,
    key: `zaichang:${options.key ?? `${location.pathname}:${player.element?.id || players}`}`,
    deviceId: options.deviceId,
    workerUrl: options.workerUrl ?? null,
    passkeys: (options.passkeys ?? options.ui !== false) && canUsePasskeys(),
    autoFinish: options.autoFinish ?? true,
  });
  if (options.ui !== false) attachUi(controller, typeof options.ui === "object" ? options.ui : {});
  return controller;
}

/** Loaded beside the join, so that no challenge depends on the network when it comes. */
function attachUi(controller: Controller, options: UiOptions): void {
  let ui: Ui | null = null;
  let gone = false;
  const destroy = controller.destroy.bind(controller);
  controller.destroy = (how) => {
    gone = true;
    ui?.destroy();
    destroy(how);
  };
  const load = (attempt: number): void => {
    const failed = (error: unknown): void => {
      if (gone) return;
      controller.fail("ui.failed", `The learner's screens could not be loaded: ${String(error).slice(0, 160)}.`, "Serve all files of the SDK side by side.");
      if (attempt < 4) setTimeout(() => load(attempt + 1), 2_000 * attempt);
    };
    import("./ui/index.ts").then(
      (module) => {
        void module.mountUi(controller, options).then((mounted) => {
          if (gone) mounted.destroy();
          else ui = mounted;
        }, failed);
      },
      failed,
    );
  };
  load(1);
  controller.on("locale", () => {
    ui?.destroy();
    ui = null;
    load(1);
  });
}

function checkedMedia(target: unknown): HTMLMediaElement {
  if (target instanceof HTMLMediaElement) return target;
  throw new OptionsError("the first argument must be a <video> or <audio> element, or a player adapter");
}

function localeOf(locale: string | undefined): string {
  const wanted = locale ?? (document.documentElement.lang || navigator.language);
  return /^en\b/i.test(wanted) ? "en" : /^zh\b/i.test(wanted) || locale === undefined ? "zh-CN" : "en";
}

/** Thrown by `attach` only. */
export class OptionsError extends Error {
  readonly error: SdkError;
  constructor(message: string) {
    super(`Zaichang: ${message}.`);
    this.error = sdkError("options.invalid", message, "See docs/integrate.md.", true);
  }
}

export { htmlMedia } from "./shell/player.ts";
export { hlsJs, type HlsOptions, type HlsPlayer } from "./adapters/hlsjs.ts";
export { videoJs, type VideoJsPlayer } from "./adapters/videojs.ts";
export type { PlayerAdapter, PlayerCause, PlayerSample } from "./shell/player.ts";
export type { Controller, EventMap } from "./shell/controller.ts";
export type { CameraState, Connection, Hold, Status } from "./core/state.ts";
export type { CoreEvent, NoPicture } from "./core/io.ts";
export type { ErrorCode, SdkError } from "./core/errors.ts";
export type { CaptureOrder, ChallengeOrder, ChallengeResult, MinuteSealed } from "./core/wire.ts";
export type { Links, Ui, UiOptions } from "./ui/options.ts";
