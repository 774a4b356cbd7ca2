// The demo's landing page: three roles, one click each; the token comes from this computer and stays in this tab.
import { ServiceError, frame, h, json, onLanguage, problem, show, t } from "/static/common.js";

const main = document.querySelector("main");
const POLL_MS = 3000;
const state = { progress: null, error: null, busy: false };

const words = {
  title: { zh: "在场演示：请选择您的身份", en: "Zaichang demo: choose who you are" },
  lead: {
    zh: "在场为网络继续教育提供在线监考与学习考勤：逐分钟核验是不是本人、是不是真人、课程是否真实播放，并把结果写入无人能悄悄修改的日志。",
    en: "Online proctoring and attendance verification for e-learning: for each minute of study it checks that it is the right person, alive, with the lesson really playing, and writes the result into a log that cannot be changed unseen.",
  },
  local: {
    zh: "一切都在这台电脑上运行，画面不会离开本机。演示结束后删除数据文件夹（默认 data/demo）即可清除其中的全部记录。",
    en: "Everything runs on this computer, and no picture leaves it. Delete the data folder afterwards (data/demo by default), and all that was recorded is gone.",
  },
  rules: {
    zh: "演示规则检查是否在场、是否本人，并检测翻拍与照片攻击（PAD）；不要求做动作。",
    en: "The demo's rules check presence, identity and presentation attacks (PAD); they ask for no movements.",
  },
  beside: { zh: "模拟学员正在旁边学习：", en: "A simulated learner studies beside you: " },
  soon: { zh: "第一分钟约两分钟后出结果。", en: "its first minute has a result in about two minutes." },
  checked: { zh: "离线核验全部通过。", en: "Checked offline: every check passed." },
  wrong: { zh: "离线核验：发现问题。", en: "Checked offline: something is wrong." },
};

const doors = [
  {
    name: { zh: "学员", en: "Learner" },
    text: {
      zh: "对着摄像头学习一节短课：先征得您的同意，再现场登记人脸，播放时不定时核验。没有摄像头也可选择非人脸核验方式。",
      en: "Study a short lesson in front of your webcam. The page asks for your consent, enrols your face, and checks now and then while the film plays. Without a webcam, choose the route without face recognition.",
    },
    buttons: [{ id: "learner", label: { zh: "开始学习", en: "Start a lesson" }, primary: true }],
  },
  {
    name: { zh: "审核人员", en: "Reviewer" },
    text: {
      zh: "逐分钟查看学习记录和原因，处理待审核事项：规则未能判定的时间，由审核人员决定。",
      en: "See sessions minute by minute with their reasons, and decide review cases: a reviewer grants or refuses the time that the rules left undecided.",
    },
    buttons: [
      { id: "sessions", label: { zh: "学习记录", en: "Sessions" }, primary: true },
      { id: "queue", label: { zh: "审核队列", en: "Review queue" } },
    ],
  },
  {
    name: { zh: "检查人员", en: "Inspector" },
    text: {
      zh: "查看透明日志：浏览器自行验证签名、重新计算整棵树，不必相信本服务。不需要密钥。",
      en: "Open the transparency log: your browser checks the signature and recomputes the tree, so it need not trust this service. No key is needed.",
    },
    buttons: [{ id: "log", label: { zh: "核验日志", en: "Check the log" }, primary: true }],
  },
];

async function enter(id) {
  if (id === "log") return location.assign("/log");
  state.busy = true;
  draw();
  try {
    const answer = await fetch(`/demo/enter/${id}`, { method: "POST", headers: { "x-zaichang-demo": "1" } });
    const body = await answer.json();
    if (!answer.ok) throw new ServiceError(answer.status, body.error);
    location.assign(body.address);
  } catch (error) {
    state.error = error;
  }
  state.busy = false;
  draw();
}

function card(door) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(door.name)),
    h("p", { class: "quiet" }, t(door.text)),
    h("div", { class: "row" }, door.buttons.map((each) => h("button", { type: "button", id: each.id, class: each.primary ? "primary" : null, disabled: state.busy, onclick: () => enter(each.id) }, t(each.label)))),
  );
}

function simulated() {
  const minutes = [...(state.progress?.minutes ?? "")];
  const checked = state.progress?.checked;
  return h(
    "p",
    { id: "simulated", role: "status", class: checked === false ? "notice bad" : "notice ok" },
    t(words.beside),
    minutes.length ? h("span", { class: "marks" }, minutes.map((letter) => h("i", { class: letter, title: letter }))) : t(words.soon),
    checked === null || checked === undefined ? null : ` ${t(checked ? words.checked : words.wrong)}`,
  );
}

function draw() {
  show(
    main,
    h("h1", {}, t(words.title)),
    h("p", { class: "lead" }, t(words.lead)),
    state.error ? problem(state.error) : null,
    h("div", { class: "doors" }, doors.map(card)),
    simulated(),
    h("p", { class: "quiet" }, t(words.rules)),
    h("p", { class: "quiet" }, t(words.local)),
  );
}

async function poll() {
  try {
    const next = await json("/demo/progress");
    if (JSON.stringify(next) !== JSON.stringify(state.progress)) {
      state.progress = next;
      draw();
    }
  } catch {
    // The demo was stopped; the page still says how to begin again.
  }
  if (state.progress?.checked === null || !state.progress) setTimeout(poll, POLL_MS);
}

frame({ links: false });
onLanguage(draw);
draw();
poll();
