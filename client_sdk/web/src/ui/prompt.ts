/** "Please face the camera": shown when the service asks with a prompt, or when the camera fails. */
import { h, say } from "./dom.ts";
import type { Layer } from "./layer.ts";
import { reasonText, type Text } from "./text.ts";

export class FacePrompt {
  private readonly video = h("video", { "aria-hidden": "true" });
  private readonly why = h("p", { role: "status" });
  private readonly card: HTMLElement;
  private readonly box = h("div", { class: "preview" }, this.video, h("div", { class: "oval" }));
  private shown = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly layer: Layer,
    private readonly stream: () => MediaStream | null,
    private readonly text: Text,
    private readonly saving: () => boolean,
  ) {
    this.video.muted = true;
    this.video.playsInline = true;
    this.card = h("section", { class: "card", role: "group", "aria-label": text.faceTitle, "data-prompt": "face" },
      h("h2", {}, text.faceTitle), this.why, this.box,
      h("p", { class: "soft" }, text.faceHint));
  }

  /** Show for as long as orders keep coming. */
  show(reason: string, withinMs: number): void {
    say(this.why, reasonText(reason, this.text));
    this.box.hidden = this.saving();
    if (!this.shown) {
      this.shown = true;
      this.video.srcObject = this.box.hidden ? null : this.stream();
      this.layer.show(this.card, 0);
    } else if (!this.box.hidden && this.video.srcObject !== this.stream()) {
      this.video.srcObject = this.stream();
    }
    void this.video.play().catch(() => undefined);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), withinMs);
  }

  hide(): void {
    clearTimeout(this.timer);
    if (!this.shown) return;
    this.shown = false;
    this.video.srcObject = null;
    this.layer.remove(this.card);
  }
}
