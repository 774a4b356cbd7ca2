/** Carries out what the core decides, and feeds it what happens. */
import { sdkError } from "../core/errors.ts";
import type { Effect, Input } from "../core/io.ts";
import { pictureSize, type Conditions } from "../core/picture_size.ts";
import { reduce, statusOf } from "../core/reduce.ts";
import { initial, type Cause, type Sample, type Saved, type State, type Status } from "../core/state.ts";
import { encodeCapture } from "../core/codec.ts";
import type { CaptureOrder, ChallengeOrder } from "../core/wire.ts";
import { Camera, NoPictureError, sha256Hex, type Picture } from "./camera.ts";
import { watchBattery } from "./battery.ts";
import { Clock } from "./clock.ts";
import type { ControllerOptions, EventMap } from "./controller_types.ts";
import { FramePump } from "./frames.ts";
import { pageHints } from "./integrity.ts";
import { deviceId, hexNonce, Memory } from "./memory.ts";
import { conditionsOf } from "./conditions.ts";
import { listenToPage, pageState } from "./page.ts";
import type { PlayerAdapter } from "./player.ts";
import { Pledges } from "./pledges.ts";
import { now } from "./page_time.ts";
import { signPasskey } from "./passkey.ts";
import { Socket } from "./socket.ts";
import { untilClosed } from "./until_closed.ts";

export type { ControllerOptions, EventMap } from "./controller_types.ts";

const HINTS_EVERY_MS = 30_000;

/** One learner's session in one player. Get it from `attach()`. */
export class Controller {
  private state: State;
  private shown = "";
  private readonly listeners = new Map<keyof EventMap, Set<(event: never) => void>>();
  private readonly inputs: Input[] = [];
  private working = false;
  private destroyed = false;
  private readonly socket: Socket;
  private readonly clock: Clock;
  private readonly camera: Camera;
  private readonly frames: FramePump;
  private readonly pledges: Pledges;
  private readonly memory: Memory;
  private readonly pictures = new Map<string, Picture>();
  private readonly undo: (() => void)[] = [];
  /** Code of the camera's last failure, empty before one; `status.camera` says whether it still holds. */
  cameraError = "";
  private hints: readonly string[] = [];
  private hintsAtMs = -Infinity;
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly player: PlayerAdapter,
    private readonly options: ControllerOptions,
  ) {
    this.memory = new Memory(options.key);
    this.socket = new Socket(options.url, {
      opened: () => this.put({ type: "opened", nowMs: now() }),
      text: (text) => this.put({ type: "text", nowMs: now(), text }),
      lost: (code) => this.put({ type: "lost", nowMs: now(), code, random: Math.random(), freshNonce: hexNonce() }),
    });
    this.state = this.fresh(this.memory.load());
    this.undo.push(
      player.listen((cause) => this.look(cause)),
      listenToPage({
        changed: (cause) => {
          if (cause === "hints") this.hintsAtMs = -Infinity;
          this.look(cause);
        },
        online: () => this.put({ type: "online", nowMs: now() }),
        offline: () => this.put({ type: "offline", nowMs: now() }),
      }),
    );
    const reopen = (): void => {
      if (this.camera.state === "failed") void this.camera.open().catch(() => undefined);
    };
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    devices?.addEventListener?.("devicechange", reopen);
    this.undo.push(() => devices?.removeEventListener?.("devicechange", reopen));
    this.clock = new Clock(() => this.look("tick"), (kind) => {
      if (kind === "page-timer") this.report("clock.throttled", "No worker could be started; a hidden page may be slowed by the browser.", "Allow blob: in worker-src, or pass workerUrl.");
    }, options.workerUrl);
    this.camera = new Camera(this.clock, {
      state: (camera) => this.put({ type: "camera", nowMs: now(), camera }),
      failed: (error) => {
        this.cameraError = error.code;
        this.report(error.code, error.message, "See docs/integrate.md, \"Camera\".");
      },
    }, options.deviceId);
    this.frames = new FramePump(this.camera, this.socket, () => this.conditions(), (error) => {
      if (!(error instanceof NoPictureError)) this.report("capture.failed", `A frame failed: ${String(error).slice(0, 120)}.`);
    });
    this.pledges = new Pledges(this.camera, () => this.conditions(), (digest) => this.put({ type: "frame", nowMs: now(), digest }));
    this.undo.push(watchBattery((saving) => this.put({ type: "saving", nowMs: now(), saving })));
    // Not within the constructor: the page has yet to listen.
    queueMicrotask(() => {
      if (!this.destroyed) this.start();
    });
  }

  private fresh(saved: Saved | null): State {
    return initial({
      token: this.options.token, canRenew: this.options.renew !== null, locale: (this.state as State | undefined)?.locale ?? this.options.locale,
      sdk: this.options.sdk, clientNonce: hexNonce(), device: deviceId(hexNonce), passkey: this.options.passkeys, autoFinish: this.options.autoFinish, saved, wantPlay: this.player.sample().playing,
    });
  }

  private start(): void {
    if (this.memory.denied) this.report("storage.denied", "This browser keeps nothing for the page; after a reload a new session starts.");
    this.look("hints");
    if (this.options.renew !== null && this.state.token === "") {
      void this.renew().then(() => this.put({ type: "start", nowMs: now() }));
    } else {
      this.put({ type: "start", nowMs: now() });
    }
  }

  // For the page

  /** What to show the learner; also sent as the event `status` on every change. */
  get status(): Status {
    return statusOf(this.state, now());
  }

  get locale(): string { return this.state.locale; }

  /** Change the language in mid-session: the screens at once, the service's own words with the next connection, made now. */
  set locale(locale: string) {
    this.put({ type: "locale", nowMs: now(), locale: /^en/i.test(locale) ? "en" : "zh-CN" });
    this.fire("locale", { type: "locale", locale: this.locale });
  }

  /** The challenge that waits for an answer, and how long it may wait; null where there is none. */
  get openChallenge(): { readonly order: ChallengeOrder; readonly withinMs: number } | null {
    const open = this.state.challenge;
    return open === null ? null : { order: open.order, withinMs: Math.max(0, open.deadlineAtMs - now()) };
  }

  /** The camera's live stream, to show the learner what is seen; null while it is off. */
  get cameraStream(): MediaStream | null { return this.camera.preview; }

  /**
   * Where the learner's own record is shown, with reasons and the appeal. It carries the launch token after `#`, which no
   * server gets to see: open it, do not show it.
   */
  get recordAddress(): string {
    const address = new URL("../timeline", this.options.url.replace(/^ws/, "http"));
    address.hash = `token=${encodeURIComponent(this.state.token)}`;
    return address.href;
  }

  /** The element the player is in, to place things beside it. */
  get playerElement(): HTMLElement | null { return this.player.element; }

  /** Listen; returns how to stop listening. A listener that throws does not disturb the others. */
  on<K extends keyof EventMap>(name: K, listener: (event: EventMap[K]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set);
    set.add(listener as (event: never) => void);
    return () => set.delete(listener as (event: never) => void);
  }

  /** Answer the open challenge: the option's key, its index as text, or the code typed. */
  answer(challengeId: string, answer: string): void {
    this.put({ type: "answer", nowMs: now(), challengeId, answer });
  }

  /** From a click: have the learner's device answer the open `passkey` challenge, or ask for another one; whether it was sent. */
  async passkey(challengeId: string, decline = false): Promise<boolean> {
    const open = this.state.challenge;
    const signed = decline || open === null ? null : await signPasskey(open.order);
    if (signed !== null || decline) this.put({ type: "passkey", nowMs: now(), challengeId, signed });
    return signed !== null || decline;
  }

  /** The learner is before the camera: begin the open liveness challenge; `decline` asks for movements instead of colours. */
  ready(challengeId: string, decline = false): void {
    this.put({ type: "ready", nowMs: now(), challengeId, decline });
  }

  /** Whether the browser still wants a click before it plays: for screens that come up after `player-blocked`. */
  playerBlocked = false;

  /** Play on after the browser wanted a click; call it from the click's handler. */
  play(): void { this.run({ do: "play" }); }

  /** End the session; resolves once it is closed, after a closing proof where one is needed. */
  finish(): Promise<void> {
    this.put({ type: "finish", nowMs: now() });
    return untilClosed(this);
  }

  /** Let the learner watch while no connection is there; nothing is counted until it is back. */
  watchUncounted(): void { this.put({ type: "uncounted", nowMs: now() }); }

  /** Go to the next missing part (`status.missingMs`) and play on; call it from a click's handler. */
  goOn(): void {
    if (this.status.missingMs < 0) return;
    this.player.seek(this.status.missingMs);
    this.play();
  }

  /** Hand over a fresh launch token before or after the old one expired. */
  setToken(token: string): void { this.put({ type: "token", nowMs: now(), token }); }

  /** Try the camera again, or another one; resolves to whether it is on. */
  async retryCamera(deviceId?: string): Promise<boolean> {
    try {
      await (deviceId === undefined ? this.camera.open() : this.camera.choose(deviceId));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * After `session.superseded`: continue here, which ends the other one. Where the same session was taken over it is
   * resumed; where another one was started, a new one begins, for which the page must have given a token function.
   */
  takeOver(): void {
    const { ended, joined, token, sample, clientNonce } = this.state;
    if (this.destroyed || ended === null || !this.status.canTakeOver) return;
    this.socket.drop();
    const resumed = { sessionId: joined?.session_id ?? "", token, playheadMs: sample?.playheadMs ?? 0, wantPlay: true, clientNonce };
    this.state = this.fresh(ended.resumable ? resumed : null);
    this.start();
  }

  /**
   * Leave nothing behind: no socket, camera, worker, listener or timer. The session itself can be resumed, by a later
   * `attach` in this tab, unless it is to be forgotten.
   */
  destroy({ forget = false }: { readonly forget?: boolean } = {}): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (forget) this.memory.forget();
    clearTimeout(this.later);
    for (const undo of this.undo.splice(0)) undo();
    this.frames.stop();
    this.pledges.every(0);
    this.camera.close();
    this.clock.close();
    this.socket.drop();
    this.pictures.clear();
    this.listeners.clear();
  }

  // Inside

  private look(cause: Cause): void {
    if (this.destroyed) return;
    this.put({ type: "sample", nowMs: now(), cause, sample: this.sample() });
  }

  private sample(): Sample {
    const { visible, focused } = pageState();
    if (now() - this.hintsAtMs > HINTS_EVERY_MS) {
      this.hintsAtMs = now();
      this.hints = pageHints(this.player.element);
    }
    const hints = [...this.hints, ...(this.player.hints?.() ?? [])];
    try {
      return { ...this.player.sample(), visible, focused, hints };
    } catch {
      this.report("player.gone", "The player could not be read.", "Call destroy() before you remove it.");
      return { playheadMs: this.state.sample?.playheadMs ?? 0, playing: false, stalled: false, ended: false, rateBp: 10_000, visible, focused, hints };
    }
  }

  private put(input: Input): void {
    if (this.destroyed) return;
    this.inputs.push(input);
    if (this.working) return;
    this.working = true;
    try {
      for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
        const step = reduce(this.state, next);
        this.state = step.state;
        for (const effect of step.effects) this.run(effect);
      }
    } finally {
      this.working = false;
    }
    const status = this.status;
    const shown = JSON.stringify(status);
    if (shown !== this.shown) {
      this.shown = shown;
      this.fire("status", { type: "status", status });
    }
  }

  private run(effect: Effect): void {
    switch (effect.do) {
      case "connect": return this.socket.connect();
      case "disconnect": return this.socket.disconnect();
      case "send":
        this.socket.send(effect.text);
        return;
      case "capture":
        void this.capture(effect.order);
        return;
      case "sendPicture": return this.sendPicture(effect.captureId, effect.nonce);
      case "frames": return this.frames.show(effect.step);
      case "framesOff": return this.frames.stop();
      case "pledge": return this.pledges.every(effect.everyMs);
      case "openCamera":
        void this.camera.open().catch(() => undefined);
        return;
      case "closeCamera": return this.camera.close();
      case "pause": return this.player.pause();
      case "play":
        this.player.play().then(() => {
          this.playerBlocked = false;
        }, () => {
          this.playerBlocked = true;
          this.fire("player-blocked", { type: "player-blocked" });
        });
        return;
      case "seek": return this.player.seek(effect.toMs);
      case "normalRate": return this.player.normalRate?.();
      case "look":
        clearTimeout(this.later);
        this.later = setTimeout(() => this.look("again"), effect.afterMs);
        return;
      case "askToken":
        void this.renew();
        return;
      case "save": return this.memory.save(effect.saved);
      case "forget": return this.memory.forget();
      case "emit": return this.fire(effect.event.type, effect.event as never);
    }
  }

  private async renew(): Promise<void> {
    let token = "";
    try {
      token = (await this.options.renew?.()) ?? "";
    } catch (error) {
      this.report("token.unavailable", `The page's token function failed: ${String(error).slice(0, 120)}.`);
    }
    this.put({ type: "token", nowMs: now(), token });
  }

  private conditions(): Conditions {
    return conditionsOf(this.socket.waitingBytes, this.state.saving);
  }

  private async capture(order: CaptureOrder): Promise<void> {
    const captureId = order.capture_id;
    try {
      const size = pictureSize(order.width_px, order.quality_pct, this.conditions());
      const picture = this.pledges.find(order.frame) ?? await this.camera.grab(size.widthPx, size.qualityPct);
      this.pictures.set(captureId, picture);
      this.put({ type: "picture", nowMs: now(), captureId, digest: order.announce ? await sha256Hex(picture.bytes) : "" });
    } catch (error) {
      const cause = error instanceof NoPictureError ? error.cause : "busy";
      if (!(error instanceof NoPictureError)) this.report("capture.failed", `The picture failed: ${String(error).slice(0, 120)}.`);
      this.put({ type: "no_picture", nowMs: now(), captureId, cause });
    } finally {
      this.pictures.delete(captureId);
    }
  }

  private sendPicture(captureId: string, nonce: string): void {
    const picture = this.pictures.get(captureId);
    if (picture === undefined) return;
    const header = { capture_id: captureId, nonce, camera: picture.camera, virtual_camera: picture.virtual, hints: picture.hints };
    this.socket.send(encodeCapture(header, picture.bytes));
  }

  /** For the SDK's own parts: report an error as an event. */
  fail(code: Parameters<typeof sdkError>[0], message: string, hint = ""): void {
    if (!this.destroyed) this.report(code, message, hint);
  }

  private report(code: Parameters<typeof sdkError>[0], message: string, hint = ""): void {
    this.fire("error", { type: "error", error: sdkError(code, message, hint) });
  }

  private fire<K extends keyof EventMap>(name: K, event: EventMap[K]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) {
      try {
        (listener as (event: EventMap[K]) => void)(event);
      } catch (error) {
        // A page's mistake must not stop the session; the browser's console shows it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
