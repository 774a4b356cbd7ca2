// The review queue: one case at a time, by keyboard; each decision becomes an entry in the log.
import { call, duration, frame, h, json, lang, legend, minuteSquares, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const PAGE = 50;
const PICTURES = 12;
const state = { list: null, cases: [], next: "", filter: { reason: "", state: "open" }, at: 0, detail: null, chosen: null, reason: 0, note: "", pictures: null, ask: null, busy: false, error: null, done: 0, help: false };

const words = {
  title: { zh: "审核队列", en: "Review queue" },
  noKey: { zh: "此页面需要审核人员的个人密钥，请使用机构发给您的地址打开。", en: "This page needs a reviewer's own key: open it with the address that your institution gave you." },
  shared: { zh: "您使用的是共用密钥，只能查看。作出决定需要个人密钥。", en: "This is the shared staff key: it only looks. Deciding needs a key of your own." },
  none: { zh: "没有待审核的事项。", en: "Nothing waits for a decision." },
  noneDecided: { zh: "还没有已审核的事项。", en: "Nothing has been decided yet." },
  all: { zh: "全部", en: "All" },
  open: { zh: "待审核", en: "Waiting" },
  closed: { zh: "已审核", en: "Decided" },
  due: { zh: "期限", en: "due" },
  overdue: { zh: "已超期", en: "overdue" },
  undecided: { zh: "待定", en: "undecided" },
  more: { zh: "更多", en: "More" },
  grant: { zh: "计入", en: "Grant" },
  refuse: { zh: "不计入", en: "Refuse" },
  noted: { zh: "已阅", en: "Noted" },
  expected: { zh: "属正常情况", en: "Expected" },
  sure: { zh: "确定", en: "Confirm" },
  cancel: { zh: "取消", en: "Cancel" },
  reason: { zh: "不计入的原因", en: "Reason for refusing" },
  note: { zh: "备注（仅机构可见，请勿写姓名）", en: "Note (for the institution only; no names)" },
  pictures: { zh: "查看抓拍（会留下记录）", en: "Show captures (this leaves a record)" },
  picturesGone: { zh: "没有保存的抓拍。", en: "No capture is kept." },
  minutes: { zh: "点选要决定的分钟；不选则决定全部待定的分钟。", en: "Tap the minutes to decide; none tapped means all that wait." },
  appeal: { zh: "学员申诉", en: "The learner's appeal" },
  accounts: { zh: "涉及的账号", en: "Accounts" },
  others: { zh: "该学员最近的学习", en: "This learner's recent sessions" },
  allowance: { zh: "已登记的便利安排", en: "Recorded allowance" },
  extra: { zh: "延长时间", en: "extra time" },
  without: { zh: "不要求的动作", en: "movements left out" },
  noface: { zh: "非人脸方式", en: "route without face recognition" },
  hints: { zh: "页面线索", en: "Hints of the page" },
  decidedBy: { zh: "审核人", en: "Decided by" },
  other: { zh: "另一账号", en: "other account" },
  person: { zh: "机器只提示，由人决定。每个决定都写入日志并署名。", en: "Machines only point; people decide. Every decision is signed and logged." },
  keys: { zh: "快捷键：J/K 下一个/上一个，G 计入，F 不计入，1–7 选原因，N 已阅，E 属正常，P 抓拍，回车确定，Esc 取消", en: "Keys: J/K next/previous, G grant, F refuse, 1–7 reason, N noted, E expected, P captures, Enter confirm, Esc cancel" },
};
const kinds = {
  session: { zh: "学习记录", en: "Session" },
  account: { zh: "账号", en: "Account" },
  device: { zh: "设备", en: "Device" },
  address: { zh: "网络地址", en: "Address" },
};

const clock = (ms) => new Date(ms).toLocaleTimeString(lang() === "zh" ? "zh-CN" : "en-GB");
const current = () => state.cases[state.at] ?? null;
const waiting = () => (state.detail?.session?.timeline ?? []).filter((minute) => minute.left_ms > 0);
const mayDecide = () => Boolean(state.list?.reviewer) && current()?.state === "open" && !state.busy;

function query(after) {
  const params = new URLSearchParams({ limit: String(PAGE), state: state.filter.state });
  if (state.filter.reason) params.set("reason", state.filter.reason);
  if (after) params.set("after", after);
  return `/v1/cases?${params}`;
}

async function load(after = "") {
  try {
    state.list = await json(query(after), { key });
    state.cases = after ? [...state.cases, ...state.list.cases] : state.list.cases;
    state.next = state.list.next;
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  if (!after) state.at = Math.min(state.at, Math.max(0, state.cases.length - 1));
  await open(state.at);
}

async function open(at) {
  for (const picture of state.pictures ?? []) URL.revokeObjectURL(picture.url);
  Object.assign(state, { at, detail: null, chosen: new Set(), note: "", pictures: null, ask: null });
  draw();
  const found = current();
  if (!found) return;
  try {
    const detail = await json(`/v1/cases/${found.case}`, { key });
    if (current()?.case !== found.case) return;
    state.detail = detail;
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  draw();
  document.querySelector("#case")?.scrollIntoView({ block: "nearest" });
}

async function move(by) {
  const at = state.at + by;
  if (at >= state.cases.length && state.next) {
    await load(state.next);
  }
  if (at >= 0 && at < state.cases.length) await open(at);
}

function asks(outcome) {
  if (!mayDecide() || !state.detail) return;
  const session = current().kind === "session";
  if ((outcome === "grant" || outcome === "refuse") && (!session || !waiting().length)) return;
  if (outcome === "expected" && session) return;
  state.ask = outcome;
  draw();
  document.querySelector("#confirm")?.focus();
}

async function decide() {
  const outcome = state.ask;
  const minutes = outcome === "grant" || outcome === "refuse" ? [...state.chosen] : [];
  const reason = outcome === "refuse" ? state.list.refuse_reasons[state.reason].code : "REVIEW_GRANTED";
  state.busy = true;
  draw();
  try {
    const body = JSON.stringify({ outcome, minutes, note: state.note, reason });
    const decided = await json(`/v1/cases/${current().case}/decision`, { key, body });
    state.done += 1;
    state.busy = false;
    if (decided.state === "closed") {
      state.cases.splice(state.at, 1);
      state.list.open = Math.max(0, state.list.open - 1);
      if (state.cases.length) return open(Math.min(state.at, state.cases.length - 1));
      return load();
    }
    return open(state.at);
  } catch (error) {
    Object.assign(state, { busy: false, ask: null, error });
    draw();
  }
}

async function showPictures() {
  const session = state.detail?.session;
  if (!session || state.pictures) return;
  const left = waiting();
  const near = (picture) => left.some((minute) => picture.at_ms >= minute.from_ms - 60000 && picture.at_ms <= minute.to_ms + 60000);
  const kept = session.captures.filter((picture) => picture.kept);
  const wanted = [...kept.filter(near), ...kept.filter((picture) => !near(picture))].slice(0, PICTURES).sort((a, b) => a.at_ms - b.at_ms);
  state.pictures = [];
  for (const picture of wanted) {
    try {
      const answer = await call(`/v1/sessions/${session.session}/captures/${picture.id}`, { key });
      state.pictures.push({ ...picture, near: near(picture), url: URL.createObjectURL(await answer.blob()) });
    } catch {
      // Deleted in the meantime by retention.
    }
  }
  draw();
}

function reasonsOf(found) {
  return h("ul", {}, found.reasons.map((reason) => h("li", {}, t(reason), " ", h("span", { class: "quiet mono" }, `${reason.code}${reason.n > 1 ? ` ×${reason.n}` : ""}`), reason.other ? h("span", { class: "quiet" }, ` · ${t(words.other)}: ${reason.other}`) : null)));
}

function line(found, at) {
  const late = found.due_ms < state.list.now_ms && found.state === "open";
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "case", "aria-current": at === state.at ? "true" : null, onclick: () => open(at) },
      h("span", { class: "row" }, h("strong", { class: "grow" }, found.learner || `${t(kinds[found.kind])} ${found.subject}`), found.undecided_ms ? h("span", {}, duration(found.undecided_ms)) : null),
      h("span", { class: "quiet" }, `${t(kinds[found.kind])} · ${late ? t(words.overdue) : t(words.due)} ${when(found.due_ms)}`),
      h("span", { class: "quiet mono" }, found.reasons.map((reason) => reason.code).join(" ")),
    ),
  );
}

function allowanceOf(held) {
  if (!held || (!held.route && !held.extra_time_pct && !held.liveness_excluded.length)) return null;
  const parts = [
    held.extra_time_pct ? `${t(words.extra)} ${held.extra_time_pct} %` : "",
    held.liveness_excluded.length ? `${t(words.without)}: ${held.liveness_excluded.join(", ")}` : "",
    held.route === "challenge" ? t(words.noface) : "",
  ].filter(Boolean);
  return h("p", { class: "notice" }, `${t(words.allowance)}: ${parts.join("; ")}`);
}

function sessionPart(detail) {
  const toggle = (index) => {
    if (index === null) return;
    if (!waiting().some((minute) => minute.index === index)) return;
    if (state.chosen.has(index)) state.chosen.delete(index);
    else state.chosen.add(index);
    draw();
  };
  const hints = detail.session.seen_with.filter((seen) => seen.kind === "hint").map((seen) => seen.value);
  const squares = minuteSquares(detail.session.timeline.map((minute) => ({ ...minute, verdict: minute.left_ms > 0 ? "U" : minute.verdict })), null, toggle);
  for (const [number, item] of [...squares.children].entries()) item.firstChild.setAttribute("aria-pressed", String(state.chosen.has(detail.session.timeline[number].index)));
  return [
    detail.appeals.filter((appeal) => appeal.answered_ms === null).map((appeal) => h("blockquote", { class: "notice" }, h("strong", {}, `${t(words.appeal)}: `), appeal.text)),
    legend(),
    squares,
    waiting().length ? h("p", { class: "quiet" }, t(words.minutes)) : null,
    hints.length ? h("p", { class: "quiet mono" }, `${t(words.hints)}: ${hints.join(" ")}`) : null,
    pictures(detail),
  ];
}

function pictures(detail) {
  if (!detail.session.captures.some((picture) => picture.kept)) return h("p", { class: "quiet" }, t(words.picturesGone));
  if (!state.pictures) return h("p", {}, h("button", { type: "button", onclick: showPictures }, t(words.pictures)));
  return h("div", { class: "captures" }, state.pictures.map((picture) => h("figure", { class: picture.near ? "quiet near" : "quiet" }, h("img", { src: picture.url, alt: when(picture.at_ms) }), clock(picture.at_ms))));
}

function decisionPart(found) {
  if (found.state === "closed") return h("p", { class: "notice ok" }, `${t(words.decidedBy)} ${found.closed_by}: ${t(words[found.outcome] ?? words.noted)}${found.note ? ` · ${found.note}` : ""}`);
  if (!state.list.reviewer) return h("p", { class: "notice" }, t(words.shared));
  const left = waiting();
  const chosen = left.filter((minute) => !state.chosen.size || state.chosen.has(minute.index));
  const amount = duration(chosen.reduce((sum, minute) => sum + minute.left_ms, 0));
  const off = state.busy;
  const button = (outcome, letter, extra = "") => h("button", { type: "button", disabled: off, class: outcome === "grant" ? "primary" : null, onclick: () => asks(outcome) }, `${t(words[outcome])}${extra}`, h("kbd", {}, letter));
  if (state.ask) {
    return h(
      "div",
      { class: "notice" },
      h("p", {}, h("strong", {}, `${t(words[state.ask])}${state.ask === "grant" || state.ask === "refuse" ? ` · ${amount}` : ""}`)),
      state.ask === "refuse" ? h("fieldset", {}, h("legend", {}, t(words.reason)), state.list.refuse_reasons.map((reason, number) => h("label", {}, h("input", { type: "radio", name: "reason", checked: number === state.reason, onchange: () => { state.reason = number; } }), ` ${number + 1} ${reason.code} `, h("span", { class: "quiet" }, t(reason))))) : null,
      h("label", {}, t(words.note), h("textarea", { id: "note", maxlength: 500, rows: 2, oninput: (event) => { state.note = event.target.value; } }, state.note)),
      h("p", { class: "row" }, h("button", { id: "confirm", class: "primary", type: "button", disabled: off, onclick: decide }, t(words.sure)), h("button", { type: "button", disabled: off, onclick: cancel }, t(words.cancel))),
    );
  }
  return h(
    "p",
    { class: "row" },
    left.length ? [button("grant", "G", ` ${amount}`), button("refuse", "F")] : null,
    button("noted", "N"),
    found.kind === "session" ? null : button("expected", "E"),
  );
}

function cancel() {
  state.ask = null;
  draw();
}

function detailPart() {
  const found = current();
  if (!found) return h("p", { class: "notice" }, t(state.filter.state === "open" ? words.none : words.noneDecided));
  const detail = state.detail;
  return h(
    "section",
    { class: "card", id: "case", "aria-live": "polite" },
    h("h2", {}, `${t(kinds[found.kind])} · ${found.learner || found.subject}`),
    detail?.session ? h("p", { class: "quiet" }, `${detail.session.course} / ${detail.session.lesson} · ${when(detail.session.opened_ms)}`) : null,
    reasonsOf(found),
    detail ? allowanceOf(detail.allowance) : h("p", { class: "quiet" }, "…"),
    detail?.session ? sessionPart(detail) : null,
    detail?.accounts ? [h("h3", {}, `${t(words.accounts)} (${detail.accounts.length})`), h("p", { class: "mono" }, detail.accounts.map((each) => `${each.learner} ×${each.sessions}`).join("  "))] : null,
    detail && !detail.session && detail.sessions ? [h("h3", {}, t(words.others)), h("ul", {}, detail.sessions.map((each) => h("li", {}, `${each.course} / ${each.lesson} · ${when(each.opened_ms)} · ${duration(each.verified_ms)}`)))] : null,
    detail ? decisionPart(found) : null,
  );
}

function filters() {
  const choose = (change) => () => {
    Object.assign(state.filter, change);
    state.at = 0;
    load();
  };
  const chip = (label, on, change) => h("button", { type: "button", class: "chip", "aria-pressed": String(on), onclick: choose(change) }, label);
  return h(
    "div",
    { class: "chips" },
    chip(`${t(words.open)} (${state.list.open})`, state.filter.state === "open", { state: "open" }),
    chip(t(words.closed), state.filter.state === "closed", { state: "closed", reason: "" }),
    state.filter.state === "open" ? [chip(t(words.all), !state.filter.reason, { reason: "" }), state.list.reasons.map((reason) => h("button", { type: "button", class: "chip", title: t(reason), "aria-pressed": String(state.filter.reason === reason.code), onclick: choose({ reason: reason.code }) }, `${reason.code} ${reason.n}`))] : null,
  );
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    state.error ? problem(state.error) : null,
    state.list ? filters() : null,
    state.list
      ? h(
          "div",
          { class: "queue" },
          h("nav", { "aria-label": t(words.title) }, h("ol", { class: "cases" }, state.cases.map(line)), state.next ? h("button", { type: "button", onclick: () => load(state.next) }, t(words.more)) : null),
          h("div", {}, detailPart(), h("p", { class: "quiet" }, t(words.person)), h("p", { class: "quiet keys" }, t(words.keys))),
        )
      : null,
  );
}

const KEYS = { j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), g: () => asks("grant"), f: () => asks("refuse"), n: () => asks("noted"), e: () => asks("expected"), p: showPictures };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !state.list) return;
  if (event.key === "Escape" && state.ask) return cancel();
  if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement && event.target.type !== "radio") return;
  if (state.ask) {
    const number = Number(event.key);
    if (state.ask === "refuse" && number >= 1 && number <= state.list.refuse_reasons.length) {
      state.reason = number - 1;
      draw();
      document.querySelector("#confirm")?.focus();
    }
    return;
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

frame();
onLanguage(draw);
draw();
if (key) await load();
