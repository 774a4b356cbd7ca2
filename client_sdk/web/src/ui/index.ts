/** The learner's screens, mounted beside a player. Loaded on demand as zaichang-ui.js; needs nothing of the core but its controller. */
import type { ChallengeOrder } from "../core/wire.ts";
import type { Controller } from "../shell/controller.ts";
import { ChallengePopup } from "./challenge.ts";
import { Layer } from "./layer.ts";
import type { Ui, UiOptions } from "./options.ts";
import { FacePrompt } from "./prompt.ts";
import { StatusBar } from "./status.ts";
import { textOf } from "./text.ts";

export type { Links, Ui, UiOptions } from "./options.ts";

/** Show a session's state, pop-ups and prompts. */
export function mountUi(controller: Controller, options: UiOptions = {}): Ui {
  const { locale } = controller;
  const text = textOf(locale);
  const layer = new Layer(options.theme ?? "auto", locale, controller.playerElement);
  const prompt = new FacePrompt(layer, () => controller.cameraStream, text, locale);
  let popup: ChallengePopup | null = null;
  const bar = new StatusBar(locale, options, {
    playOn: () => {
      bar.setBlocked(false);
      controller.play();
    },
    finish: () => controller.finish(),
    retryCamera: () => void controller.retryCamera(),
    watchUncounted: () => controller.watchUncounted(),
    takeOver: () => controller.takeOver(),
  });
  if (options.status === undefined) controller.playerElement?.after(bar.host);
  else if (options.status !== false) options.status.append(bar.host);

  let plainTitle: string | null = null;
  const alertTitle = (on: boolean): void => {
    if (on && plainTitle === null) {
      plainTitle = document.title;
      document.title = text.titleAlert + plainTitle;
    } else if (!on && plainTitle !== null) {
      document.title = plainTitle;
      plainTitle = null;
    }
  };
  const open = (order: ChallengeOrder, withinMs: number): void => {
    if (popup?.order.challenge_id === order.challenge_id && popup.card.isConnected) return;
    popup?.close();
    popup = new ChallengePopup(order, withinMs, {
      answer: (id, answer) => controller.answer(id, answer),
      get online() {
        return controller.status.connection === "open";
      },
    }, layer, text, locale);
    alertTitle(true);
  };
  const undo = [
    controller.on("status", ({ status }) => {
      bar.show(status);
      if (status.counting || status.hold === "ended") prompt.hide();
      if (status.counting) bar.setBlocked(false);
      if (!status.challengeOpen) alertTitle(false);
      if (status.hold === "ended") {
        popup?.close();
        popup = null;
      }
    }),
    controller.on("challenge", ({ order, withinMs }) => open(order, withinMs)),
    controller.on("challenge-result", ({ result }) => {
      if (popup?.order.challenge_id === result.challenge_id) popup.judged(result);
    }),
    controller.on("capture-ordered", ({ prompt: reason, withinMs }) => {
      if (reason !== "") prompt.show(reason, withinMs);
    }),
    controller.on("released", () => prompt.hide()),
    controller.on("player-blocked", () => bar.setBlocked(true)),
    controller.on("error", ({ error }) => {
      if (error.code.startsWith("camera.")) bar.setCameraError(error.code);
    }),
  ];
  bar.setCameraError(controller.cameraError);
  bar.show(controller.status);
  const waiting = controller.openChallenge;
  if (waiting !== null) open(waiting.order, waiting.withinMs);
  return {
    destroy() {
      for (const stop of undo) stop();
      popup?.close();
      prompt.hide();
      alertTitle(false);
      bar.host.remove();
      layer.destroy();
    },
  };
}
