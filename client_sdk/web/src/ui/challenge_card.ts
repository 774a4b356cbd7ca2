/** The base of every challenge on the screen: time left, focus taken and given back, the verdict. Not modal: the page and the player stay usable. */
import type { ChallengeOrder, ChallengeResult } from "../core/wire.ts";
import { h, say } from "./dom.ts";
import type { Layer } from "./layer.ts";
import { reasonText, type Text } from "./text.ts";

export interface ChallengeHost {
  answer(challengeId: string, answer: string): void;
  ready(challengeId: string, decline: boolean): void;
  passkey(challengeId: string, decline: boolean): Promise<boolean>;
  retryCamera(): void;
  readonly stream: MediaStream | null;
  readonly online: boolean;
}

const SPOKEN_AT_S = [30, 10];
const GOODBYE_MS = 1_500;
/** A challenge that comes up under a finger is not answered by mistake; the service refuses faster answers as a script's. */
const ARM_MS = 900;

export abstract class ChallengeCard {
  readonly card: HTMLElement;
  protected readonly message = h("p", { role: "status" });
  private readonly left = h("p", { class: "soft left" });
  private readonly spoken = h("span", { class: "away", role: "status" });
  private readonly before: Element | null = document.activeElement;
  private readonly timer: ReturnType<typeof setInterval>;
  private endsAt: number;
  /** An answer is under way. */
  protected answered = false;
  protected over = false;

  constructor(
    readonly order: ChallengeOrder,
    withinMs: number,
    protected readonly host: ChallengeHost,
    protected readonly layer: Layer,
    protected readonly text: Text,
  ) {
    this.endsAt = performance.now() + withinMs;
    this.card = h("section", { class: "card", role: "alertdialog", "aria-modal": "false", "aria-labelledby": "title", "aria-describedby": "about", "data-challenge": order.challenge_id, "data-kind": order.kind });
    this.timer = setInterval(() => this.count(), 1_000);
  }

  /** Fill the card and show it; called last by a subclass's constructor. */
  protected show(titleText: string, ...body: (Node | false)[]): void {
    const title = h("h2", { id: "title", tabindex: "-1" }, titleText);
    this.card.append(title, ...body.filter((part) => part !== false), this.left);
    if (!this.card.contains(this.message)) this.card.append(this.message);
    this.card.append(this.spoken);
    this.layer.show(this.card, this.order.variant);
    this.count();
    this.disable(true, "button");
    setTimeout(() => {
      if (!this.answered && !this.over) this.disable(false);
    }, ARM_MS);
    // Take the focus only from where nothing is being typed.
    const { before } = this;
    if (!(before instanceof HTMLInputElement || before instanceof HTMLTextAreaElement || (before as HTMLElement | null)?.isContentEditable === true)) {
      title.focus({ preventScroll: true });
    }
  }

  protected disable(off: boolean, which = "button, input"): void {
    for (const control of this.card.querySelectorAll<HTMLButtonElement | HTMLInputElement>(which)) control.disabled = off;
  }

  /** Called once a second. */
  protected count(): void {
    const seconds = Math.max(0, Math.ceil((this.endsAt - performance.now()) / 1_000));
    say(this.left, seconds > 0 ? this.text.left(seconds) : this.text.overdue);
    this.left.classList.toggle("bad", seconds === 0);
    if (SPOKEN_AT_S.includes(seconds)) say(this.spoken, this.text.leftSpoken(seconds));
    if (seconds === 0) say(this.spoken, this.text.overdue);
  }

  /** The service asks again, after a lost connection. */
  again(withinMs: number): void {
    this.endsAt = performance.now() + withinMs;
    this.count();
  }

  /** The service has judged an answer to this challenge. */
  judged(result: ChallengeResult): void {
    this.answered = false;
    say(this.message, result.accepted ? this.text.rightAnswer : reasonText(result.reason, this.text) || this.text.wrongAnswer);
    this.message.className = result.accepted ? "good" : "bad";
    if (result.accepted) this.layer.restoreFullscreen();
    if (!result.closed) {
      this.disable(false);
      this.retry();
      return;
    }
    this.over = true;
    this.disable(true);
    clearInterval(this.timer);
    this.left.remove();
    setTimeout(() => this.close(), result.accepted ? GOODBYE_MS : 2 * GOODBYE_MS);
  }

  /** It may be answered again. */
  protected abstract retry(): void;

  /** Take the challenge away, and give the focus back. */
  close(): void {
    this.over = true;
    clearInterval(this.timer);
    const focused = this.card.contains(this.layer.root.activeElement);
    this.layer.remove(this.card);
    if (focused && this.before instanceof HTMLElement && this.before.isConnected) this.before.focus({ preventScroll: true });
  }
}
