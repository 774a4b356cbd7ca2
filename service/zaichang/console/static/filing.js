// Filing with platforms as the office sees it: nightly runs, batches, refused rows to decide, comparisons. No names here.
import { frame, h, json, lang, onLanguage, problem, saveAs, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const state = { runs: [], list: null, cases: [], compared: [], open: null, shown: null, error: null, busy: false, note: "", done: "" };
const NOTE_MAX = 500;

const words = {
  title: { zh: "学时报送", en: "Filing" },
  noKey: { zh: "此页面需要机构人员的密钥：请用 /filing#key=密钥 打开。", en: "This page needs a key of the institution: open /filing#key=KEY." },
  shared: { zh: "共用密钥只能查看。处理退回的行需要个人密钥。", en: "The shared key only looks. To decide refused rows you need a key of your own." },
  two: { zh: "报送在机构自己的电脑上进行（姓名和证件号码不到本服务）；这里看进度，处理退回的行。", en: "Batches are sent from the institution's own computer, since names and ID numbers never reach this service. Here you see how they stand, and decide refused rows." },
  runs: { zh: "每夜报送", en: "Nightly runs" },
  noRuns: { zh: "还没有每夜报送。用 zaichang file nightly 开启。", en: "No nightly run yet: start zaichang file nightly." },
  ran: { zh: "已完成", en: "done" },
  running: { zh: "正在进行", en: "running" },
  stopped: { zh: "中断，等待接续", en: "stopped, waits to be taken up" },
  faults: { zh: "问题", en: "faults" },
  cases: { zh: "退回的行：等待处理", en: "Refused rows to decide" },
  noCases: { zh: "没有等待处理的行。", en: "No row waits for a decision." },
  owner: { zh: "负责人", en: "owner" },
  due: { zh: "期限", en: "due" },
  overdue: { zh: "已过期限", en: "overdue" },
  refile: { zh: "重新报送", en: "File again" },
  accepted: { zh: "平台已收", en: "The platform has it" },
  drop: { zh: "放弃", en: "Give it up" },
  open: { zh: "备注", en: "Keep the note" },
  note: { zh: "备注（仅机构可见，最多 500 字）", en: "Note (the institution alone sees it, at most 500 characters)" },
  second: { zh: "须由另一人确认", en: "another person must confirm" },
  proposedBy: { zh: "提出人", en: "proposed by" },
  decide: { zh: "处理", en: "Decide" },
  cancel: { zh: "取消", en: "Cancel" },
  doneOne: { zh: "已记录。", en: "Recorded." },
  doneTwo: { zh: "已提出，等待另一人确认。", en: "Proposed; another person must confirm it." },
  batches: { zh: "批次", en: "Batches" },
  noBatches: { zh: "还没有批次。", en: "No batch yet." },
  rows: { zh: "查看各行", en: "Show the rows" },
  hide: { zh: "收起", en: "Hide" },
  manifest: { zh: "下载签名清单", en: "Download the manifest" },
  table: { zh: "下载各行（CSV，无姓名）", en: "Download the rows (CSV, no names)" },
  resend: { zh: "未送出的行：在机构电脑上运行", en: "Rows not handed over: run on the institution's computer" },
  exchanges: { zh: "日志中的报送记录", en: "Entries in the log" },
  compared: { zh: "与平台名单核对", en: "Comparison with the platform's list" },
  noCompared: { zh: "还没有核对过。", en: "Never compared yet." },
  listed: (number) => ({ zh: `平台名单 ${number} 行`, en: `${number} rows at the platform` }),
  same: { zh: "没有差异", en: "no differences" },
  here: { zh: "我方", en: "here" },
  there: { zh: "平台", en: "there" },
};
const STATES = {
  prepared: { zh: "未送出", en: "not handed over" },
  sent: { zh: "已送出", en: "handed over" },
  acknowledged: { zh: "平台已点数", en: "counted by the platform" },
  accepted: { zh: "平台已收", en: "accepted" },
  registered: { zh: "已登记", en: "registered" },
  refused: { zh: "被退回", en: "refused" },
};
const OPERATIONS = { new: { zh: "新增", en: "new" }, replace: { zh: "更正", en: "correction" }, withdraw: { zh: "撤销", en: "withdrawal" } };
const KINDS = {
  missing_there: { zh: "平台缺", en: "missing there" },
  missing_here: { zh: "我方缺", en: "missing here" },
  other_amount: { zh: "数额不同", en: "other amount" },
  revoked_here: { zh: "我方已撤销而平台仍在", en: "revoked here, still there" },
  twice_there: { zh: "平台重复", en: "twice there" },
};
// Our own codes of refusals; any other code is the platform's.
const CODES = {
  "local.person_unknown": { zh: "人员表中没有这名学员", en: "the file of people has no such learner" },
  "local.consent": { zh: "没有本人同意的日期", en: "no date of consent" },
  "local.course_not_registered": { zh: "课程还没有备案号", en: "the course has no code yet" },
  "local.no_withdrawal": { zh: "平台不能更正或撤销", en: "the platform neither corrects nor withdraws" },
  "local.value_missing": { zh: "必填的一列是空的（冒号后是列号）", en: "a required column is empty (its number follows)" },
  "local.code_unknown": { zh: "代码表中没有这个值（冒号后是列号）", en: "the table of codes lacks the value (the column's number follows)" },
  "local.id_number": { zh: "证件号码不合格", en: "the ID number is none" },
  "local.unsafe_text": { zh: "文字不能安全写入表格（冒号后是列号）", en: "the text cannot be written safely (the column's number follows)" },
  "local.match": { zh: "平台不认识此人", en: "the platform does not know the person" },
  half: { zh: "更正只做了一半：原来的行已撤销，新的行被退回", en: "half done: the earlier row is gone, the new one refused" },
  twice: { zh: "两行并存：请用“平台已收”，下一批撤销原来的行", en: "both rows stand: decide that the platform has it, and the next batch withdraws the earlier one" },
  none: { zh: "平台没有给出原因代码", en: "the platform gave no code" },
  other: { zh: "平台的原因只在机构电脑上显示", en: "the platform's reason is shown on the institution's computer alone" },
};
const BY_TWO = ["accepted", "drop"];

function meaning(code) {
  const own = CODES[code.split(":")[0]] ?? CODES[code.split(".")[0]];
  return own ? `${t(own)} (${code})` : code;
}

async function load() {
  try {
    const [runs, list, cases, compared] = await Promise.all(["runs?limit=7", "batches?limit=50", "cases?limit=100", "reconciliations"].map((path) => json(`/v1/filing/${path}`, { key })));
    Object.assign(state, { runs: runs.runs, list, cases: cases.cases, compared: compared.reconciliations, error: null });
  } catch (error) {
    state.error = error;
  }
  draw();
}

async function decide(each, decision) {
  Object.assign(state, { busy: true, done: "", error: null });
  draw();
  try {
    const body = { target: each.target, key: each.row.key, decision, note: state.note.trim() };
    const made = await json("/v1/filing/cases", { key, body: JSON.stringify(body) });
    Object.assign(state, { open: null, note: "", done: t(made.proposed && !made.decided_by ? words.doneTwo : words.doneOne) });
    await load();
  } catch (error) {
    state.error = error;
  }
  state.busy = false;
  draw();
}

async function look(batch) {
  if (state.shown?.batch.batch === batch) {
    state.shown = null;
  } else {
    try {
      state.shown = await json(`/v1/filing/batches/${batch}`, { key });
    } catch (error) {
      state.error = error;
    }
  }
  draw();
}

// A cell that begins like a formula gets an apostrophe: a spreadsheet would run it.
const cell = (value) => {
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function rowsAsCsv(rows) {
  const heads = ["key", "learner", "course", "n", "operation", "category", "amount", "unit", "state", "code", "statement", "digest"];
  return [heads, ...rows.map((row) => heads.map((name) => row[name]))].map((line) => line.map(cell).join(",")).join("\r\n");
}

function button(label, onclick, attributes = {}) {
  return h("button", { type: "button", disabled: state.busy, onclick, ...attributes }, t(label));
}

const colon = () => (lang() === "zh" ? "：" : ": ");

function runs() {
  const now = Date.now();
  const line = (run) => h(
    "li",
    { key: `${run.target} ${run.day}` },
    h("div", { class: "row" }, h("span", { class: "grow" }, `${run.target} · ${run.day}`), h("span", { class: run.done_ms && !run.faults.length ? "badge live" : "badge" }, t(run.done_ms ? words.ran : run.until_ms > now ? words.running : words.stopped))),
    h("div", { class: "quiet" }, when(run.done_ms ?? run.begun_ms), run.faults.length ? ` · ${t(words.faults)}${colon()}${run.faults.join(", ")}` : ""),
  );
  return h("section", { class: "card", id: "runs" }, h("h2", {}, t(words.runs)), state.runs.length ? h("ul", { class: "plain" }, state.runs.map(line)) : h("p", { class: "quiet" }, t(words.noRuns)));
}

function choices(each) {
  if (!state.list.reviewer) return null;
  if (state.open !== each.row.key) return h("p", { class: "row" }, button(words.decide, () => { Object.assign(state, { open: each.row.key, note: each.note }); draw(); }));
  const own = (decision) => each.proposed === decision && each.proposed_by === state.list.reviewer;
  const both = each.row.code.startsWith("twice.");
  return h(
    "form",
    { onsubmit: (event) => event.preventDefault() },
    h("label", { for: "note" }, t(words.note), h("input", { id: "note", value: state.note, maxlength: NOTE_MAX, autocomplete: "off", oninput: (event) => (state.note = event.target.value) })),
    h("p", { class: "row" }, ["refile", "accepted", "drop", "open"].filter((decision) => !own(decision) && !(both && decision === "refile")).map((decision) => button(words[decision], () => decide(each, decision), { "data-decision": decision })), button(words.cancel, () => { state.open = null; draw(); })),
    h("p", { class: "quiet" }, BY_TWO.map((decision) => `“${t(words[decision])}”`).join(lang() === "zh" ? "、" : ", "), `${colon()}${t(words.second)}`),
  );
}

function cases() {
  const now = Date.now();
  const line = (each) => h(
    "li",
    { key: each.row.key, "data-case": each.row.key },
    h("div", { class: "row" }, h("strong", { class: "grow" }, each.row.key), h("span", { class: "badge" }, t(OPERATIONS[each.row.operation] ?? { en: each.row.operation }))),
    h("p", {}, meaning(each.row.code)),
    h("p", { class: "quiet" }, `${each.target} · ${each.batch} · ${t(words.owner)} ${each.owner} · ${t(words.due)} ${when(each.due_ms)}`, each.due_ms < now ? [" · ", h("strong", {}, t(words.overdue))] : null),
    each.note ? h("p", {}, each.note) : null,
    each.proposed ? h("p", { class: "notice" }, `“${t(words[each.proposed])}” · ${t(words.proposedBy)} ${each.proposed_by} · ${t(words.second)}`) : null,
    choices(each),
  );
  return h("section", { class: "card", id: "cases" }, h("h2", {}, t(words.cases)), state.list.reviewer ? null : h("p", { class: "notice" }, t(words.shared)), state.cases.length ? h("ul", { class: "plain" }, state.cases.map(line)) : h("p", { class: "quiet" }, t(words.noCases)));
}

function details(found) {
  const { batch, rows, exchanges, manifest } = found;
  const waits = rows.some((row) => row.state === "prepared");
  return h(
    "div",
    {},
    h("p", { class: "row" }, button(words.manifest, () => saveAs(new Blob([manifest]), `${batch.batch}.manifest`)), button(words.table, () => saveAs(new Blob([`\ufeff${rowsAsCsv(rows)}`], { type: "text/csv" }), `${batch.batch}.rows.csv`))),
    waits ? h("p", { class: "quiet" }, t(words.resend), h("pre", { class: "mono" }, `zaichang file send ${batch.batch} --target ${batch.target}.toml --people people.csv --service ${location.origin} --key-file key`)) : null,
    h("ul", { class: "plain" }, rows.map((row) => h(
      "li",
      { key: row.key },
      h("div", { class: "row" }, h("span", { class: "grow" }, row.key), h("span", { class: "badge" }, t(STATES[row.state] ?? { en: row.state }))),
      h("div", { class: "quiet" }, `${t(OPERATIONS[row.operation] ?? { en: row.operation })} · ${row.amount} ${row.unit === "credit" ? (lang() === "zh" ? "学分" : "credits") : lang() === "zh" ? "学时" : "hours"}`, row.code ? ` · ${meaning(row.code)}` : ""),
    ))),
    exchanges.length ? h("p", { class: "quiet" }, `${t(words.exchanges)}${colon()}`, exchanges.map((each) => `${each.kind} ${each.log_year} #${each.entry}`).join(", ")) : null,
  );
}

function batches() {
  const line = (each) => {
    const open = state.shown?.batch.batch === each.batch;
    return h(
      "li",
      { key: each.batch, "data-batch": each.batch },
      h("div", { class: "row" }, h("strong", { class: "grow" }, each.batch), Object.entries(each.rows).map(([name, number]) => h("span", { class: name === "refused" || name === "prepared" ? "badge" : "badge live" }, `${t(STATES[name] ?? { en: name })} ${number}`))),
      h("div", { class: "quiet" }, `${when(each.made_ms)} · ${each.made_by}`),
      h("p", {}, button(open ? words.hide : words.rows, () => look(each.batch))),
      open ? details(state.shown) : null,
    );
  };
  return h("section", { class: "card", id: "batches" }, h("h2", {}, t(words.batches)), state.list.batches.length ? h("ul", { class: "plain" }, state.list.batches.map(line)) : h("p", { class: "quiet" }, t(words.noBatches)));
}

function compared() {
  const line = (each) => h(
    "li",
    { key: `${each.target} ${each.year}` },
    h("div", { class: "row" }, h("span", { class: "grow" }, `${each.target} · ${each.year}`), h("span", { class: each.differences.length ? "badge" : "badge live" }, each.differences.length ? String(each.differences.length) : t(words.same))),
    h("div", { class: "quiet" }, `${when(each.at_ms)} · ${t(words.listed(each.listed))}`),
    each.differences.length ? h("ul", {}, each.differences.map((one) => h("li", {}, `${t(KINDS[one.kind] ?? { en: one.kind })}${colon()}${one.key} · ${t(words.here)} ${one.here || "–"} · ${t(words.there)} ${one.there || "–"}`))) : null,
  );
  return h("section", { class: "card", id: "compared" }, h("h2", {}, t(words.compared)), state.compared.length ? h("ul", { class: "plain" }, state.compared.map(line)) : h("p", { class: "quiet" }, t(words.noCompared)));
}

function draw() {
  document.title = t(words.title);
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    h("p", { class: "quiet" }, t(words.two)),
    state.error ? problem(state.error) : null,
    state.done ? h("p", { class: "notice ok", role: "status" }, state.done) : null,
    state.list ? [cases(), runs(), batches(), compared()] : null,
  );
}

frame();
onLanguage(draw);
draw();
if (key) await load();
