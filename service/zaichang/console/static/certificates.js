// The office's certificates of hours: found, issued, replaced, printed, and revoked by two people.
import { call, frame, h, json, keep, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const state = { list: null, found: "", error: null, busy: false, done: "", open: null, issuing: false, wanted: fresh() };
const NOTE_MAX = 500;
const NAME_MAX = 60;

const words = {
  title: { zh: "学时证明", en: "Certificates" },
  noKey: { zh: "此页面需要机构人员的密钥：请用 /certificates#key=密钥 打开。", en: "This page needs a key of the institution: open /certificates#key=KEY." },
  shared: { zh: "共用密钥只能查看和打印。出具、更换和撤销需要个人密钥。", en: "The shared key looks and prints. To issue, replace or revoke you need a key of your own." },
  find: { zh: "查找：学员代号或证明编号", en: "Find by pseudonym or certificate number" },
  search: { zh: "查找", en: "Find" },
  all: { zh: "全部", en: "All" },
  issue: { zh: "出具证明", en: "Issue a certificate" },
  learner: { zh: "学员代号", en: "Learner's pseudonym" },
  rules: { zh: "学时规则", en: "Hour rules" },
  year: { zh: "年度", en: "Year" },
  name: { zh: "姓名（只印在 PDF 上，不保存）", en: "Name (printed on the PDF and stored nowhere)" },
  send: { zh: "出具并下载", en: "Issue and download" },
  issued: { zh: "有效", en: "stands" },
  replaced: { zh: "已更换", en: "replaced" },
  revoked: { zh: "已撤销", en: "revoked" },
  waits: { zh: "等待第二人确认撤销", en: "revocation waits for a second person" },
  logged: { zh: "日志条目", en: "log entry" },
  unlogged: { zh: "正在写入日志", en: "is being logged" },
  by: { zh: "出具人", en: "issued by" },
  inPlace: { zh: "取代", en: "in place of" },
  gone: { zh: "已由", en: "replaced by" },
  proposed: { zh: "提出撤销", en: "revocation proposed by" },
  decided: { zh: "确认撤销", en: "revocation confirmed by" },
  print: { zh: "打印 PDF", en: "Print the PDF" },
  badge: { zh: "徽章", en: "Badge" },
  replace: { zh: "更换", en: "Replace" },
  revoke: { zh: "撤销", en: "Revoke" },
  reason: { zh: "原因", en: "Reason" },
  note: { zh: "备注（仅机构可见，最多 500 字）", en: "Note (the institution alone sees it, at most 500 characters)" },
  propose: { zh: "提出撤销", en: "Propose to revoke" },
  confirm: { zh: "确认撤销", en: "Confirm" },
  sure: { zh: "确定撤销吗？此操作写入日志，不能删除。", en: "Revoke it? It goes into the log and cannot be deleted." },
  refuse: { zh: "不撤销", en: "Refuse" },
  withdraw: { zh: "撤回提议", en: "Withdraw" },
  own: { zh: "请另一位人员确认。", en: "Another person must confirm it." },
  cancel: { zh: "取消", en: "Cancel" },
  none: { zh: "没有证明。", en: "No certificate." },
  replaceSay: { zh: "按现在的清单出具新证明，旧证明随即作废。", en: "A new certificate of the statement as it stands now; the old one is void at once." },
  doneIssue: { zh: "已出具，编号", en: "Issued. Number" },
  donePropose: { zh: "已提出，等待另一位人员确认。", en: "Proposed. Another person must confirm it." },
  doneConfirm: { zh: "已撤销并写入日志。", en: "Revoked; the log says so." },
  saved: { zh: "已下载。", en: "Downloaded." },
  doneRefuse: { zh: "证明仍然有效。", en: "The certificate stands." },
};

function fresh() {
  return { learner: "", rules: "", year: String(new Date().getFullYear()), name: "", reason: "", note: "" };
}

const number = (text) => text.match(/.{4}/g).join("-").toUpperCase();
const typed = (text) => text.replace(/[\s-]/g, "").toLowerCase();

async function load() {
  try {
    const asked = state.found.trim();
    const one = /^[0-9a-f]{16}$/.test(typed(asked));
    // A pseudonym may look like a number, so it is looked for first.
    const learner = asked && !/\s/.test(asked);
    state.list = await json(`/v1/certificates?limit=100${learner ? `&learner=${encodeURIComponent(asked)}` : ""}`, { key });
    if (one && !(learner && state.list.certificates.length)) state.list.certificates = [await json(`/v1/certificates/${typed(asked)}`, { key })];
    state.wanted.rules ||= state.list.packs[0].name;
    state.wanted.reason ||= state.list.reasons[0].code;
    state.error = null;
  } catch (error) {
    if (state.list) state.list.certificates = [];
    state.error = error;
  }
  draw();
}

async function act(work, done) {
  Object.assign(state, { busy: true, done: "", error: null });
  draw();
  try {
    const said = await work();
    Object.assign(state, { busy: false, open: null, done: `${t(done)}${said ? ` ${said}` : ""}` });
    await load();
  } catch (error) {
    Object.assign(state, { busy: false, error });
    draw();
  }
}

const post = (path, body = {}) => json(`/v1/certificates${path}`, { key, body: JSON.stringify(body) });

async function issue(body) {
  const made = await post("", body);
  await keep(`/v1/certificates/${made.number}/pdf`, { key, body: JSON.stringify({ name: body.name }) }, `${made.number}.pdf`);
  state.wanted = { ...fresh(), rules: body.rules, year: String(body.year), reason: state.wanted.reason };
  return number(made.number);
}

function field(name, label, attributes = {}, id = name) {
  return h("label", { for: id }, t(label), h("input", { id, value: state.wanted[name], autocomplete: "off", oninput: (event) => (state.wanted[name] = event.target.value), ...attributes }));
}

function issueForm() {
  const { packs, reviewer } = state.list;
  if (!reviewer) return h("p", { class: "notice" }, t(words.shared));
  const send = (event) => {
    event.preventDefault();
    const { learner, rules, year, name } = state.wanted;
    void act(() => issue({ learner: learner.trim(), rules, year: Number(year), name: name.trim() }), words.doneIssue);
  };
  return h(
    "details",
    { class: "card", id: "issue", open: state.issuing, ontoggle: (event) => (state.issuing = event.target.open) },
    h("summary", {}, t(words.issue)),
    h(
      "form",
      { onsubmit: send },
      field("learner", words.learner, { required: true, maxlength: 64 }),
      h("label", { for: "rules" }, t(words.rules), h("select", { id: "rules", onchange: (event) => (state.wanted.rules = event.target.value) }, packs.map((each) => h("option", { value: each.name, selected: each.name === state.wanted.rules }, t(each))))),
      field("year", words.year, { inputmode: "numeric", pattern: "[2-9][0-9]{3}", required: true }),
      field("name", words.name, { maxlength: NAME_MAX }),
      h("button", { type: "submit", class: "primary", id: "send", disabled: state.busy }, t(words.send)),
    ),
  );
}

function search() {
  const input = h("input", { id: "find", type: "search", value: state.found, autocomplete: "off", maxlength: 64, oninput: (event) => (state.found = event.target.value) });
  const go = (event) => {
    event.preventDefault();
    void load();
  };
  return h("form", { class: "card", role: "search", onsubmit: go }, h("label", { for: "find" }, t(words.find), input), h("button", { type: "submit" }, t(words.search)));
}

function button(label, onclick, attributes = {}) {
  return h("button", { type: "button", disabled: state.busy, onclick, ...attributes }, t(label));
}

function waiting(each) {
  const own = each.proposed_by === state.list.reviewer;
  const sure = state.open === `sure ${each.number}`;
  const end = (step, done) => () => act(() => post(`/${each.number}/revocation/${step}`).then(() => ""), done);
  return [
    h("p", { class: "notice" }, `${t(words.waits)} · ${t(words.proposed)} ${each.proposed_by}`, own ? ` · ${t(words.own)}` : ""),
    h("p", {}, t(reasonOf(each.reason)), each.note ? ` · ${each.note}` : ""),
    !state.list.reviewer ? null : sure
      ? h("div", {}, h("p", {}, t(words.sure)), h("p", { class: "row" }, button(words.confirm, end("confirm", words.doneConfirm), { class: "primary", id: "sure" }), button(words.cancel, () => open(null))))
      : h("p", { class: "row" }, own ? null : button(words.confirm, () => open(`sure ${each.number}`)), button(own ? words.withdraw : words.refuse, end("refuse", words.doneRefuse))),
  ];
}

const reasonOf = (code) => state.list.reasons.find((each) => each.code === code) ?? { en: code };

function open(what) {
  Object.assign(state.wanted, { name: "", note: "" });
  Object.assign(state, { open: what, issuing: false });
  draw();
}

function actions(each) {
  if (state.open === `print ${each.number}` || state.open === `replace ${each.number}`) {
    const replacing = state.open.startsWith("replace");
    const send = (event) => {
      event.preventDefault();
      const name = state.wanted.name.trim();
      const body = { learner: each.learner, rules: each.rules, year: Number(each.year), name, replaces: each.number };
      const printed = () => keep(`/v1/certificates/${each.number}/pdf`, { key, body: JSON.stringify({ name }) }, `${each.number}.pdf`);
      void act(replacing ? () => issue(body) : printed, replacing ? words.doneIssue : words.saved);
    };
    return h("form", { onsubmit: send }, replacing ? h("p", {}, t(words.replaceSay)) : null, field("name", words.name, { maxlength: NAME_MAX }, "print-name"), h("p", { class: "row" }, h("button", { type: "submit", class: "primary", disabled: state.busy }, t(replacing ? words.replace : words.print)), button(words.cancel, () => open(null))));
  }
  if (state.open === `revoke ${each.number}`) {
    const send = (event) => {
      event.preventDefault();
      const { reason, note } = state.wanted;
      void act(() => post(`/${each.number}/revocation`, { reason, note: note.trim() }).then(() => ""), words.donePropose);
    };
    return h(
      "form",
      { onsubmit: send },
      h("label", { for: "reason" }, t(words.reason), h("select", { id: "reason", onchange: (event) => (state.wanted.reason = event.target.value) }, state.list.reasons.map((reason) => h("option", { value: reason.code, selected: reason.code === state.wanted.reason }, t(reason))))),
      field("note", words.note, { maxlength: NOTE_MAX }),
      h("p", { class: "row" }, h("button", { type: "submit", class: "primary", disabled: state.busy }, t(words.propose)), button(words.cancel, () => open(null))),
    );
  }
  const badge = () => act(() => keep(`/v1/certificates/${each.number}/badge`, { key, body: "{}" }, `${each.number}.badge.jwt`), words.saved);
  return h(
    "p",
    { class: "row" },
    button(words.print, () => open(`print ${each.number}`)),
    button(words.badge, badge),
    state.list.reviewer ? [button(words.replace, () => open(`replace ${each.number}`)), button(words.revoke, () => open(`revoke ${each.number}`))] : null,
  );
}

function card(each) {
  const rules = state.list.packs.find((pack) => pack.name === each.rules) ?? { en: each.rules };
  const stands = each.state === "issued";
  return h(
    "section",
    { class: "card", key: each.number, "data-state": each.state },
    h("div", { class: "row" }, h("strong", { class: "grow" }, `${each.learner} · ${each.year}`), h("span", { class: stands ? "badge live" : "badge" }, t(words[each.state]))),
    h("p", {}, t(rules)),
    h("p", { class: "quiet" }, h("span", { class: "mono" }, number(each.number)), ` · ${when(each.issued_ms)} · ${t(words.by)} ${each.issued_by} · `, each.entry === null ? t(words.unlogged) : `${t(words.logged)} ${each.entry}`),
    each.replaces ? h("p", { class: "quiet" }, `${t(words.inPlace)} `, h("span", { class: "mono" }, number(each.replaces))) : null,
    each.replaced_by ? h("p", { class: "quiet" }, `${t(words.gone)} `, h("span", { class: "mono" }, number(each.replaced_by))) : null,
    each.state === "revoked" ? h("p", {}, `${t(reasonOf(each.reason))} · ${t(words.decided)} ${each.decided_by}, ${when(each.decided_ms)}`) : null,
    stands && each.entry !== null ? (each.proposed_by ? waiting(each) : actions(each)) : null,
  );
}

function draw() {
  document.title = t(words.title);
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    state.error ? problem(state.error) : null,
    state.done ? h("p", { class: "notice ok", role: "status" }, state.done) : null,
    state.list ? [search(), issueForm(), state.list.certificates.length ? state.list.certificates.map(card) : h("p", { class: "notice" }, t(words.none))] : null,
  );
}

frame();
onLanguage(draw);
draw();
if (key) await load();
