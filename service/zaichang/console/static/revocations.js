// Verified time that two people take back: one proposes, another confirms or refuses.
import { call, duration, frame, h, json, onLanguage, position, problem, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const asked = new URLSearchParams(location.search);
const state = { list: null, error: null, busy: false, sure: null, sent: false, wanted: fresh() };
const NOTE_MAX = 500;

const words = {
  title: { zh: "撤销已核验时间", en: "Take verified time back" },
  noKey: { zh: "此页面需要审核人员的个人密钥：请用 /revocations#key=密钥 打开。", en: "This page needs a reviewer's own key: open /revocations#key=KEY." },
  shared: { zh: "共用密钥只能查看。提出和确认都需要个人密钥。", en: "The shared key only looks. To propose or confirm you need a key of your own." },
  two: { zh: "一人提出，另一人确认。确认后写入日志，学员可以看到原因并申诉；撤销的时间可以重新学习。", en: "One person proposes, another confirms. Then it is in the log, the learner reads why and may appeal, and the time can be studied again." },
  propose: { zh: "提出撤销", en: "Propose a revocation" },
  scope: { zh: "范围", en: "Scope" },
  session: { zh: "整个学习记录", en: "A whole session" },
  intervals: { zh: "课程中的片段", en: "Parts of a session's lesson" },
  year: { zh: "某人一年的全部时间", en: "All of a person in a year" },
  void: { zh: "整个学习记录作废，不能恢复，不能申诉", en: "A whole session, voided for good: no appeal, no later decision" },
  sessionId: { zh: "学习记录编号", en: "Session id" },
  learner: { zh: "学员代号", en: "Learner's pseudonym" },
  first: { zh: "年度第一天（如 2026-01-01 或 2025-11-01）", en: "First day of the year (2026-01-01, or 2025-11-01)" },
  parts: { zh: "片段，分:秒-分:秒，用逗号分隔", en: "Parts, m:ss-m:ss, separated by commas" },
  badParts: { zh: "片段写法有误，例如 1:30-4:00, 10:00-12:30", en: "The parts cannot be read. Write them like 1:30-4:00, 10:00-12:30." },
  reason: { zh: "原因（学员可见）", en: "Reason (the learner reads it)" },
  note: { zh: "备注（仅机构可见，最多 500 字）", en: "Note (the institution alone sees it, at most 500 characters)" },
  case: { zh: "同时结束的案件", en: "Case that it ends" },
  send: { zh: "提出", en: "Propose" },
  sent: { zh: "已提出，等待另一位审核人员确认。", en: "Proposed. Another reviewer must confirm it." },
  recorded: { zh: "已记录，最迟写入日志的时间", en: "Recorded. It will be in the log by" },
  none: { zh: "还没有撤销记录。", en: "No revocation yet." },
  proposed: { zh: "等待确认", en: "waits for a second person" },
  confirmed: { zh: "正在执行", en: "is being carried out" },
  done: { zh: "已撤销", en: "taken back" },
  refused: { zh: "未撤销", en: "not taken back" },
  would: { zh: "将撤销", en: "would take back" },
  by: { zh: "提出人", en: "proposed by" },
  second: { zh: "决定人", en: "decided by" },
  confirm: { zh: "确认撤销", en: "Confirm" },
  refuse: { zh: "不撤销", en: "Refuse" },
  withdraw: { zh: "撤回提议", en: "Withdraw" },
  own: { zh: "您不能确认自己的提议。", en: "You cannot confirm your own proposal." },
  sure: { zh: "确定撤销吗？此操作写入日志，不能删除。", en: "Take it back? It goes into the log and cannot be deleted." },
  cancel: { zh: "取消", en: "Cancel" },
};

function fresh() {
  return { scope: "session", session: asked.get("session") ?? "", learner: asked.get("learner") ?? "", year: "", parts: "", reason: "", note: "", case: asked.get("case") ?? "" };
}

// "1:30-4:00, 10:00-12:30" as milliseconds, or null where it cannot be read.
export function intervalsOf(text) {
  const found = text.split(/[,，]/).map((part) => part.trim()).filter(Boolean).map((part) => {
    const match = /^(\d+):([0-5]\d)\s*[-–]\s*(\d+):([0-5]\d)$/.exec(part);
    return match && [(Number(match[1]) * 60 + Number(match[2])) * 1000, (Number(match[3]) * 60 + Number(match[4])) * 1000];
  });
  return found.length && found.every((part) => part && part[0] < part[1]) ? found : null;
}

async function load() {
  try {
    state.list = await json("/v1/revocations?limit=200", { key });
    state.wanted.reason ||= state.list.reasons[0].code;
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  draw();
}

async function act(path, body) {
  state.busy = true;
  state.sent = false;
  draw();
  try {
    await call(path, { key, body: JSON.stringify(body) });
    state.sure = null;
    state.busy = false;
    await load();
    return true;
  } catch (error) {
    state.error = error;
    state.busy = false;
    draw();
    return false;
  }
}

async function propose(event) {
  event.preventDefault();
  const { scope, session, learner, year, parts, reason, note } = state.wanted;
  const body = { scope, reason, note: note.trim(), case: state.wanted.case.trim() };
  if (scope === "year") Object.assign(body, { learner: learner.trim(), year: year.trim() });
  else body.session = session.trim();
  if (scope === "intervals") {
    body.intervals = intervalsOf(parts);
    if (!body.intervals) {
      document.querySelector("#parts").setCustomValidity(t(words.badParts));
      document.querySelector("#parts").reportValidity();
      return;
    }
  }
  if (await act("/v1/revocations", body)) {
    history.replaceState(null, "", location.pathname);
    state.wanted = { ...fresh(), session: "", learner: "", case: "", reason: state.list.reasons[0].code };
    state.sent = true;
    draw();
  }
}

function field(name, label, more = {}) {
  return h("label", {}, t(label), h("input", { id: name, value: state.wanted[name], required: true, autocomplete: "off", oninput: (event) => { state.wanted[name] = event.target.value; event.target.setCustomValidity(""); }, ...more }));
}

function form() {
  if (!state.list.reviewer) return h("p", { class: "notice" }, t(words.shared));
  const { wanted } = state;
  const radio = (group, value, label, chosen, pick) => h("label", {}, h("input", { type: "radio", name: group, value, checked: chosen, onchange: pick }), " ", label);
  return h(
    "form",
    { class: "card", id: "propose", onsubmit: propose },
    h("h2", {}, t(words.propose)),
    h("fieldset", {}, h("legend", {}, t(words.scope)), ["session", "intervals", "year", "void"].map((scope) => radio("scope", scope, t(words[scope]), wanted.scope === scope, () => { wanted.scope = scope; draw(); }))),
    wanted.scope === "year" ? [field("learner", words.learner, { maxlength: 64 }), field("year", words.first, { pattern: "\\d{4}-\\d{2}-\\d{2}", placeholder: "2026-01-01" })] : field("session", words.sessionId, { maxlength: 64, class: "mono" }),
    wanted.scope === "intervals" ? field("parts", words.parts, { placeholder: "1:30-4:00, 10:00-12:30" }) : null,
    h("fieldset", {}, h("legend", {}, t(words.reason)), state.list.reasons.map((reason) => radio("reason", reason.code, h("span", {}, t(reason), " ", h("span", { class: "quiet mono" }, reason.code)), wanted.reason === reason.code, () => { wanted.reason = reason.code; }))),
    h("label", {}, t(words.note), h("textarea", { id: "note", maxlength: NOTE_MAX, rows: 2, oninput: (event) => { wanted.note = event.target.value; } }, wanted.note)),
    wanted.case ? h("p", { class: "quiet" }, `${t(words.case)}: `, h("span", { class: "mono" }, wanted.case)) : null,
    h("p", {}, h("button", { id: "send", class: "primary", disabled: state.busy }, t(words.send))),
  );
}

function decide(found) {
  const path = `/v1/revocations/${found.revocation}`;
  const own = found.proposed_by === state.list.reviewer;
  const button = (label, onclick, more = {}) => h("button", { type: "button", disabled: state.busy, onclick, ...more }, t(label));
  if (state.sure === found.revocation) {
    return h("div", { class: "notice" }, h("p", {}, t(words.sure)), h("p", { class: "row" }, button(words.confirm, () => act(`${path}/confirm`, {}), { class: "primary", id: "sure" }), button(words.cancel, () => { state.sure = null; draw(); })));
  }
  return [
    own ? h("p", { class: "quiet" }, t(words.own)) : null,
    h("p", { class: "row" }, own ? null : button(words.confirm, () => { state.sure = found.revocation; draw(); }), button(own ? words.withdraw : words.refuse, () => act(`${path}/refuse`, {}))),
  ];
}

function card(found) {
  const what = found.scope === "year" ? `${t(words.year)}: ${found.year}` : t(words[found.scope]);
  return h(
    "section",
    { key: found.revocation, class: "card", "data-state": found.state },
    h("div", { class: "row" }, h("strong", { class: "grow" }, found.learner), h("span", { class: found.state === "proposed" ? "badge live" : "badge" }, t(words[found.state])), h("span", {}, found.standing_ms === null ? duration(found.revoked_ms) : `${t(words.would)} ${duration(found.standing_ms)}`)),
    h("p", {}, what, found.intervals.length ? `: ${found.intervals.map(([from, to]) => `${position(from)}–${position(to)}`).join(", ")}` : "", found.session ? [" · ", h("span", { class: "mono" }, found.session)] : null),
    h("p", {}, t(found.reason), " ", h("span", { class: "quiet mono" }, found.reason.code)),
    found.note ? h("p", {}, found.note) : null,
    h("p", { class: "quiet" }, `${t(words.by)} ${found.proposed_by}, ${when(found.proposed_ms)}`, found.decided_by ? ` · ${t(words.second)} ${found.decided_by}, ${when(found.decided_ms)}` : ""),
    found.in_log_by_ms ? h("p", { class: "quiet" }, `${t(words.recorded)} ${when(found.in_log_by_ms)}`) : null,
    found.state === "proposed" && state.list.reviewer ? decide(found) : null,
  );
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    h("p", { class: "quiet" }, t(words.two)),
    state.error ? problem(state.error) : null,
    state.sent ? h("p", { class: "notice ok", role: "status" }, t(words.sent)) : null,
    state.list ? form() : null,
    state.list ? (state.list.revocations.length ? state.list.revocations.map(card) : h("p", { class: "notice" }, t(words.none))) : null,
  );
}

frame();
onLanguage(draw);
draw();
if (key) await load();
