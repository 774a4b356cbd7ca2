// The learner's own record: every minute that counted or did not, why, what people decided since, and the appeal.
import { call, duration, frame, h, json, legend, minuteDetail, minuteSquares, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const token = secret("token");
const main = document.querySelector("main");
const state = { sessions: [], institution: null, next: "", open: null, detail: null, minute: null, chosen: new Set(), text: "", appealing: false, busy: false, sent: false, error: null };
const APPEAL_MAX = 1000;

const words = {
  title: { zh: "我的学习记录", en: "My study record" },
  noToken: { zh: "请从课程平台重新打开此页面。", en: "Please open this page again from your course." },
  none: { zh: "还没有学习记录。", en: "No session yet." },
  open: { zh: "进行中", en: "running" },
  closed: { zh: "已结束", en: "ended" },
  superseded: { zh: "已被取代", en: "superseded" },
  verified: { zh: "已核验", en: "verified" },
  more: { zh: "更多", en: "More" },
  minutes: { zh: "点按某一分钟查看原因。", en: "Tap a minute to see why." },
  decided: { zh: "人工审核", en: "A person's decision" },
  appeal: { zh: "申诉", en: "Appeal" },
  until: { zh: "可申诉至", en: "An appeal is possible until" },
  tooLate: { zh: "申诉期已过，截止时间", en: "The time to appeal is over since" },
  appealWhy: { zh: "请选择您认为应计入的分钟（不选则为全部未计入的分钟），并说明情况。由机构的审核人员答复，不由机器决定。", en: "Tap the minutes that you think should count (none means all that do not), and say what happened. A person at your institution answers, no machine." },
  text: { zh: "说明（最多 1000 字）", en: "What happened (at most 1000 characters)" },
  send: { zh: "提交申诉", en: "Send the appeal" },
  cancel: { zh: "取消", en: "Cancel" },
  sent: { zh: "申诉已提交，等待审核人员答复。", en: "Your appeal was sent; a reviewer will answer." },
  waits: { zh: "等待答复", en: "waits for an answer" },
  grant: { zh: "已计入", en: "granted" },
  refuse: { zh: "未计入", en: "not granted" },
  noted: { zh: "已阅", en: "seen" },
  about: { zh: "您的申诉", en: "Your appeal" },
};

async function load(before = "") {
  try {
    const found = await json(`/v1/me/sessions?before=${encodeURIComponent(before)}`, { key: token });
    state.sessions = before ? [...state.sessions, ...found.sessions] : found.sessions;
    state.institution = found.institution;
    state.next = found.next;
    state.error = null;
    const asked = new URLSearchParams(location.search).get("session");
    if (!before && state.open === null) await open(state.sessions.some((each) => each.session === asked) ? asked : (state.sessions[0]?.session ?? null));
  } catch (error) {
    state.error = error;
  }
  draw();
}

async function open(session) {
  Object.assign(state, { open: session, detail: null, minute: null, chosen: new Set(), appealing: false, sent: false });
  draw();
  if (session === null) return;
  try {
    state.detail = await json(`/v1/me/sessions/${session}`, { key: token });
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  draw();
}

async function send() {
  state.busy = true;
  draw();
  try {
    await call(`/v1/me/sessions/${state.open}/appeal`, { key: token, body: JSON.stringify({ minutes: [...state.chosen], text: state.text }) });
    const session = state.open;
    Object.assign(state, { text: "", busy: false });
    await open(session);
    state.sent = true;
  } catch (error) {
    Object.assign(state, { busy: false, error });
  }
  draw();
}

function pick(index) {
  if (state.appealing && index !== null) {
    if (state.chosen.has(index)) state.chosen.delete(index);
    else state.chosen.add(index);
  } else {
    state.minute = index;
  }
  draw();
}

function decisions(minute) {
  if (!minute.decisions.length) return null;
  return h("div", { class: "notice ok" }, h("strong", {}, t(words.decided)), h("ul", {}, minute.decisions.map((each) => h("li", {}, `${when(each.at_ms)} · ${t(words[each.outcome])} ${each.delta_ms ? duration(each.delta_ms) : ""} `, t(each.reason)))));
}

function appealForm() {
  return h(
    "div",
    { class: "card" },
    h("h2", {}, t(words.appeal)),
    h("p", {}, t(words.appealWhy)),
    h("label", {}, t(words.text), h("textarea", { id: "appeal", rows: 4, maxlength: APPEAL_MAX, oninput: (event) => {
      state.text = event.target.value;
      document.querySelector("#send").disabled = !state.text.trim();
    } }, state.text)),
    h("p", { class: "row" }, h("button", { id: "send", class: "primary", type: "button", disabled: state.busy || !state.text.trim(), onclick: send }, t(words.send)), h("button", { type: "button", onclick: () => { state.appealing = false; draw(); } }, t(words.cancel))),
  );
}

function details() {
  const found = state.detail;
  const minute = found.timeline.find((each) => each.index === state.minute);
  const squares = found.timeline.length ? minuteSquares(found.timeline, state.appealing ? null : state.minute, pick) : null;
  if (squares && state.appealing) for (const [number, item] of [...squares.children].entries()) item.firstChild.setAttribute("aria-pressed", String(state.chosen.has(found.timeline[number].index)));
  return [
    squares,
    minute && !state.appealing ? [minuteDetail(minute), decisions(minute)] : h("p", { class: "quiet" }, t(words.minutes)),
    found.appeals.map((appeal) => h("p", { class: "notice" }, h("strong", {}, `${t(words.about)} (${when(appeal.at_ms)}): `), appeal.text, " · ", t(words[appeal.outcome] ?? words.waits))),
    found.appeal_until_ms ? h("p", { class: "quiet" }, `${t(found.appeal_until_ms < found.now_ms ? words.tooLate : words.until)} ${when(found.appeal_until_ms)}`) : null,
    state.sent ? h("p", { class: "notice ok", role: "status" }, t(words.sent)) : null,
    state.appealing ? appealForm() : found.may_appeal && found.timeline.length ? h("p", {}, h("button", { id: "start-appeal", type: "button", onclick: () => { state.appealing = true; draw(); } }, t(words.appeal))) : null,
  ];
}

function sessionCard(session) {
  const opened = state.open === session.session;
  return h(
    "section",
    { key: session.session, class: "card" },
    h("div", { class: "row" }, h("strong", { class: "grow" }, `${session.course} / ${session.lesson}`), h("span", { class: session.state === "open" ? "badge live" : "badge" }, t(words[session.state])), h("span", {}, `${t(words.verified)} ${duration(session.verified_ms)}`)),
    h("p", { class: "quiet" }, when(session.opened_ms)),
    opened && state.detail ? details() : minuteSquares([...session.verdicts].map((verdict, index) => ({ verdict, index })), null, () => open(session.session)),
  );
}

function draw() {
  if (!token) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noToken)));
  show(
    main,
    state.institution ? h("p", { class: "quiet" }, t(state.institution)) : null,
    h("h1", {}, t(words.title)),
    state.error ? problem(state.error) : null,
    legend(),
    state.institution && !state.sessions.length ? h("p", { class: "notice" }, t(words.none)) : null,
    state.sessions.map(sessionCard),
    state.next ? h("button", { type: "button", onclick: () => load(state.next) }, t(words.more)) : null,
  );
}

frame({ links: false });
onLanguage(draw);
draw();
if (token) await load();
