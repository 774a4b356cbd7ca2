/**
 * Active liveness and the light check: the learner presses "ready", then does what is shown, one step after another.
 * The service judges; this shows and guides.
 */
import type { ChallengeOrder, ChallengeResult, LivenessStepOrder } from "../core/wire.ts";
import { h, say } from "./dom.ts";
import { face, Overlay } from "./icons.ts";
import type { Layer } from "./layer.ts";
import { ChallengeCard, type ChallengeHost } from "./challenge_card.ts";
import type { Text } from "./text.ts";
import { cue, hush } from "./tone.ts";

/** Colours change at most this often: far from three flashes a second (WCAG 2.3.1), whatever is ordered. */
const COLOUR_GAP_MS = 400;

export class LivenessChallenge extends ChallengeCard {
  private readonly video = h("video", { "aria-label": this.text.live.preview });
  private readonly overlay = new Overlay();
  private readonly picture = h("div", { class: "preview" }, this.video);
  private readonly about: HTMLElement;
  private readonly icon = h("span", {});
  private readonly words = h("p", { class: "do", role: "status", "aria-live": "assertive" });
  private readonly hint = h("p", { class: "hint", role: "status" });
  private readonly progress = h("p", { class: "soft" });
  private readonly bar = h("div", { class: "time-bar" }, h("div", {}));
  private readonly stage = h("div", { class: "stage", hidden: true }, h("div", { class: "doing" }, this.icon, this.words), this.bar, this.progress);
  private readonly begin: HTMLButtonElement;
  private readonly buttons: HTMLElement;
  private readonly stop: HTMLElement;
  private readonly flash = h("div", { class: "flash", hidden: true });
  private readonly light: boolean;
  private colourAt = -Infinity;
  private colourTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(order: ChallengeOrder, withinMs: number, host: ChallengeHost, layer: Layer, text: Text) {
    super(order, withinMs, host, layer, text);
    const { live } = text;
    this.light = order.kind === "light";
    this.video.muted = true;
    this.video.playsInline = true;
    this.picture.append(this.overlay.element);
    this.overlay.point("");
    this.about = h("div", { id: "about" }, h("p", {}, this.light ? live.lightAbout : live.about(order.steps || 2)), this.light && h("p", { class: "warn" }, live.lightWarn));
    const decline = (): HTMLButtonElement => h("button", { type: "button", "data-do": "decline", onclick: () => this.ready(true) }, live.lightDecline);
    this.begin = h("button", { type: "button", class: "main", "data-do": "ready", onclick: () => this.ready(false) }, this.light ? live.lightStart : live.ready);
    this.buttons = h("div", { class: "row" }, this.light && decline(), this.begin);
    this.stop = h("div", { class: "row", hidden: true }, h("button", { type: "button", "data-do": "stop", onclick: () => this.ready(true) }, live.lightStop));
    this.card.classList.add("live");
    this.show(this.light ? live.lightTitle : live.title, this.about, this.picture, this.stage, this.hint, this.message, this.buttons, this.stop);
    layer.box.append(this.flash);
  }

  private ready(decline: boolean): void {
    if (this.answered && !decline) return;
    if (!this.host.online) {
      say(this.message, this.text.live.broken);
      return;
    }
    this.answered = true;
    this.dark();
    this.disable(true);
    this.message.className = "";
    say(this.message, this.text.live.wait);
    this.card.querySelector<HTMLElement>("#title")?.focus({ preventScroll: true });
    if (!decline) cue("start");
    this.host.ready(this.order.challenge_id, decline);
  }

  /** Show a step. */
  step(step: LivenessStepOrder): void {
    if (this.over) return;
    const { live } = this.text;
    this.answered = true;
    this.about.hidden = this.buttons.hidden = true;
    this.stage.hidden = false;
    say(this.message, "");
    say(this.hint, "");
    this.icon.replaceChildren(face(step.action));
    // Emptied first, so that the same words are spoken again.
    say(this.words, "");
    say(this.words, live.actions[step.action] ?? step.action);
    // Colours follow each other too fast to be counted: the bar would flicker as well.
    const still = step.colour !== "";
    this.bar.hidden = still;
    say(this.progress, still ? "" : live.step(step.step, step.of));
    this.overlay.point(step.action);
    this.card.dataset["step"] = String(step.step);
    this.card.dataset["action"] = step.action;
    this.please(false);
    this.stop.hidden = step.colour === "";
    this.disable(false, "[data-do=stop]");
    const inner = this.bar.firstElementChild;
    for (const old of inner?.getAnimations() ?? []) old.cancel();
    inner?.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: Math.max(1, step.within_ms), fill: "forwards" });
    if (step.step > 1) cue(step.action === "hold" ? "done" : "next");
    if (step.colour === "") this.dark();
    else this.paint(step.colour);
  }

  /** Guidance during a try: the needed change, or that all is well. */
  guide(reason: string, message: string): void {
    if (this.stage.hidden || this.over) return;
    say(this.hint, reason === "" ? this.text.live.good : message || (this.text.reasons[reason] ?? ""));
    this.please(reason === "");
  }

  private please(good: boolean): void {
    this.picture.dataset["good"] = String(good);
    this.hint.className = good ? "hint good" : "hint";
  }

  /** The try was broken off; the service will ask again. */
  broken(): void {
    this.rest();
    this.disable(true);
    say(this.message, this.text.live.broken);
  }

  override again(withinMs: number): void {
    super.again(withinMs);
    this.rest();
    say(this.message, "");
    this.disable(false);
  }

  override judged(result: ChallengeResult): void {
    this.rest();
    super.judged(result);
    cue(result.accepted ? "done" : "failed");
    if (result.closed) this.buttons.hidden = true;
  }

  protected retry(): void {
    say(this.begin, this.text.live.again);
    this.begin.focus({ preventScroll: true });
    this.card.scrollTop = 0;
  }

  private rest(): void {
    this.answered = false;
    this.dark();
    this.stage.hidden = true;
    this.stop.hidden = true;
    this.about.hidden = this.buttons.hidden = false;
    this.overlay.point("");
    this.please(false);
    say(this.hint, "");
    delete this.card.dataset["action"];
  }

  protected override count(): void {
    super.count();
    const { stream } = this.host;
    if (this.video.srcObject !== stream) {
      this.video.srcObject = stream;
      if (stream !== null) void this.video.play().catch(() => undefined);
    }
    if (stream === null && this.stage.hidden) say(this.hint, this.text.live.noCamera);
    else if (this.stage.hidden) say(this.hint, "");
  }

  /** Fill the screen with a colour, not sooner than is safe after the one before. */
  private paint(colour: string): void {
    if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
    clearTimeout(this.colourTimer);
    const waitMs = this.colourAt + COLOUR_GAP_MS - performance.now();
    if (waitMs > 0) {
      this.colourTimer = setTimeout(() => this.paint(colour), waitMs);
      return;
    }
    this.colourAt = performance.now();
    this.flash.style.backgroundColor = colour;
    this.flash.hidden = false;
  }

  private dark(): void {
    clearTimeout(this.colourTimer);
    this.flash.hidden = true;
  }

  override close(): void {
    this.dark();
    this.flash.remove();
    this.video.srcObject = null;
    hush();
    super.close();
  }
}
