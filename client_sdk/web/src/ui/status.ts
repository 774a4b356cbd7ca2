/** The bar beside the player: am I counted, why not, how much so far, what the camera does, what I can do. */
import { lengthOf } from "../core/parts.ts";
import type { Status } from "../core/state.ts";
import { clockText, h, say, shadow, themed } from "./dom.ts";
import type { UiOptions } from "./options.ts";
import { CSS } from "./style.ts";
import { reasonText, type Text } from "./text.ts";

export interface StatusActions {
  playOn(): void;
  finish(): void;
  retryCamera(): void;
  watchUncounted(): void;
  takeOver(): void;
  /** Go to the next missing part. */
  goOn(): void;
  /** Address of the learner's record; asked for at the click, since it holds the token. */
  record(): string;
}

/** Moments too short to be worth a sentence. */
const QUIET = new Set(["", "PLAYER_PAUSED"]);

export class StatusBar {
  readonly host = document.createElement("div");
  private readonly dot = h("span", { class: "dot", "aria-hidden": "true" });
  private readonly state = h("span", {});
  private readonly why = h("span", { class: "why" });
  private readonly time = h("span", { class: "time" });
  private readonly parts = h("div", { class: "parts", role: "img" });
  private readonly actions = h("div", { class: "row" });
  private readonly more = h("div", { class: "card more", id: "more", hidden: true });
  private readonly toggle: HTMLButtonElement;
  private readonly cells: Record<"verified" | "pending" | "sealed" | "camera" | "stored" | "session", HTMLElement>;
  private readonly finishButton: HTMLButtonElement;
  private readonly finishAsk: HTMLElement;
  private readonly nonFace: HTMLElement | null;
  private blocked = false;
  private cameraError = "";
  private status: Status | null = null;
  private shownActions = "";

  constructor(
    private readonly text: Text,
    locale: string,
    private readonly options: UiOptions,
    private readonly on: StatusActions,
  ) {
    this.host.lang = locale;
    this.host.dataset["zaichang"] = "status";
    const root = shadow(this.host, CSS);
    const cell = (): HTMLElement => h("dd", {});
    this.cells = { verified: cell(), pending: cell(), sealed: cell(), camera: cell(), stored: cell(), session: cell() };
    this.toggle = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "more", onclick: () => this.fold() }, text.details);
    this.finishButton = h("button", { type: "button", onclick: () => this.askFinish(true) }, text.finish);
    this.finishAsk = h("div", { hidden: true }, h("p", {}, text.finishAsk), h("div", { class: "row" },
      h("button", { type: "button", class: "main", "data-do": "finish", onclick: () => {
        this.askFinish(false);
        on.finish();
      } }, text.finishSure),
      h("button", { type: "button", onclick: () => this.askFinish(false) }, text.cancel)));
    const { appeal, nonFace, privacy } = options.links ?? {};
    const link = (href: string | undefined, label: string, onclick?: (event: Event) => void): HTMLElement | null =>
      href === undefined ? null : h("a", { class: "button", href, target: "_blank", rel: "noopener", onclick }, label);
    this.nonFace = typeof nonFace === "function" ? h("button", { type: "button", "data-do": "non-face", onclick: nonFace }, text.nonFace) : link(nonFace, text.nonFace);
    const record = link(appeal ?? "#", text.appeal, appeal === undefined ? ({ currentTarget }) => {
      (currentTarget as HTMLAnchorElement).href = on.record();
    } : undefined);
    record?.setAttribute("data-do", "record");
    this.more.append(
      h("dl", {},
        h("dt", {}, text.verified), this.cells.verified, h("dt", {}, text.pending), this.cells.pending,
        h("dt", {}, text.sealedRow), this.cells.sealed, h("dt", {}, text.cameraRow), this.cells.camera,
        h("dt", {}, text.storedRow), this.cells.stored, h("dt", {}, text.session), this.cells.session),
      h("p", { class: "soft" }, text.pauseHow),
      h("div", { class: "row" }, this.finishButton, record, this.nonFace, link(privacy, text.privacy)),
      this.finishAsk);
    root.append(h("section", { "aria-label": text.status },
      h("div", { class: "bar" }, h("span", { class: "state", role: "status" }, this.dot, this.state), this.why, this.time, this.toggle),
      this.parts, this.actions, this.more));
  }

  show(status: Status): void {
    this.status = status;
    const { text } = this;
    themed(this.host, this.options.theme);
    const ended = status.hold === "ended";
    const done = ended && status.reason === "SESSION_FINISHED";
    const starting = status.hold === "joining" || status.hold === "proof";
    this.dot.className = `dot ${status.counting || done ? "on" : ended ? "stop" : starting ? "wait" : "off"}`;
    say(this.state, status.counting ? text.counting : done ? text.done : ended ? text.ended : starting ? text.waiting : text.notCounting);
    say(this.why, this.sentence(status));
    say(this.time, `${text.verified} ${clockText(status.verifiedMs)}${status.pendingMs >= 1_000 ? ` · ${text.pending} ${clockText(status.pendingMs)}` : ""}`);
    this.renderParts(status);
    say(this.cells.verified, clockText(status.verifiedMs));
    say(this.cells.pending, `${clockText(status.pendingMs)} (${text.pendingWhy})`);
    say(this.cells.sealed, text.minutes(status.sealedMinutes));
    say(this.cells.camera, status.captures ? `${text.camera[status.camera]}${status.saving ? ` ${text.saving}` : ""}` : "–");
    say(this.cells.stored, text.stored(status.captures, status.picturesDays));
    if (this.nonFace !== null) this.nonFace.hidden = !status.captures;
    say(this.cells.session, status.sessionId.slice(0, 8) || "–");
    this.finishButton.disabled = ended || status.finishing || status.sessionId === "";
    this.host.dataset["counting"] = String(status.counting);
    this.host.dataset["reason"] = status.reason;
    this.renderActions(status);
  }

  private sentence(status: Status): string {
    const { text } = this;
    if (this.blocked && status.hold === null) return text.blocked;
    if (status.uncounted) return text.uncounted;
    if (status.hold !== "ended" && this.cameraError !== "" && status.camera === "failed") return text.cameraErrors[this.cameraError] ?? "";
    if (status.finishing && status.hold !== "ended") return text.finishing;
    if (status.counting) return "";
    if (status.reason === "SESSION_FINISHED") {
      return status.creditedAll ? text.doneAll(clockText(status.lessonDurationMs)) : text.doneThis(clockText(status.verifiedMs), status.undecidedMs < 1_000 ? "" : clockText(status.undecidedMs));
    }
    if (status.reason === "ALREADY_CREDITED") return text.again(clockText(lengthOf(status.counted)));
    if (status.missingMs >= 0) return text.missing(clockText(status.lessonDurationMs - lengthOf(status.counted)));
    if (status.reason === "PLAYER_PAUSED" && status.verifiedMs + status.pendingMs === 0) return text.pressPlay;
    const known = reasonText(status.reason, text) || status.message;
    const base = known || (status.hold === "ended" ? text.endedOther : QUIET.has(status.reason) ? "" : status.reason);
    return status.retryInMs > 0 ? `${base} (${text.retryIn(status.retryInMs / 1_000)})` : base;
  }

  private renderActions(status: Status): void {
    const { text, on } = this;
    const wanted: [string, string, () => void][] = [];
    if (this.blocked && status.hold === null) wanted.push(["play", text.playOn, on.playOn]);
    if (status.captures && status.camera === "failed" && status.hold !== "ended") wanted.push(["camera", text.retryCamera, on.retryCamera]);
    if ((status.hold === "offline" || status.hold === "joining") && status.connection === "waiting" && !status.uncounted) wanted.push(["uncounted", text.watchUncounted, on.watchUncounted]);
    if (status.missingMs >= 0 && status.hold === null) wanted.push(["missing", text.goOn(clockText(status.missingMs)), on.goOn]);
    if (status.canTakeOver) wanted.push(["takeover", text.takeOver, on.takeOver]);
    const names = wanted.map(([name, label]) => name + label).join();
    if (names === this.shownActions) return;
    this.shownActions = names;
    this.actions.replaceChildren(...wanted.map(([name, label, act]) => h("button", { type: "button", class: "main", "data-do": name, onclick: act }, label)));
  }

  /** The lesson as a strip: counted, passed without being counted, missing. A stop at 0 begins where the one before ends. */
  private renderParts({ counted, frontierMs, lessonDurationMs }: Status): void {
    const to = (ms: number): string => `${(100 * ms) / lessonDurationMs}%`;
    const done = counted.map(([a, b]) => `#0000 0 ${to(a)},var(--good) 0 ${to(b)},`).join("");
    this.parts.hidden = done === "";
    this.parts.style.background = `linear-gradient(90deg,${done}#0000 0),linear-gradient(90deg,var(--warn) ${to(frontierMs)},var(--line) 0)`;
    this.parts.ariaLabel = this.text.parts(clockText(lengthOf(counted)), clockText(lessonDurationMs));
  }

  setBlocked(blocked: boolean): void {
    if (this.blocked === blocked) return;
    this.blocked = blocked;
    if (this.status !== null) this.show(this.status);
  }

  setCameraError(code: string): void {
    this.cameraError = code;
    if (this.status !== null) this.show(this.status);
  }

  private fold(): void {
    this.more.hidden = !this.more.hidden;
    this.toggle.setAttribute("aria-expanded", String(!this.more.hidden));
  }

  private askFinish(ask: boolean): void {
    this.finishAsk.hidden = !ask;
    if (ask) this.finishAsk.querySelector("button")?.focus();
  }
}
