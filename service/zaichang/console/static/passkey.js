// A learner with the institution's ticket registers a passkey on the learner's own device.
import { ServiceError, frame, h, json, onLanguage, secret, show, t } from "/static/common.js";

const words = {
  title: { zh: "登记通行密钥", en: "Register a passkey" },
  why: { zh: "学习中会请您用自己设备的指纹、面容或密码确认本人。请在您学习时使用的、您自己的设备上登记。", en: "While you study, your own device asks for your finger, face or PIN to confirm that it is you. Register it on a device of your own that you have with you when you study." },
  keeps: { zh: "指纹和面容只留在您的设备里；我们只保存一把公钥。", en: "Finger and face stay on your device; we keep a public key alone." },
  another: { zh: "不要在别人的或多人共用的设备上登记：能解锁它的人都能代您确认。", en: "Do not register it on a device of someone else or one that several people unlock: each of them could confirm in your place." },
  act: { zh: "在这台设备上登记", en: "Register on this device" },
  busy: { zh: "请按设备的提示操作……", en: "Follow your device ..." },
  done: { zh: "登记成功，可以关闭此页。下一次打开课程时生效。", en: "Registered. You can close this page. It counts from the next lesson that you open." },
  noTicket: { zh: "请扫描机构给您的二维码，或打开机构给您的链接。", en: "Open the link or the QR code that your institution gave you." },
  noPasskeys: { zh: "这个浏览器不能登记通行密钥。请更新浏览器，或换用手机系统自带的浏览器。", en: "This browser cannot register a passkey. Update it, or use the browser that came with your phone." },
  cancelled: { zh: "没有登记：设备的提示被关闭或超时。可以再试一次。", en: "Nothing was registered: the device's prompt was closed or timed out. You can try again." },
  known: { zh: "这台设备已经登记过。", en: "This device is registered already." },
  offline: { zh: "无法连接服务，请稍后再试。", en: "The service cannot be reached. Please try again later." },
  other: { zh: "登记没有成功，请联系机构。", en: "The registration did not succeed. Please ask your institution." },
};
const refusals = {
  "token.expired": { zh: "链接已过期（有效 15 分钟），请向机构要一个新的。", en: "The link has expired (it holds for 15 minutes). Ask your institution for a new one." },
  "passkey.ticket_used": { zh: "这个链接已经用过，请向机构要一个新的。", en: "This link was used already. Ask your institution for a new one." },
  "passkey.exists": { zh: "您已有通行密钥。要登记另一台设备，请向机构要一个链接。", en: "You have a passkey already. To register another device, ask your institution for a link." },
  "passkey.not_begun": { zh: "超过了五分钟，请再试一次。", en: "It took longer than five minutes. Please try again." },
  "passkey.refused": { zh: "这台设备的回答不符合要求：它必须核对指纹、面容或密码。", en: "This device's answer does not fit: it must check finger, face or PIN." },
};

const ticket = secret("ticket") || secret("token");
const able = typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
const state = { busy: false, done: false, problem: null };
const main = document.querySelector("main");

/** Have the device make a passkey for this page, and register it. */
async function register() {
  Object.assign(state, { busy: true, problem: null });
  draw();
  try {
    const { options } = await json("/v1/enrol-me/passkey/options", { key: ticket, body: "{}" });
    const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    await json("/v1/enrol-me/passkey", { key: ticket, body: JSON.stringify({ credential: made.toJSON() }) });
    state.done = true;
    for (const name of ["ticket", "token"]) sessionStorage.removeItem(`zaichang.${name}`);
  } catch (error) {
    state.problem = sentence(error);
  }
  state.busy = false;
  draw();
}

function sentence(error) {
  if (error instanceof ServiceError) return refusals[error.code] ?? words.other;
  if (error instanceof DOMException) return error.name === "InvalidStateError" ? words.known : words.cancelled;
  return words.offline;
}

function body() {
  if (!ticket) return h("p", { class: "notice" }, t(words.noTicket));
  if (state.done) return h("p", { class: "notice ok", role: "status" }, t(words.done));
  if (!able) return h("p", { class: "notice bad", role: "alert" }, t(words.noPasskeys));
  return [
    h("p", {}, t(words.why)),
    h("p", { class: "quiet" }, t(words.keeps)),
    h("p", { class: "notice" }, t(words.another)),
    state.problem ? h("p", { class: "notice bad", role: "alert" }, t(state.problem)) : null,
    h("p", {}, h("button", { class: "primary", type: "button", disabled: state.busy, onclick: register }, t(state.busy ? words.busy : words.act))),
  ];
}

function draw() {
  document.title = t(words.title);
  show(main, h("section", { class: "card" }, h("h1", {}, t(words.title)), body()));
}

frame({ links: false });
onLanguage(draw);
draw();
