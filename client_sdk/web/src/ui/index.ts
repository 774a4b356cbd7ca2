/** The learner's screens, mounted beside a player. Loaded on demand as zaichang-ui.js; needs nothing of the core but its controller. */
import type { ChallengeOrder } from "../core/wire.ts";
import type { Controller } from "../shell/controller.ts";
import { isLiveness } from "../core/liveness.ts";
import { AnswerChallenge } from "./challenge.ts";
import { Layer } from "./layer.ts";
import type { Ui, UiOptions } from "./options.ts";
import { FacePrompt } from "./prompt.ts";
import { LivenessChallenge } from "./liveness.ts";
import { StatusBar } from "./status.ts";
import type { ChallengeCard, ChallengeHost } from "./challenge_card.ts";
import { loadText } from "./text.ts";

export type { Links, Ui, UiOptions } from "./options.ts";

/** Show a session's state, challenges and prompts; loads the words of its language first. */
export async function mountUi(controller: Controller, options: UiOptions = {}): Promise<Ui> {
  const { locale } = controller;
  const text = await loadText(locale);
  const layer = new Layer(options.theme, locale, controller.playerElement);
  const prompt = new FacePrompt(layer, () => controller.cameraStream, text, () => controller.status.saving);
  let shown: ChallengeCard | null = null;
  const bar = new StatusBar(text, locale, options, {
    playOn: () => {
      bar.setBlocked(false);
      controller.play();
    },
    finish: () => controller.finish(),
    retryCamera: () => void controller.retryCamera(),
    watchUncounted: () => controller.watchUncounted(),
    takeOver: () => controller.takeOver(),
    goOn: () => controller.goOn(),
    record: () => controller.recordAddress,
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
  const show = (order: ChallengeOrder, withinMs: number): void => {
    const same = shown?.order.challenge_id === order.challenge_id && shown.order.kind === order.kind && String(shown.order.labels) === String(order.labels);
    if (shown !== null && same && shown.card.isConnected) {
      shown.again(withinMs);
      return;
    }
    shown?.close();
    shown = null;
    if (isLiveness(order.kind)) {
      shown = new LivenessChallenge(order, withinMs, host, layer, text);
      prompt.hide();
    } else {
      shown = new AnswerChallenge(order, withinMs, host, layer, text);
    }
    alertTitle(true);
  };
  const host: ChallengeHost = {
    answer: (id, answer) => controller.answer(id, answer),
    ready: (id, decline) => controller.ready(id, decline),
    passkey: (id, decline) => controller.passkey(id, decline),
    retryCamera: () => void controller.retryCamera(),
    get stream() {
      return controller.cameraStream;
    },
    get online() {
      return controller.status.connection === "open";
    },
  };
  const live = (id: string): LivenessChallenge | null => (shown instanceof LivenessChallenge && shown.order.challenge_id === id ? shown : null);
  const undo = [
    controller.on("status", ({ status }) => {
      bar.show(status);
      if (status.counting || status.hold === "ended") prompt.hide();
      if (status.counting) bar.setBlocked(false);
      if (!status.challengeOpen) alertTitle(false);
      if (status.hold === "ended") {
        shown?.close();
        shown = null;
      }
    }),
    controller.on("challenge", ({ order, withinMs }) => show(order, withinMs)),
    controller.on("liveness-step", ({ step }) => live(step.challenge_id)?.step(step)),
    controller.on("liveness-hint", ({ challengeId, reason, message }) => live(challengeId)?.guide(reason, message)),
    controller.on("liveness-broken", ({ challengeId }) => live(challengeId)?.broken()),
    controller.on("challenge-result", ({ result }) => {
      if (shown?.order.challenge_id === result.challenge_id) shown.judged(result);
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
  if (controller.playerBlocked) bar.setBlocked(true);
  const waiting = controller.openChallenge;
  if (waiting !== null) show(waiting.order, waiting.withinMs);
  return {
    destroy() {
      for (const stop of undo) stop();
      shown?.close();
      prompt.hide();
      alertTitle(false);
      bar.host.remove();
      layer.destroy();
    },
  };
}
