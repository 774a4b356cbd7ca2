/** The layer for challenges: the browser's top layer (so also over a fullscreen video), in a corner off the player's controls. */
import { h, shadow, themed } from "./dom.ts";
import { CSS } from "./style.ts";

const PLACES = ["bottom-right", "top-right", "bottom-left", "top-left"] as const;
const MARGIN_PX = 12;
/** As in the style sheet. */
const PHONE_PX = 480;
/** Height of a player's own controls at its lower edge. */
const CONTROLS_PX = 72;

export class Layer {
  readonly root: ShadowRoot;
  private readonly host = document.createElement("div");
  readonly box = h("div", { class: "layer" });
  private readonly onFullscreen = (): void => this.raise();
  private readonly grown = new ResizeObserver(() => this.clear());
  private count = 0;
  private left: Element | null = null;
  /** Whether the answer is in: the farewell is not worth leaving fullscreen again. */
  private answered = false;

  constructor(
    private readonly theme: string | undefined,
    locale: string,
    private readonly player: HTMLElement | null,
  ) {
    this.host.lang = locale;
    this.root = shadow(this.host, CSS);
    this.root.append(this.box);
    document.body.append(this.host);
    document.addEventListener("fullscreenchange", this.onFullscreen);
    this.grown.observe(this.box);
  }

  /** Show a card; `variant` says which corner is tried first. */
  show(card: HTMLElement, variant: number): void {
    this.count += 1;
    this.answered = false;
    themed(this.host, this.theme);
    this.box.append(card);
    this.raise();
    this.place(variant);
  }

  remove(card: HTMLElement): void {
    if (card.parentNode !== this.box) return;
    card.remove();
    this.count -= 1;
    if (this.count === 0 && "hidePopover" in this.box && this.box.matches(":popover-open")) this.box.hidePopover();
  }

  /**
   * Browsers make everything outside the fullscreen element inert, the top layer too: so the challenge moves into that
   * element, or where it can hold nothing (a bare video) fullscreen is left, and entered again after the answer.
   */
  private raise(): void {
    if (this.count === 0) return;
    const full = document.fullscreenElement;
    const phone = this.player as (HTMLElement & { webkitDisplayingFullscreen?: boolean; webkitExitFullscreen?(): void }) | null;
    if (phone?.webkitDisplayingFullscreen === true) phone.webkitExitFullscreen?.();
    if (full !== null && /^(VIDEO|AUDIO|IFRAME|OBJECT|CANVAS|IMG)$/.test(full.tagName)) {
      if (this.answered) return;
      this.left = full;
      void document.exitFullscreen().catch(() => undefined);
      return;
    }
    const home = full ?? document.body;
    if (this.host.parentNode !== home) home.append(this.host);
    if ("showPopover" in this.box) {
      if (this.box.matches(":popover-open")) this.box.hidePopover();
      this.box.setAttribute("popover", "manual");
      this.box.showPopover();
    }
    for (const video of this.box.querySelectorAll("video")) void video.play().catch(() => undefined);
  }

  /** Back to the fullscreen that a challenge ended; works within a few seconds of the learner's click. */
  restoreFullscreen(): void {
    const full = this.left;
    this.left = null;
    this.answered = true;
    if (full?.isConnected === true && document.fullscreenElement === null) void full.requestFullscreen().catch(() => undefined);
  }

  private place(variant: number): void {
    this.box.dataset["at"] = "bottom-right";
    if (this.clear()) return;
    const controls = this.player?.getBoundingClientRect();
    const { width, height } = this.box.getBoundingClientRect();
    // The controls must stay free; where there is a choice, the picture too.
    const covered = (at: string): number => {
      if (controls === undefined) return 0;
      const left = at.endsWith("left") ? MARGIN_PX : innerWidth - MARGIN_PX - width;
      const top = at.startsWith("top") ? MARGIN_PX : innerHeight - MARGIN_PX - height;
      const wide = Math.min(left + width, controls.right) - Math.max(left, controls.left);
      const high = (from: number): number => Math.max(0, Math.min(top + height, controls.bottom) - Math.max(top, from));
      return Math.max(0, wide) * (100 * high(controls.bottom - CONTROLS_PX) + high(controls.top));
    };
    const order = PLACES.map((_, index) => PLACES[(index + variant) % PLACES.length] ?? "bottom-right");
    this.box.dataset["at"] = order.reduce((a, b) => (covered(b) < covered(a) ? b : a));
  }

  /** On a phone everything is one column: the player goes up until its controls are above the challenge; whether that worked. */
  private clear(): boolean {
    const { player, box } = this;
    if (player === null || this.count === 0 || innerWidth > PHONE_PX || box.dataset["at"] !== "bottom-right") return false;
    const overlap = (): number => Math.ceil(player.getBoundingClientRect().bottom - box.getBoundingClientRect().top);
    const controls = player.getBoundingClientRect();
    if (controls.bottom > 0) scrollBy(0, Math.max(0, Math.min(controls.top, overlap())));
    return overlap() <= 0;
  }

  destroy(): void {
    this.grown.disconnect();
    document.removeEventListener("fullscreenchange", this.onFullscreen);
    this.host.remove();
  }
}
