// The learner's course: choose a lesson, enrol where that is allowed, then watch; the SDK does the rest.
import { call, duration, frame, h, hold, json, lang, minuteDetail, minuteSquares, onLanguage, problem, secret, show, t } from "/static/common.js";

// One launch token for each lesson, as the learning platform gave them.
const tokens = (secret("tokens") || secret("token")).split(",").filter(Boolean);
// The same lessons for learners who do not agree to the face check; without them there is no choice to offer.
const others = secret("others").split(",").filter(Boolean);
const main = document.querySelector("main");
const state = { route: others.length ? "" : "face", choice: null, lessons: [], at: -1, me: null, session: null, started: false, minutes: new Map(), minute: null, ended: null, error: null, camera: null, preview: null, pose: null, busy: false };
const video = hold(h("video", { id: "lesson", controls: true, playsinline: true, preload: "metadata", crossorigin: "anonymous" }));

const words = {
  noToken: { zh: "请从课程平台重新打开本课。", en: "Please open this lesson again from your course." },
  lessons: { zh: "本课程的课", en: "Lessons of this course" },
  open: { zh: "打开", en: "Open" },
  back: { zh: "返回课程", en: "Back to the course" },
  start: { zh: "开始学习", en: "Start studying" },
  about: {
    zh: "学习期间会在不固定的时刻抓拍，有时请您做几个动作，用于确认是您本人在场。照片加密保存，仅供机构审核。快进的部分不计时。",
    en: "While you study, pictures are taken at varying moments, and sometimes a few movements are asked for, to confirm that it is you. They are kept encrypted, for your institution's review only. Skipped parts do not count.",
  },
  aboutOther: {
    zh: "学习期间会出现验证弹窗，请您确认在场；不使用摄像头。快进的部分不计时。",
    en: "While you study, challenges ask you to confirm that you are there; the camera is not used. Skipped parts do not count.",
  },
  noPad: { zh: "演示说明：此课程的规则未包含活体检测模型。", en: "Demonstration: this course's policy runs without a liveness (PAD) model." },
  enrol: { zh: "登记照片", en: "Enrol your face" },
  enrolWhy: { zh: "首次学习前需要登记：依次正对镜头、转头、抬头，共四个姿势，约半分钟，用来与抓拍比对。照片本身不保存，只保存加密的特征。", en: "Before the first lesson, look ahead, to both sides and up: four poses, half a minute, to compare captures with. The pictures are not kept, only an encrypted template." },
  outdated: { zh: "系统已更新，原来的登记无法再用于比对，请重新登记。", en: "The system was updated and can no longer compare with your earlier enrolment. Please enrol again." },
  openCamera: { zh: "打开摄像头", en: "Open the camera" },
  begin: { zh: "开始四个姿势", en: "Begin the four poses" },
  take: { zh: "我已做好，拍照", en: "I hold it, take the picture" },
  onePhoto: { zh: "无法转头？只拍一张", en: "You cannot move your head? Take one photo" },
  step: { zh: "姿势", en: "Pose" },
  front: { zh: "请正对镜头。", en: "Look straight ahead, into the camera." },
  left: { zh: "请把头转向您的左侧，约 20 度，保持不动。", en: "Turn your head to your left by about 20 degrees and hold it." },
  right: { zh: "请把头转向您的右侧，约 20 度，保持不动。", en: "Turn your head to your right by about 20 degrees and hold it." },
  up: { zh: "请稍微抬头，保持不动。", en: "Raise your chin a little and hold it." },
  notYet: { zh: "这一张没有通过，请再试一次：", en: "That one did not pass. Try again: " },
  cameraFailed: { zh: "摄像头无法使用：请检查权限。", en: "The camera could not be used: please check its permission." },
  passkey: { zh: "登记通行密钥", en: "Register a passkey" },
  passkeyWhy: { zh: "学习中会请您用自己设备的指纹、面容或密码确认本人。请在您自己的设备上登记；指纹和面容只留在设备里。没有登记的，这段时间由人工审核。", en: "While you study, your own device asks for your finger, face or PIN to confirm that it is you. Register it on a device of your own; finger and face stay on it. Without one, a reviewer looks at your time." },
  minutes: { zh: "已核验的分钟", en: "Your verified minutes" },
  first: { zh: "第一分钟核验并写入日志后会出现在这里。", en: "The first minute appears here once it is verified and in the log." },
  ended: { zh: "学习已结束", en: "The session has ended" },
  record: { zh: "查看全部记录、原因与申诉", en: "See the whole record, the reasons, and appeal" },
  sdk: { zh: "播放器组件未构建：在 client_sdk/web 运行 npm ci && npm run build。", en: "The player bundle is not built: run npm ci && npm run build in client_sdk/web." },
};

const token = () => (state.route === "challenge" ? others : tokens)[state.at] ?? "";
const locale = () => (lang() === "zh" ? "zh-CN" : "en");

/** Ask for the separate choice, before anything of the camera or the enrolment is shown; asks again when it is called again. */
async function choose() {
  const host = hold(h("div"));
  Object.assign(state, { route: "", choice: host });
  draw();
  try {
    const { askConsent, screenBox } = await import("/sdk/zaichang-guard.js");
    const options = { locale: locale(), theme: "auto" };
    const route = await askConsent(screenBox(host, options).show, options);
    if (state.choice !== host) return;
    Object.assign(state, { route, choice: null });
    // Each route has launches of its own.
    if (route === "challenge") state.lessons = await Promise.all(others.map((one) => json("/v1/me", { key: one })));
    open(state.at);
  } catch (error) {
    state.error = error instanceof TypeError ? new Error("sdk") : error;
    draw();
  }
}

/** Consent is taken back: the session ends here, and the choice is asked for again. */
async function chooseAgain() {
  state.session?.destroy({ forget: true });
  open(state.at);
  await choose();
}

/** Open a lesson, or the list with -1. A running session stays as it is: it can be resumed until the next one starts. */
function open(at) {
  state.session?.destroy();
  stopCamera();
  Object.assign(state, { at, me: state.lessons[at] ?? null, session: null, started: false, minutes: new Map(), minute: null, ended: null, error: null, pose: null });
  const name = `/media/${state.me?.lesson.id}`;
  show(
    video,
    state.me ? h("source", { key: name, src: `${name}.webm?ticket=${state.me.media_ticket}`, type: "video/webm" }) : null,
    state.me ? ["zh", "en"].map((code) => h("track", { key: `${name}.${code}`, kind: "subtitles", srclang: code, label: code === "zh" ? "中文" : "English", src: `${name}.${code}.vtt`, default: lang() === code })) : null,
  );
  video.load();
  if (at >= 0 && state.route === "") void choose();
  else draw();
}

function list() {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.lessons)),
    h("ol", { class: "lessons" }, state.lessons.map((me, at) => h("li", { key: me.lesson.id }, h("span", {}, t(me.lesson)), h("span", { class: "quiet" }, duration(me.duration_ms)), h("button", { class: "primary", type: "button", onclick: () => open(at), "aria-label": `${t(words.open)}: ${t(me.lesson)}` }, t(words.open))))),
  );
}

function enrolment() {
  const { pose, preview } = state;
  const button = (text, act, primary) => h("button", { class: primary ? "primary" : null, type: "button", disabled: state.busy, onclick: act }, t(text));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.enrol)),
    state.me?.outdated ? h("p", { class: "notice" }, t(words.outdated)) : null,
    h("p", {}, t(words.enrolWhy)),
    preview,
    h("div", { role: "status", "aria-live": "polite" },
      pose?.reasons.length ? h("p", { class: "notice" }, t(words.notYet), pose.reasons.map((reason) => t(reason)).join(" ")) : null,
      pose ? h("p", { "data-pose": pose.pose }, h("strong", {}, `${t(words.step)} ${pose.number}/${pose.of}: `), t(words[pose.pose])) : null,
    ),
    h("p", {}, !state.camera ? button(words.openCamera, openCamera, true) : pose ? button(words.take, () => showPose(preview), true) : [button(words.begin, beginPoses, true), " ", button(words.onePhoto, () => takePhoto(preview))]),
  );
}

async function snapshot(preview) {
  if (!preview.videoWidth) await new Promise((done) => preview.addEventListener("loadeddata", done, { once: true }));
  const canvas = h("canvas", { width: preview.videoWidth, height: preview.videoHeight });
  canvas.getContext("2d").drawImage(preview, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

/** Run one step of enrolment; its error is shown, and a half-done series begins anew. */
async function enrolling(work) {
  if (state.busy) return;
  state.busy = true;
  draw();
  try {
    await work();
    state.error = null;
  } catch (error) {
    state.error = error;
    state.pose = null;
  }
  state.busy = false;
  draw();
}

const beginPoses = () => enrolling(async () => (state.pose = await json("/v1/enrol-me/live", { key: token(), body: "{}" })));

const showPose = (preview) => enrolling(async () => {
  const pictures = [];
  for (let at = 0; at < state.pose.frames; at += 1) {
    if (at) await new Promise((done) => setTimeout(done, 300));
    pictures.push(await base64(await snapshot(preview)));
  }
  const asked = JSON.stringify({ pose: state.pose.pose, pictures });
  const next = await json("/v1/enrol-me/live/pose", { key: token(), body: asked });
  state.pose = next.done ? null : next;
  if (next.done) await enrolled();
});

async function enrolled() {
  stopCamera();
  // The reference counts for every lesson.
  for (const at of tokens.keys()) state.lessons[at] = await json("/v1/me", { key: tokens[at] });
  state.me = state.lessons[state.at];
}

/** Have the learner's device make a passkey for this page, and register it. */
const registerPasskey = () => enrolling(async () => {
  const { options } = await json("/v1/enrol-me/passkey/options", { key: token(), body: "{}" });
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  await json("/v1/enrol-me/passkey", { key: token(), body: JSON.stringify({ credential: made.toJSON() }) });
  state.me = await json("/v1/me", { key: token() });
});

async function openCamera() {
  try {
    state.camera = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    state.preview = hold(h("video", { id: "preview", autoplay: true, muted: true, playsinline: true }));
    state.preview.srcObject = state.camera;
    state.error = null;
  } catch {
    state.error = new Error("camera");
  }
  draw();
}

function stopCamera() {
  for (const track of state.camera?.getTracks() ?? []) track.stop();
  Object.assign(state, { camera: null, preview: null });
}

const takePhoto = (preview) => enrolling(async () => {
  await call("/v1/enrol-me", { key: token(), body: await snapshot(preview), type: "image/jpeg" });
  await enrolled();
});

async function start() {
  state.busy = true;
  draw();
  // Within the click: the player is held at once, and plays on by itself when the first check has passed.
  video.play().catch(() => undefined);
  try {
    const sdk = await import("/sdk/zaichang.js");
    state.session = sdk.attach(video, { url: "/v1/session", token: token(), key: `zaichang:course:${state.me?.lesson.id}:${state.route}`, locale: locale(), ui: { links: others.length ? { nonFace: () => void chooseAgain() } : {} } });
    state.session.on("minute", ({ minute }) => {
      const reasons = (minute.reasons ?? []).map((code, i) => ({ code, zh: minute.messages?.[i] ?? code, en: minute.messages?.[i] ?? code }));
      state.minutes.set(minute.index, { index: minute.index, verdict: minute.verdict, verified_ms: minute.verified_ms, verified: [], reasons, log_index: "✓" });
      draw();
    });
    state.session.on("closed", (event) => {
      state.ended = event.closed ?? event;
      draw();
    });
    state.started = true;
    state.error = null;
  } catch (error) {
    state.error = error instanceof TypeError ? new Error("sdk") : error;
  }
  state.busy = false;
  draw();
}

function trouble() {
  if (!state.error) return null;
  if (state.error.message === "camera") return h("p", { class: "notice bad", role: "alert" }, t(words.cameraFailed));
  if (state.error.message === "sdk") return h("p", { class: "notice bad", role: "alert" }, t(words.sdk));
  return problem(state.error);
}

const minutesBox = hold(h("section", { class: "card" }));
function drawMinutes() {
  const minutes = [...state.minutes.values()].sort((a, b) => a.index - b.index);
  const open = state.minutes.get(state.minute);
  const total = minutes.reduce((sum, minute) => sum + minute.verified_ms, 0);
  const pick = (index) => {
    state.minute = index;
    drawMinutes();
  };
  show(
    minutesBox,
    h("h2", {}, `${t(words.minutes)} · ${duration(total)}`),
    minutes.length ? minuteSquares(minutes, state.minute, pick) : h("p", { class: "quiet" }, t(words.first)),
    open ? minuteDetail(open) : null,
    state.ended ? h("p", { class: "notice ok" }, `${t(words.ended)}: ${state.ended.message ?? ""} `, h("a", { href: `/timeline#token=${encodeURIComponent(token())}`, target: "_blank", rel: "noopener" }, t(words.record))) : null,
  );
}

// The video element is placed once and stays: moving it in the document would pause it.
const above = hold(h("div"));
const below = hold(h("div"));
function draw() {
  const me = state.me;
  const enrols = me?.may_enrol && state.route === "face";
  if (tokens.length === 0) return show(above, h("p", { class: "notice" }, t(words.noToken)));
  show(
    above,
    me ? h("p", { class: "quiet" }, t(me.institution)) : null,
    me ? h("h1", {}, t(me.lesson)) : null,
    me && tokens.length > 1 ? h("p", {}, h("button", { type: "button", onclick: () => open(-1) }, t(words.back))) : null,
    state.at < 0 && state.lessons.length ? list() : null,
    trouble(),
    me ? state.choice : null,
    enrols ? enrolment() : null,
    me?.may_register_passkey && !state.started && globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON
      ? h("section", { class: "card" }, h("h2", {}, t(words.passkey)), h("p", {}, t(words.passkeyWhy)), h("button", { type: "button", disabled: state.busy, onclick: registerPasskey }, t(words.passkey)))
      : null,
    me && state.route && !enrols && !state.started
      ? h("section", { class: "card" }, h("p", {}, t(state.route === "face" ? words.about : words.aboutOther)), state.route === "face" ? h("p", { class: "quiet" }, t(words.noPad)) : null, h("button", { class: "primary", type: "button", disabled: state.busy, onclick: start }, t(words.start)))
      : null,
  );
  video.hidden = !state.started;
  minutesBox.hidden = !state.started;
  drawMinutes();
}

frame({ links: false });
show(main, above, video, below, minutesBox);
onLanguage(() => (state.choice ? void choose() : draw()));
draw();
try {
  state.lessons = await Promise.all(tokens.map((one) => json("/v1/me", { key: one })));
  if (tokens.length === 1) open(0);
} catch (error) {
  state.error = error;
}
draw();
