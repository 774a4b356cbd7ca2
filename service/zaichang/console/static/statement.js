// A learner's statement of a year: amounts with reasons, gaps, waiting matters, last dates of appeals, answers.
import { ServiceError, duration, frame, h, json, keep, lang, onLanguage, saveAs, secret, show, t, when } from "/static/common.js";

const words = {
  title: { zh: "我的学时学分", en: "My hours and credits" },
  noToken: { zh: "请从您的学习平台打开本页。本页没有单独的账号和密码。", en: "Open this page from your learning platform. It has no account and no password of its own." },
  expired: { zh: "为保护您的信息，本页 15 分钟后失效。请从学习平台重新打开。", en: "To protect you this page closes after 15 minutes. Open it again from your learning platform." },
  wrong: { zh: "这个链接打不开学时清单。请从学习平台重新打开。", en: "This link opens no statement. Open it again from your learning platform." },
  offline: { zh: "无法连接服务，请稍后再试。", en: "The service cannot be reached. Please try again later." },
  again: { zh: "再试一次", en: "Try again" },
  loading: { zh: "正在读取……", en: "Reading ..." },
  year: { zh: "年度", en: "Year" },
  example: { zh: "示例规则，并非法规。", en: "An example; these rules are no regulation." },
  left: (days) => ({ zh: `本年度还剩 ${days} 天`, en: `${days} days of the year are left` }),
  over: { zh: "本年度已结束", en: "The year is over" },
  next: { zh: "下一步", en: "What to do next" },
  of: (have, required, unit) => ({ zh: `${have} / ${required} ${unit}`, en: `${have} of ${required} ${unit}` }),
  lacks: { zh: "还差", en: "missing" },
  enough: { zh: "已达到", en: "enough" },
  waits: { zh: "在等什么", en: "What waits" },
  noWaits: { zh: "没有在等的事项。", en: "Nothing waits." },
  on: { zh: "等", en: "waits for" },
  since: { zh: "从", en: "since" },
  sinceEnd: { zh: "起", en: "" },
  due: { zh: "最迟", en: "due by" },
  appeals: { zh: "没有全部计入的学习与申诉期限", en: "Study that does not count in full, and last dates of appeals" },
  noAppeals: { zh: "每次学习都已全部计入，没有可申诉的。", en: "Each session counts in full; there is nothing to appeal." },
  counts: { zh: "计入", en: "counts" },
  revoked: { zh: "被撤销", en: "taken back" },
  minutes: (number) => ({ zh: `${number} 分钟`, en: `${number} min` }),
  until: { zh: "申诉期限", en: "Last date of an appeal" },
  past: { zh: "已过", en: "passed" },
  noPeriod: { zh: "未规定期限，请尽早申诉", en: "no date is set; appeal soon" },
  appealed: { zh: "已申诉，等待答复", en: "you appealed; the answer is awaited" },
  how: { zh: "申诉：在学习平台打开这门课的学习记录，选中不同意的分钟。", en: "To appeal, open the record of that lesson in your learning platform and choose the minutes." },
  more: { zh: "本年度的学习次数很多，较早的未在此列出。", en: "There are many sessions this year; earlier ones are not listed here." },
  certificates: { zh: "学时证明", en: "Certificates" },
  noCertificates: { zh: "还没有学时证明。证明由机构出具：年度任务完成后，请向机构申请。", en: "No certificate yet. The institution issues it: ask there once the year is complete." },
  issued: { zh: "有效", en: "stands" },
  replaced: { zh: "已更换", en: "replaced" },
  ended: { zh: "已撤销", en: "revoked" },
  named: { zh: "姓名（与出具时一致，本系统不保存；不填则不印姓名）", en: "Name as it was given at issue (it is stored nowhere; empty: none is printed)" },
  download: { zh: "下载 PDF", en: "Download the PDF" },
  notReady: { zh: "正在写入日志，请稍后再下载。", en: "Its entry in the log is being written; try again soon." },
  check: { zh: "任何人都可以在 /verify 核验这份文件。", en: "Anyone can check the file at /verify." },
  lines: { zh: "明细：计入了什么，为什么", en: "The list: what counts, and why" },
  noLines: { zh: "本年度还没有记录。", en: "Nothing is recorded for this year yet." },
  asked: { zh: "申报", en: "of" },
  log: { zh: "日志序号", en: "log entries" },
  cure: { zh: "怎么办", en: "What to do" },
  answers: { zh: "常见问题", en: "Questions" },
  basis: { zh: "规则与依据", en: "Rules and clauses" },
  print: { zh: "打印", en: "Print" },
  save: { zh: "下载数据", en: "Download the data" },
  digests: { zh: "核对用摘要", en: "Digests for checking" },
  stage: {
    counted: { zh: "已学习", en: "studied" },
    reported: { zh: "已上报", en: "reported" },
    recognised: { zh: "已认定", en: "recognised" },
    waits: { zh: "待审核", en: "waits" },
    none: { zh: "未计入", en: "not counted" },
  },
  category: { professional: { zh: "专业", en: "professional" }, public: { zh: "公需", en: "public" } },
};

const token = secret("statement");
const main = document.querySelector("main");
const state = { found: null, year: null, error: null, names: {}, failed: null };
let dead = false; // the token has ended: nothing of the learner stays on the screen

async function load(year) {
  try {
    state.found = await json(year ? `/v1/me/statement?year=${year}` : "/v1/me/statement", { key: token });
    Object.assign(state, { year: state.found.year, error: null });
  } catch (error) {
    state.error = error;
    dead = error instanceof ServiceError && error.status < 404;
    if (dead) sessionStorage.removeItem("zaichang.statement");
  }
  draw();
}

const day = (ms) => new Date(ms).toLocaleDateString(lang() === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeZone: "Asia/Shanghai" });

function trouble(error) {
  const known = error instanceof ServiceError ? (error.code === "token.expired" ? words.expired : dead ? words.wrong : null) : words.offline;
  const text = known ? t(known) : `${error.message} ${error.hint}`;
  return [h("p", { class: "notice bad", role: "alert" }, text), dead ? null : h("p", {}, h("button", { type: "button", onclick: () => load(state.year) }, t(words.again)))];
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function yearSwitch(found) {
  return h("div", { class: "chips", role: "group", "aria-label": t(words.year) }, found.years.map((each) => h("button", { type: "button", class: "chip", "aria-pressed": String(each === found.year), onclick: () => load(each) }, String(each))));
}

function summary(found) {
  const done = found.status.code !== "not_met";
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(found.status)),
    h("p", { class: "quiet" }, `${t(found.rules)} · ${found.year} · ${day(found.from_ms)} – ${day(found.to_ms - 1)} · ${t(found.days_left ? words.left(found.days_left) : words.over)}`),
    found.rules.example ? h("p", { class: "notice" }, t(words.example)) : null,
    found.sums.map(bar),
    h("p", { class: done ? "notice ok" : "notice" }, h("strong", {}, `${t(words.next)}${lang() === "zh" ? "：" : ": "}`), t(found.next)),
    found.remarks.map((each) => h("p", { class: "quiet" }, t(each))),
  );
}

function bar(sum) {
  const share = sum.required ? Math.min(1, Number(sum.have) / Number(sum.required) || 0) : null;
  const lacks = sum.missing !== "0";
  const amount = sum.required ? t(words.of(sum.have, sum.required, t(sum.unit))) : `${sum.have} ${t(sum.unit)}`;
  const rest = sum.required ? (lacks ? `${t(words.lacks)} ${sum.missing}` : t(words.enough)) : "";
  return h(
    "div",
    {},
    h("div", { class: "row" }, h("span", { class: "grow" }, capital(t(sum))), h("strong", {}, amount), rest ? h("span", { class: "badge" }, rest) : null),
    share === null ? null : h("div", { class: "track", "aria-hidden": "true" }, h("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none" }, h("rect", { class: "verified", x: 0, y: 0, width: share * 100, height: 1 }))),
  );
}

function waiting(found) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.waits)),
    found.waits.length
      ? h("ul", { class: "plain" }, found.waits.map((each) =>
          h("li", {}, t(each.what), h("div", { class: "quiet" }, [
            `${t(words.on)}${lang() === "zh" ? "" : " "}${t(each.on)}`,
            each.since_ms === null ? null : `${t(words.since)} ${day(each.since_ms)}${t(words.sinceEnd)}`,
            each.due_ms === null ? null : `${t(words.due)} ${day(each.due_ms - 1)}`,
          ].filter(Boolean).join(" · ")))))
      : h("p", { class: "quiet" }, t(words.noWaits)),
  );
}

function appeals(found) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.appeals)),
    found.sessions.length
      ? [
          h("ul", { class: "plain" }, found.sessions.map((each) => h(
            "li",
            {},
            h("div", { class: "row" }, h("span", { class: "grow" }, t(each.what)), h("span", { class: "quiet" }, day(each.opened_ms))),
            h("div", { class: "quiet" }, `${t(words.counts)} ${duration(each.verified_ms)}${each.revoked_ms ? ` · ${t(words.revoked)} ${duration(each.revoked_ms)}` : ""}`),
            h("ul", {}, each.reasons.map((reason) => h("li", {}, `${t(words.minutes(reason.minutes))}${lang() === "zh" ? "：" : ": "}${t(reason)}`))),
            h("div", {}, lastDate(each, found.now_ms)),
          ))),
          h("p", { class: "quiet" }, t(words.how)),
        ]
      : h("p", { class: "quiet" }, t(words.noAppeals)),
    found.more_sessions ? h("p", { class: "quiet" }, t(words.more)) : null,
  );
}

function lastDate(session, nowMs) {
  const label = `${t(words.until)}${lang() === "zh" ? "：" : ": "}`;
  if (session.appealed) return h("span", { class: "badge" }, t(words.appealed));
  if (session.appeal_until_ms === null) return `${label}${t(words.noPeriod)}`;
  return [label, h("strong", {}, when(session.appeal_until_ms)), session.appeal_until_ms < nowMs ? ` · ${t(words.past)}` : ""];
}

function list(found) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.lines)),
    found.lines.length ? h("ul", { class: "plain" }, found.lines.map(line)) : h("p", { class: "quiet" }, t(words.noLines)),
  );
}

function line(each) {
  const part = each.claimed === each.counted ? "" : ` (${t(words.asked)} ${each.claimed})`;
  return h(
    "li",
    {},
    h("div", { class: "row" }, h("span", { class: "grow" }, t(each.what)), h("strong", {}, `${each.counted} ${t(each.unit)}`), part ? h("span", { class: "quiet" }, part) : null),
    h("div", { class: "row" },
      h("span", { class: "badge" }, t(words.stage[each.stage])),
      each.category ? h("span", { class: "badge" }, t(words.category[each.category])) : null,
      h("span", { class: "quiet" }, [each.counted_ms === null ? null : duration(each.counted_ms), each.at_ms === null ? null : day(each.at_ms), each.log ? `${t(words.log)} ${each.log}` : null].filter(Boolean).join(" · "))),
    each.why.length ? h("ul", {}, each.why.map((why) => h("li", {}, `${t(why)} `, h("span", { class: "quiet" }, `${t(words.cure)}${lang() === "zh" ? "：" : ": "}${t(why.cure)}`)))) : null,
  );
}

function certificates(found) {
  return h(
    "section",
    { class: "card", id: "certificates" },
    h("h2", {}, t(words.certificates)),
    found.certificates.length
      ? [h("ul", { class: "plain" }, found.certificates.map(certificate)), h("p", { class: "quiet" }, h("a", { href: "/verify" }, t(words.check)))]
      : h("p", { class: "quiet" }, t(words.noCertificates)),
  );
}

function certificate(each) {
  const stands = each.state === "issued";
  const field = `name-${each.number}`;
  return h(
    "li",
    { "data-number": each.number },
    h("div", { class: "row" }, h("span", { class: "grow" }, `${each.year} · ${t(each.rules)}`), h("span", { class: stands ? "badge live" : "badge" }, t(stands ? words.issued : each.state === "revoked" ? words.ended : words.replaced))),
    h("div", { class: "quiet" }, h("span", { class: "mono" }, each.number.match(/.{4}/g).join("-").toUpperCase()), ` · ${day(each.issued_ms)}`, each.ended_ms ? ` – ${day(each.ended_ms)}` : ""),
    each.reason ? h("p", {}, t(each.reason)) : null,
    !stands ? null : !each.ready ? h("p", { class: "quiet" }, t(words.notReady)) : h(
      "form",
      { class: "noprint", onsubmit: (event) => fetchPdf(event, each.number) },
      each.named ? h("label", { for: field }, t(words.named), h("input", { id: field, value: state.names[each.number] ?? "", autocomplete: "name", maxlength: 60, oninput: (event) => (state.names[each.number] = event.target.value) })) : null,
      h("button", { type: "submit" }, t(words.download)),
      state.failed?.number === each.number ? h("p", { class: "notice bad", role: "alert" }, `${state.failed.error.message} ${state.failed.error.hint ?? ""}`) : null,
    ),
  );
}

async function fetchPdf(event, number) {
  event.preventDefault();
  const name = (state.names[number] ?? "").trim();
  try {
    await keep(`/v1/me/certificates/${number}/pdf`, { key: token, body: JSON.stringify({ name }) }, `${number}.pdf`);
    state.failed = null;
  } catch (error) {
    state.failed = { number, error };
  }
  draw();
}

function answers(found) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t(words.answers)),
    found.questions.map((each) => h("details", { id: each.code }, h("summary", {}, t(each.asked)), h("p", {}, t(each.answer)))),
  );
}

function basis(found) {
  const said = lang() === "zh" ? found.rules.said_zh : found.rules.said_en;
  return h(
    "section",
    { class: "card" },
    h("details", {},
      h("summary", {}, `${t(words.basis)}${lang() === "zh" ? "：" : ": "}${found.rules.basis}`),
      h("ul", {}, said.map((each) => h("li", {}, each))),
      h("p", { class: "quiet" }, `${found.rules.name} ${found.rules.version}`),
      h("p", { class: "quiet" }, `${t(words.digests)}${lang() === "zh" ? "：" : ": "}`, h("span", { class: "mono" }, `${found.facts_digest} ${found.rules_digest}`))),
    h("p", { class: "row noprint" },
      h("button", { type: "button", onclick: () => print() }, t(words.print)),
      h("button", { type: "button", onclick: () => save(found) }, t(words.save))),
  );
}

function save(found) {
  saveAs(new Blob([JSON.stringify(found, null, 1)], { type: "application/json" }), `statement-${found.rules.name}-${found.year}.json`);
}

function draw() {
  document.title = t(words.title);
  const { found, error } = state;
  const title = h("h1", {}, found && !dead ? `${t(words.title)} · ${t(found.institution)}` : t(words.title));
  if (!token) return show(main, title, h("p", { class: "notice" }, t(words.noToken)));
  if (dead || (error && !found)) return show(main, title, trouble(error));
  if (!found) return show(main, title, h("p", { class: "quiet" }, t(words.loading)));
  show(main, title, error ? trouble(error) : null, yearSwitch(found), summary(found), waiting(found), appeals(found), list(found), certificates(found), answers(found), basis(found));
}

// Paper has nothing to open: it shows every answer and clause.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => each.setAttribute("open", "")));
frame({ links: false });
onLanguage(draw);
draw();
if (token) await load(null);
