/** Challenges that are answered by a click, by typing or by the learner's device: confirm, code, question and passkey. */
import type { ChallengeOrder } from "../core/wire.ts";
import { h, say } from "./dom.ts";
import type { Layer } from "./layer.ts";
import { ChallengeCard, type ChallengeHost } from "./challenge_card.ts";
import type { Text } from "./text.ts";

export class AnswerChallenge extends ChallengeCard {
  private stopSound: (() => void) | null = null;

  constructor(order: ChallengeOrder, withinMs: number, host: ChallengeHost, layer: Layer, text: Text) {
    super(order, withinMs, host, layer, text);
    const { kind, variant } = order;
    const title = kind === "code" ? text.codeTitle : kind === "question" ? text.questionTitle : text.checkTitle[variant % text.checkTitle.length];
    this.show(title ?? "", ...this.body());
  }

  private body(): Node[] {
    const { kind, options, labels, variant } = this.order;
    if (kind === "code") return this.code();
    if (kind === "question") {
      const buttons = options.map((option, index) => this.button(option, String(index)));
      return [h("p", { id: "about" }, this.order.text), h("div", { class: "options" }, ...buttons)];
    }
    if (kind === "passkey") {
      const press = (label: string, act: string): HTMLButtonElement => h("button", { type: "button", "data-do": act, onclick: () => void this.sign(act === "decline") }, label);
      return [h("p", { id: "about" }, this.text.passkey), h("div", { class: "row" }, press(this.text.live.ready, "ready"), press(this.text.cancel, "decline"))];
    }
    const about = this.text.checkText[(variant >> 2) % this.text.checkText.length] ?? "";
    const buttons = options.map((key, index) => this.button(labels[index] ?? key, key));
    return [h("p", { id: "about" }, this.order.text || about), h("div", { class: "row" }, ...buttons)];
  }

  private button(label: string, answer: string): HTMLButtonElement {
    return h("button", { type: "button", "data-answer": answer, onclick: () => this.give(answer) }, label);
  }

  private code(): Node[] {
    const { image, audio } = this.order;
    const { text } = this;
    const canvas = h("canvas", { class: "code", role: "img", "aria-label": text.codeImage, width: 240, height: 80 });
    const about = h("p", { id: "about", class: "soft" });
    const larger = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
      const on = canvas.classList.toggle("large");
      larger.setAttribute("aria-pressed", String(on));
      say(larger, on ? text.codeSmaller : text.codeLarger);
    } }, text.codeLarger);
    paint(canvas, image).catch(() => {
      canvas.remove();
      larger.remove();
      say(about, text.codeNoImage);
    });
    const input = h("input", { id: "digits", class: "digits", inputmode: "numeric", autocomplete: "off", maxlength: 8, "aria-label": text.codeLabel, name: "code" });
    const form = h("form", { onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim() !== "") this.give(input.value.trim());
    } }, input, h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, text.send), audio !== "" && this.listen(audio), larger));
    return [canvas, about, form];
  }

  private listen(audio: string): HTMLButtonElement {
    const { text } = this;
    const button = h("button", { type: "button", "data-do": "listen", onclick: () => {
      if (this.stopSound !== null) {
        this.stopSound();
        return;
      }
      say(button, text.codeStop);
      play(audio, () => {
        this.stopSound = null;
        say(button, text.codeListen);
      }).then((stop) => {
        this.stopSound = stop;
      }, () => {
        say(this.message, text.codeAudioFailed);
      });
    } }, text.codeListen);
    return button;
  }

  private give(answer: string): void {
    if (this.answered) return;
    this.answered = true;
    this.disable(true);
    say(this.message, this.host.online ? this.text.checking : this.text.offlineAnswer);
    this.host.answer(this.order.challenge_id, answer);
  }

  private async sign(decline: boolean): Promise<void> {
    this.disable(true);
    say(this.message, this.text.checking);
    if (await this.host.passkey(this.order.challenge_id, decline)) return;
    this.disable(false);
    say(this.message, this.text.wrongAnswer);
  }

  protected retry(): void {
    const input = this.card.querySelector("input");
    if (input === null) return;
    input.value = "";
    input.focus();
  }

  override close(): void {
    this.stopSound?.();
    super.close();
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
  } catch (error) {
    finish();
    throw error;
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
