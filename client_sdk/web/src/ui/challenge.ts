/** The pop-up: confirm, code (picture or voice) and question. Not modal: the page and the player stay usable. */
import type { ChallengeOrder, ChallengeResult } from "../core/wire.ts";
import { h, say } from "./dom.ts";
import type { Layer } from "./layer.ts";
import { reasonText, type Text } from "./text.ts";

export interface ChallengeHost {
  answer(challengeId: string, answer: string): void;
  readonly online: boolean;
}

const SPOKEN_AT_S = [30, 10];
const GOODBYE_MS = 1_500;
/** A pop-up that comes up under a finger is not answered by mistake; the service refuses faster answers as a script's. */
const ARM_MS = 900;

export class ChallengePopup {
  readonly card: HTMLElement;
  private readonly message = h("p", { role: "status" });
  private readonly left = h("p", { class: "soft" });
  private readonly spoken = h("span", { class: "away", role: "status" });
  private readonly before: Element | null = document.activeElement;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly endsAt: number;
  private stopSound: (() => void) | null = null;
  private answered = false;

  constructor(
    readonly order: ChallengeOrder,
    withinMs: number,
    private readonly host: ChallengeHost,
    private readonly layer: Layer,
    private readonly text: Text,
    private readonly locale: string,
  ) {
    this.endsAt = performance.now() + withinMs;
    const title = h("h2", { id: "title", tabindex: "-1" }, this.title());
    this.card = h(
      "section",
      { class: "card", role: "alertdialog", "aria-modal": "false", "aria-labelledby": "title", "aria-describedby": "about", "data-challenge": order.challenge_id, "data-kind": order.kind },
      title, ...this.body(), this.left, this.message, this.spoken,
    );
    layer.show(this.card, order.variant);
    this.count();
    this.timer = setInterval(() => this.count(), 1_000);
    this.disable(true, "button");
    setTimeout(() => {
      if (!this.answered) this.disable(false);
    }, ARM_MS);
    // Take the focus only from where nothing is being typed.
    if (!(this.before instanceof HTMLInputElement || this.before instanceof HTMLTextAreaElement || (this.before as HTMLElement | null)?.isContentEditable === true)) {
      title.focus({ preventScroll: true });
    }
  }

  private title(): string {
    const { kind, variant } = this.order;
    if (kind === "code") return this.text.codeTitle;
    if (kind === "question") return this.text.questionTitle;
    return this.text.checkTitle[variant % this.text.checkTitle.length] ?? "";
  }

  private body(): Node[] {
    const { kind, options, variant } = this.order;
    if (kind === "code") return this.code();
    if (kind === "question") {
      const buttons = options.map((option, index) => this.button(option, String(index)));
      return [h("p", { id: "about" }, this.order.text), h("div", { class: "options" }, ...buttons)];
    }
    const about = this.text.checkText[(variant >> 2) % this.text.checkText.length] ?? "";
    const buttons = options.map((key) => this.button(this.text.options[key] ?? key, key));
    return [h("p", { id: "about" }, about), h("div", { class: "row" }, ...buttons)];
  }

  private button(label: string, answer: string): HTMLButtonElement {
    return h("button", { type: "button", "data-answer": answer, onclick: () => this.give(answer) }, label);
  }

  private code(): Node[] {
    const { image, audio } = this.order;
    const canvas = h("canvas", { class: "code", role: "img", "aria-label": this.text.codeImage, width: 240, height: 80 });
    const about = h("p", { id: "about", class: "soft" });
    paint(canvas, image).catch(() => {
      canvas.remove();
      say(about, this.text.codeNoImage);
    });
    const input = h("input", { id: "digits", class: "digits", inputmode: "numeric", autocomplete: "off", maxlength: 8, "aria-label": this.text.codeLabel, name: "code" });
    const form = h("form", { onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim() !== "") this.give(input.value.trim());
    } }, input, h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, this.text.send), audio !== "" && this.listen(audio)));
    return [canvas, about, form];
  }

  private listen(audio: string): HTMLButtonElement {
    const button = h("button", { type: "button", onclick: () => {
      if (this.stopSound !== null) {
        this.stopSound();
        return;
      }
      say(button, this.text.codeStop);
      void play(audio, () => {
        this.stopSound = null;
        say(button, this.text.codeListen);
      }).then((stop) => {
        this.stopSound = stop;
      });
    } }, this.text.codeListen);
    return button;
  }

  private give(answer: string): void {
    if (this.answered) return;
    this.answered = true;
    this.disable(true);
    say(this.message, this.host.online ? this.text.checking : this.text.offlineAnswer);
    this.host.answer(this.order.challenge_id, answer);
  }

  private disable(off: boolean, which = "button, input"): void {
    for (const control of this.card.querySelectorAll<HTMLButtonElement | HTMLInputElement>(which)) control.disabled = off;
  }

  private count(): void {
    const seconds = Math.max(0, Math.ceil((this.endsAt - performance.now()) / 1_000));
    say(this.left, seconds > 0 ? this.text.left(seconds) : this.text.overdue);
    this.left.classList.toggle("bad", seconds === 0);
    if (SPOKEN_AT_S.includes(seconds)) say(this.spoken, this.text.leftSpoken(seconds));
    if (seconds === 0) {
      say(this.spoken, this.text.overdue);
      clearInterval(this.timer);
    }
  }

  /** The service has judged an answer to this pop-up. */
  judged(result: ChallengeResult): void {
    this.answered = false;
    const why = reasonText(result.reason, this.locale);
    say(this.message, result.accepted ? this.text.rightAnswer : why || this.text.wrongAnswer);
    this.message.className = result.accepted ? "good" : "bad";
    if (result.accepted) this.layer.restoreFullscreen();
    if (result.closed) {
      this.disable(true);
      clearInterval(this.timer);
      this.left.remove();
      setTimeout(() => this.close(), result.accepted ? GOODBYE_MS : 2 * GOODBYE_MS);
      return;
    }
    this.disable(false);
    const input = this.card.querySelector("input");
    if (input !== null) {
      input.value = "";
      input.focus();
    }
  }

  /** Take the pop-up away, and give the focus back. */
  close(): void {
    clearInterval(this.timer);
    this.stopSound?.();
    const focused = this.card.contains(this.layer.root.activeElement);
    this.layer.remove(this.card);
    if (focused && this.before instanceof HTMLElement && this.before.isConnected) this.before.focus({ preventScroll: true });
  }
}

/** Draw the picture without an address, so that no `img-src` policy stands against it. */
async function paint(canvas: HTMLCanvasElement, base64: string): Promise<void> {
  const bitmap = await createImageBitmap(new Blob([bytesOf(base64)], { type: "image/png" }));
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
}

/** Play a WAV; returns how to stop it. */
async function play(base64: string, over: () => void): Promise<() => void> {
  const context = new AudioContext();
  const finish = (): void => {
    void context.close().catch(() => undefined);
    over();
  };
  try {
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytesOf(base64).buffer);
    source.connect(context.destination);
    source.onended = finish;
    source.start();
    return () => source.stop();
  } catch {
    finish();
    return () => undefined;
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

