// The review queue: one case at a time, by keyboard; each decision becomes an entry in the log.
import { call, duration, frame, h, json, lang, legend, minuteSquares, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const PAGE = 50;
const PICTURES = 12;
const BESIDE = 3;
const REST = 24;
const state = { list: null, cases: [], next: "", filter: { reason: "", state: "open" }, at: 0, detail: null, chosen: null, reason: 0, note: "", pictures: null, ask: null, busy: false, error: null, done: 0, help: false };

const words = {
  title: { zh: "审核队列", en: "Review queue" },
  noKey: { zh: "此页面需要审核人员的个人密钥，请使用机构发给您的地址打开。", en: "This page needs a reviewer's own key: open it with the address that your institution gave you." },
  shared: { zh: "您使用的是共用密钥，只能查看。作出决定需要个人密钥。", en: "This is the shared staff key: it only looks. Deciding needs a key of your own." },
  recorded: { zh: "决定已记录，最迟写入日志的时间", en: "The decision is recorded. It will be in the log by" },
  none: { zh: "没有待审核的事项。", en: "Nothing waits for a decision." },
  noneDecided: { zh: "还没有已审核的事项。", en: "Nothing has been decided yet." },
  all: { zh: "全部", en: "All" },
  open: { zh: "待审核", en: "Waiting" },
  closed: { zh: "已审核", en: "Decided" },
  due: { zh: "期限", en: "due" },
  takeBack: { zh: "撤销已核验的时间（需两人）", en: "Take verified time back (two people)" },
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
  behind: { zh: "引起本事项的抓拍", en: "Captures behind the reasons" },
  beside: { zh: "同一次学习中通过的抓拍（第一张在前）", en: "Usable captures of the same session, the first one first" },
  rest: { zh: "其余抓拍（按时间）", en: "The other captures, by time" },
  showRest: { zh: "按时间显示其余抓拍", en: "Show the other captures by time" },
  enlarge: { zh: "放大（V）", en: "Enlarge (V)" },
  close: { zh: "关闭", en: "Close" },
  firstUsable: { zh: "本次学习第一张通过的抓拍", en: "first usable capture of this session" },
  usable: { zh: "未发现问题", en: "nothing found" },
  notAnalysed: { zh: "未分析", en: "not analysed" },
  faces: { zh: "张人脸", en: "faces" },
  similarity: { zh: "与登记照片的相似度", en: "similarity to the reference" },
  quality: { zh: "画质", en: "quality" },
  picturesGone: { zh: "没有保存的抓拍。", en: "No capture is kept." },
  minutes: { zh: "点选要决定的分钟；不选则决定全部待定的分钟。", en: "Tap the minutes to decide; none tapped means all that wait." },
  appeal: { zh: "学员申诉", en: "The learner's appeal" },
  accounts: { zh: "涉及的账号", en: "Accounts" },
  others: { zh: "该学员最近的学习", en: "This learner's recent sessions" },
  allowance: { zh: "已登记的合理便利", en: "Recorded allowance" },
  extra: { zh: "延长时间", en: "extra time" },
  without: { zh: "不要求的动作", en: "movements left out" },
  noface: { zh: "非人脸核验方式", en: "route without face recognition" },
  hints: { zh: "页面线索", en: "Hints of the page" },
  decidedBy: { zh: "审核人", en: "Decided by" },
  other: { zh: "另一账号", en: "other account" },
  person: { zh: "规则未能判定的时间和各项指标，由审核人员决定。每个决定都写入日志并署名。", en: "A person decides on time that the rules left undecided, and on indicators. Every decision is logged with the reviewer's id." },
  keys: { zh: "快捷键：J/K 下一个/上一个，G 计入，F 不计入，1–7 选原因，N 已阅，E 属正常，P 抓拍，V 放大，回车确定，Esc 取消", en: "Keys: J/K next/previous, G grant, F refuse, 1–7 reason, N noted, E expected, P captures, V enlarge, Enter confirm, Esc cancel" },
};
const kinds = {
  session: { zh: "学习记录", en: "Session" },
  account: { zh: "账号", en: "Account" },
  device: { zh: "设备", en: "Device" },
  address: { zh: "网络地址", en: "Address" },
};

const clock = (ms) => new Date(ms).toLocaleTimeString(lang() === "zh" ? "zh-CN" : "en-GB", { timeZone: "Asia/Shanghai" });
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
    state.by = decided.in_log_by_ms;
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

// Pictures whose own reasons are among the case's come first, then other refused ones: they are what is decided about.
function ranked() {
  const codes = new Set(current().reasons.map((reason) => reason.code));
  const rank = (picture) => (picture.reasons.some((reason) => codes.has(reason.code)) ? 0 : picture.reasons.length ? 1 : 2);
  const kept = state.detail.session.captures.filter((picture) => picture.kept).map((picture) => ({ ...picture, rank: rank(picture) }));
  const refused = kept.filter((picture) => picture.rank < 2).sort((a, b) => a.rank - b.rank || a.at_ms - b.at_ms);
  const usable = kept.filter((picture) => picture.rank === 2);
  return { kept, refused, usable };
}

async function showPictures() {
  if (!state.detail?.session || state.pictures) return;
  const { refused, usable } = ranked();
  const behind = refused.slice(0, PICTURES);
  const middle = behind.length ? behind[Math.floor(behind.length / 2)].at_ms : 0;
  const nearest = usable.slice(1).sort((a, b) => Math.abs(a.at_ms - middle) - Math.abs(b.at_ms - middle));
  const beside = [...usable.slice(0, 1), ...nearest.slice(0, (behind.length ? BESIDE : PICTURES) - 1)];
  state.pictures = [];
  await fetchPictures([...behind.map((picture) => ({ ...picture, part: "behind" })), ...beside.map((picture) => ({ ...picture, part: "beside" }))]);
}

async function showRest() {
  const shown = new Set(state.pictures.map((picture) => picture.id));
  const rest = ranked().kept.filter((picture) => !shown.has(picture.id)).sort((a, b) => a.at_ms - b.at_ms);
  await fetchPictures(rest.slice(0, REST).map((picture) => ({ ...picture, part: "rest" })));
}

async function fetchPictures(wanted) {
  const session = state.detail.session.session;
  for (const picture of wanted) {
    let url = "";
    try {
      const answer = await call(`/v1/sessions/${session}/captures/${picture.id}`, { key });
      url = URL.createObjectURL(await answer.blob());
    } catch {
      continue; // Deleted in the meantime by retention.
    }
    if (state.detail?.session?.session !== session || !state.pictures) return URL.revokeObjectURL(url);
    state.pictures.push({ ...picture, url });
  }
  draw();
}

function measured(picture) {
  const per = (value) => `${(value / 100).toFixed(0)} %`;
  return [
    picture.faces === null ? t(words.notAnalysed) : picture.faces === 1 ? "" : `${picture.faces} ${t(words.faces)}`,
    picture.similarity_bp === null ? "" : `${t(words.similarity)} ${(picture.similarity_bp / 10000).toFixed(2)}`,
    picture.quality_bp === null ? "" : `${t(words.quality)} ${per(picture.quality_bp)}`,
  ].filter(Boolean).join(" · ");
}

function figure(picture) {
  const label = `${clock(picture.at_ms)} ${picture.reasons.map((reason) => t(reason)).join(" ") || t(words.usable)}`;
  return h(
    "figure",
    { key: picture.id, class: picture.rank === 0 ? "cause" : "quiet" },
    h("button", { key: picture.id, type: "button", class: "plain", title: t(words.enlarge), onclick: () => enlarge(state.pictures.indexOf(picture)) }, h("img", { src: picture.url, alt: label })),
    h("figcaption", {}, h("span", {}, clock(picture.at_ms)), picture.reasons.map((reason) => h("span", {}, t(reason), " ", h("span", { class: "quiet mono" }, reason.code))), h("span", { class: "quiet" }, measured(picture))),
  );
}

// One picture as large as the window, beside the first usable picture of the session.
function enlarge(at) {
  const list = state.pictures ?? [];
  if (!list.length) return;
  const index = (at + list.length) % list.length;
  const first = list.find((picture) => picture.rank === 2);
  const dialog = document.querySelector("#large") ?? document.body.appendChild(h("dialog", { id: "large" }));
  const shown = first && first !== list[index] ? [list[index], first] : [list[index]];
  dialog.replaceChildren(
    ...shown.map((picture, place) => h("figure", {}, h("img", { src: picture.url, alt: clock(picture.at_ms) }), h("figcaption", {}, `${place ? `${t(words.firstUsable)} · ` : ""}${clock(picture.at_ms)} · ${picture.reasons.map((reason) => t(reason)).join(" ") || t(words.usable)} · ${measured(picture)}`))),
    h("p", { class: "row" }, h("button", { type: "button", onclick: () => enlarge(index - 1) }, "←"), h("span", { class: "quiet" }, `${index + 1} / ${list.length}`), h("button", { type: "button", onclick: () => enlarge(index + 1) }, "→"), h("button", { type: "button", onclick: () => dialog.close() }, t(words.close))),
  );
  dialog.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key !== "Escape") event.stopPropagation();
    if (by) enlarge(index + by);
    if (event.key === "v") dialog.close();
  };
  if (!dialog.open) dialog.showModal();
}

function reasonsOf(found) {
  return h("ul", {}, found.reasons.map((reason) => h("li", {}, t(reason), " ", h("span", { class: "quiet mono" }, `${reason.code}${reason.n > 1 ? ` ×${reason.n}` : ""}`), reason.other ? h("span", { class: "quiet" }, ` · ${t(words.other)}: ${reason.other}`) : null)));
}

function line(found, at) {
  const late = found.due_ms < state.list.now_ms && found.state === "open";
  return h(
    "li",
    { key: found.case },
    h(
      "button",
      { key: found.case, type: "button", class: "case", "aria-current": at === state.at ? "true" : null, onclick: () => open(at) },
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
  const { kept } = ranked();
  if (!kept.length) return h("p", { class: "quiet" }, t(words.picturesGone));
  if (!state.pictures) return h("p", {}, h("button", { type: "button", onclick: showPictures }, `${t(words.pictures)} (${kept.length})`, h("kbd", {}, "P")));
  const part = (name, title) => {
    const found = state.pictures.filter((picture) => picture.part === name);
    return found.length ? [h("h3", {}, `${title} (${found.length})`), h("div", { class: "captures" }, found.map(figure))] : null;
  };
  const left = kept.length - state.pictures.length;
  return [
    part("behind", t(words.behind)),
    part("beside", t(words.beside)),
    part("rest", t(words.rest)),
    left > 0 ? h("p", {}, h("button", { type: "button", onclick: showRest }, `${t(words.showRest)} (${left})`)) : null,
  ];
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
    { class: "row decide" },
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
    { key: found.case, class: "card", id: "case", "aria-live": "polite" },
    h("h2", {}, `${t(kinds[found.kind])} · ${found.learner || found.subject}`),
    detail?.session ? h("p", { class: "quiet" }, `${detail.session.course} / ${detail.session.lesson} · ${when(detail.session.opened_ms)}`) : null,
    reasonsOf(found),
    detail ? allowanceOf(detail.allowance) : h("p", { class: "quiet" }, "…"),
    detail?.session ? sessionPart(detail) : null,
    detail?.accounts ? [h("h3", {}, `${t(words.accounts)} (${detail.accounts.length})`), h("p", { class: "mono" }, detail.accounts.map((each) => `${each.learner} ×${each.sessions}`).join("  "))] : null,
    detail && !detail.session && detail.sessions ? [h("h3", {}, t(words.others)), h("ul", {}, detail.sessions.map((each) => h("li", {}, `${each.course} / ${each.lesson} · ${when(each.opened_ms)} · ${duration(each.verified_ms)}`)))] : null,
    detail ? decisionPart(found) : null,
    found.state === "open" && state.list.reviewer ? h("p", {}, h("a", { href: `/revocations?${new URLSearchParams(found.kind === "session" ? { session: found.subject, case: found.case } : { learner: found.learner, case: found.case })}` }, t(words.takeBack))) : null,
  );
}

function filters() {
  const choose = (change) => () => {
    Object.assign(state.filter, change);
    state.at = 0;
    load();
  };
  const chip = (label, on, change, title = null) => h("button", { key: JSON.stringify(change), type: "button", class: "chip", title, "aria-pressed": String(on), onclick: choose(change) }, label);
  return h(
    "div",
    { class: "chips" },
    chip(`${t(words.open)} (${state.list.open})`, state.filter.state === "open", { state: "open" }),
    chip(t(words.closed), state.filter.state === "closed", { state: "closed", reason: "" }),
    state.filter.state === "open" ? [chip(t(words.all), !state.filter.reason, { reason: "" }), state.list.reasons.map((reason) => chip(`${reason.code} ${reason.n}`, state.filter.reason === reason.code, { reason: reason.code }, t(reason)))] : null,
  );
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    state.error ? problem(state.error) : null,
    state.by ? h("p", { class: "notice ok", role: "status" }, `${t(words.recorded)} ${when(state.by)}`) : null,
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

const KEYS = { j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), g: () => asks("grant"), f: () => asks("refuse"), n: () => asks("noted"), e: () => asks("expected"), p: showPictures, v: () => enlarge(0) };
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
