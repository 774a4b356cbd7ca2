// Activities beyond study: the learner, the employer and the office see the same page, each with its own steps.
import { ServiceError, call, frame, h, json, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const asked = new URLSearchParams(location.hash.slice(1));
const learner = asked.has("token") || !(asked.has("key") || sessionStorage.getItem("zaichang.key"));
const key = asked.has("token") ? secret("token") : secret("key") || secret("token");
const RULES = ["cq-pharmacist-2025", "sc-cme-2025", "cq-cme-2017", "cs-cme-2022"];
const main = document.querySelector("main");
const state = { list: null, one: null, checklist: null, lists: {}, error: null, busy: false, filter: "", step: null, reason: "", text: "", made: fresh(), beginning: false };

const words = {
  title: { zh: "其他继续教育活动", en: "Activities beyond study" },
  noKey: { zh: "此页面需要密钥：请用 /activities#key=密钥（办公室、用人单位）或 /activities#token=令牌（学员）打开。", en: "This page needs a key: open /activities#key=KEY (office, employer) or /activities#token=TOKEN (learner)." },
  none: { zh: "没有记录。", en: "There is none." },
  filter: { zh: "只看状态", en: "Only this state" },
  all: { zh: "全部", en: "All" },
  begin: { zh: "新的申报", en: "A new one" },
  rules: { zh: "规则", en: "Hour rules" },
  item: { zh: "项目", en: "Item" },
  learner: { zh: "学员代号", en: "Learner's pseudonym" },
  name: { zh: "标题（加密保存）", en: "Title (kept encrypted)" },
  unit: { zh: "用人单位编号", en: "Employer's id" },
  create: { zh: "建立草稿", en: "Begin" },
  back: { zh: "返回列表", en: "Back to the list" },
  waits: { zh: "等待", en: "waits for" },
  since: { zh: "自", en: "since" },
  counts: { zh: "单独计算可计", en: "By itself it would count" },
  of: { zh: "申报", en: "of" },
  year: { zh: "年度", en: "Year" },
  hour: { zh: "学时", en: "hours" },
  credit: { zh: "学分", en: "credits" },
  missing: { zh: "还缺材料，选择文件上传（PDF 或图片，不超过 8 MB）", en: "Documents are missing: choose a file (PDF or picture, at most 8 MB)" },
  files: { zh: "材料", en: "Documents" },
  paper: { zh: "纸质", en: "on paper" },
  steps: { zh: "经过", en: "Steps" },
  reason: { zh: "理由", en: "Reason" },
  text: { zh: "说明（学员可见）", en: "Explanation (the learner reads it)" },
  discard: { zh: "删除草稿", en: "Discard" },
  until: { zh: "可申诉至", en: "can be appealed until" },
  cancel: { zh: "取消", en: "Cancel" },
  waiting: { zh: "等待签名检查点", en: "waits for a signed checkpoint" },
  entry: { zh: "日志", en: "log" },
};
const parties = { learner: { zh: "学员", en: "learner" }, platform: { zh: "平台", en: "platform" }, office: { zh: "办公室", en: "office" }, employer: { zh: "用人单位", en: "employer" }, service: { zh: "系统", en: "service" } };
const states = {
  draft: { zh: "草稿", en: "draft" }, submitted: { zh: "已提交", en: "submitted" }, confirmed: { zh: "单位已确认", en: "confirmed" }, checked: { zh: "已初审", en: "checked" },
  approved: { zh: "已认定", en: "approved" }, refused: { zh: "未认定", en: "refused" }, withdrawn: { zh: "已撤回", en: "withdrawn" }, appealed: { zh: "申诉中", en: "appealed" },
  doubted: { zh: "复核中", en: "doubted" }, voided: { zh: "已撤销", en: "taken back" },
};
const stages = {
  submit: { zh: "提交", en: "Hand in" }, confirm: { zh: "单位确认", en: "Confirm" }, check: { zh: "初审通过", en: "Check" }, approve: { zh: "终审通过", en: "Approve" }, record: { zh: "记录结果", en: "Record" },
  refuse: { zh: "不予认定", en: "Refuse" }, withdraw: { zh: "撤回", en: "Withdraw" }, appeal: { zh: "申诉", en: "Appeal" }, doubt: { zh: "提出复核", en: "Doubt" }, uphold: { zh: "维持认定", en: "Uphold" }, void: { zh: "撤销认定", en: "Take back" },
};
const DETAILS = {
  awarded: { zh: "获得日期", en: "Awarded on" }, claimed: { zh: "申报学时（学分）", en: "Amount asked for" }, days: { zh: "日期=学时；每天一组", en: "date=hours; for each day" }, category: { zh: "科目 professional / public", en: "Category: professional / public" },
  institution: { zh: "举办机构编号", en: "Organiser's id" }, activity: { zh: "活动名称", en: "Name of the activity" }, rank: { zh: "获奖等次", en: "Award" }, date: { zh: "日期", en: "Date" }, at: { zh: "取得日期", en: "Earned on" },
  role: { zh: "角色 sole / joint / host / participant / first / speaker", en: "Role: sole / joint / host / participant / first / speaker" }, concluded: { zh: "结项日期", en: "Concluded on" }, published: { zh: "发表（出版）日期", en: "Published on" }, given: { zh: "授课日期", en: "Given on" }, actual: { zh: "实际授课小时", en: "Hours given" },
  from: { zh: "起始（转入：原省份）", en: "From (transfer: province)" }, to: { zh: "结束", en: "To" }, days_count: { zh: "天数", en: "Days" }, for_year: { zh: "补学的年度", en: "Year made up for" }, reason: { zh: "原因", en: "Reason" }, professional: { zh: "专业科目", en: "Professional" }, public: { zh: "公需科目", en: "Public" },
  hours: { zh: "学时", en: "Hours" }, credits: { zh: "学分", en: "Credits" }, registered_nationally: { zh: "已记入全国系统（是/否）", en: "Registered nationally (yes/no)" }, to_unit: { zh: "新单位编号", en: "New employer's id" }, from_unit: { zh: "原单位编号", en: "Former employer's id" },
  project: { zh: "项目编号", en: "Project's id" }, minutes: { zh: "分钟", en: "Minutes" }, passed: { zh: "考核合格（是/否）", en: "Passed (yes/no)" }, times: { zh: "次数", en: "Times" }, unit: { zh: "取得学分的单位", en: "Employer at that time" }, recognised: { zh: "认定日期", en: "Recognised on" },
  city_audited: { zh: "市（州）审核日期", en: "Audited by the city on" }, province_confirmed: { zh: "省继教办复核日期", en: "Confirmed by the province on" }, related: { zh: "相关性 post / profession", en: "Related: post / profession" }, level: { zh: "级别", en: "Level" }, held_in: { zh: "举办地", en: "Held in" },
  paper: { zh: "纸质证明（是/否）", en: "On paper (yes/no)" }, audited: { zh: "审验日期", en: "Audited on" }, filed: { zh: "已备案（是/否）", en: "Filed (yes/no)" }, entered: { zh: "录入日期", en: "Entered on" }, recognised_by: { zh: "认定机关", en: "Recognised by" }, year: { zh: "年度", en: "Year" }, issued: { zh: "出具日期", en: "Issued on" },
};
const NEED_REASON = ["refuse", "doubt", "void"];

function fresh() {
  return { rules: RULES[0], item: "", learner: "", title: "", unit: "", details: {} };
}

const listOf = async (rules) => (state.lists[rules] ??= await json(`/v1/checklists/${rules}`));

async function load(name = state.one?.activity) {
  try {
    state.list = await json(`/v1/activities?limit=100${state.filter ? `&state=${state.filter}` : ""}`, { key });
    state.one = name ? await json(`/v1/activities/${name}`, { key }) : null;
    state.checklist = await listOf(state.one?.rules ?? state.made.rules);
    state.made.item ||= state.checklist.items.find((item) => !item.signed).name;
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  draw();
}

async function act(work, name) {
  state.busy = true;
  draw();
  try {
    const answer = await work();
    Object.assign(state, { busy: false, step: null, reason: "", text: "" });
    await load(name ?? answer?.activity);
  } catch (error) {
    Object.assign(state, { busy: false, error });
    draw();
  }
}

const post = async (path, body, type) => (await call(path, { key, body: type ? body : JSON.stringify(body), type })).json();

// "2026-05-01=6;2026-05-02=8" for days, yes and no for answers, else the word as it stands.
export function detailOf(name, text) {
  if (name === "days") return text.split(/[;；]/).map((part) => part.trim().split("=")).filter((part) => part.length === 2);
  if (["是", "yes", "true"].includes(text)) return true;
  return ["否", "no", "false"].includes(text) ? false : text;
}

function create(event) {
  event.preventDefault();
  const { made } = state;
  const details = Object.fromEntries(Object.entries(made.details).filter(([, text]) => text.trim()).map(([name, text]) => [name, detailOf(name, text.trim())]));
  act(async () => {
    const done = await post("/v1/activities", { rules: made.rules, item: made.item, learner: made.learner.trim(), title: made.title.trim(), unit: made.unit.trim(), details });
    Object.assign(state, { made: fresh(), beginning: false });
    return done;
  });
}

function form() {
  const { made } = state;
  const item = state.checklist.items.find((each) => each.name === made.item);
  const input = (id, label, value, take, more = {}) => h("label", {}, label, h("input", { id, value, autocomplete: "off", maxlength: 200, oninput: (event) => take(event.target.value), ...more }));
  const pick = (id, label, value, options, take) => h("label", {}, t(label), h("select", { id, onchange: (event) => take(event.target.value) }, options.map(([name, text]) => h("option", { value: name, selected: name === value }, text))));
  const detail = (name, required) => input(`d-${name.split("|")[0]}`, name.split("|").map((part) => t(DETAILS[part])).join(" / "), made.details[name.split("|")[0]] ?? "", (text) => { made.details[name.split("|")[0]] = text; }, { required, placeholder: name === "days" ? "2026-05-01=6;2026-05-02=8" : "" });
  return h(
    "details",
    { class: "card", id: "begin", open: state.beginning, ontoggle: (event) => { state.beginning = event.target.open; } },
    h("summary", {}, t(words.begin)),
    h(
      "form",
      { onsubmit: create },
      pick("rules", words.rules, made.rules, RULES.map((name) => [name, name]), (rules) => { state.made = { ...fresh(), rules, details: {} }; load(null); }),
      pick("item", words.item, made.item, state.checklist.items.filter((each) => !each.signed).map((each) => [each.name, t(each)]), (name) => { Object.assign(made, { item: name, details: {} }); draw(); }),
      h("p", { class: "quiet" }, item.cite),
      state.list.party === "learner" ? null : input("learner", t(words.learner), made.learner, (text) => { made.learner = text; }, { required: true }),
      input("title", t(words.name), made.title, (text) => { made.title = text; }),
      item.employer ? input("unit", t(words.unit), made.unit, (text) => { made.unit = text; }, { required: true }) : null,
      item.required.map((name) => detail(name, true)),
      item.optional.map((name) => detail(name, false)),
      h("p", {}, h("button", { id: "create", class: "primary", disabled: state.busy }, t(words.create))),
    ),
  );
}

function line(found) {
  return h(
    "section",
    { class: "card", "data-state": found.state },
    h("div", { class: "row" }, h("button", { type: "button", class: "grow", onclick: () => load(found.activity) }, t(found.item)), h("span", { class: found.waits_on === state.list.party ? "badge live" : "badge" }, t(states[found.state]))),
    h("p", { class: "quiet" }, `${found.learner} · ${found.rules}`, found.waits_on ? ` · ${t(words.waits)} ${t(parties[found.waits_on])} ${t(words.since)} ${when(found.since_ms)}` : ` · ${when(found.since_ms)}`),
  );
}

function attach(document) {
  const path = `/v1/activities/${state.one.activity}/files?document=${encodeURIComponent(document.name)}`;
  const send = (event) => { const [file] = event.target.files; if (file) act(() => post(path, file, file.type || "application/octet-stream"), state.one.activity); };
  return h("label", {}, t(document), h("input", { type: "file", id: `f-${document.name}`, accept: "application/pdf,image/jpeg,image/png,image/webp", onchange: send }));
}

async function open(file) {
  const blob = await (await call(`/v1/activities/${state.one.activity}/files/${file.file}`, { key })).blob();
  const link = h("a", { href: URL.createObjectURL(blob), download: file.document });
  link.click();
  URL.revokeObjectURL(link.href);
}

async function discard(name) {
  const answer = await fetch(`/v1/activities/${name}`, { method: "DELETE", headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new ServiceError(answer.status, (await answer.json().catch(() => ({}))).error);
  state.one = null;
}

function nameOf(document) {
  const item = state.checklist.items.find((each) => each.name === state.one.item.name);
  const found = item?.documents.find((each) => each.name === document);
  return found ? t(found) : document;
}

function decide() {
  const { one, step } = state;
  const path = `/v1/activities/${one.activity}/steps`;
  if (!step) return h("p", { class: "row" }, one.may.map((stage) => h("button", { type: "button", id: `s-${stage}`, class: NEED_REASON.includes(stage) ? "" : "primary", disabled: state.busy, onclick: () => { state.step = stage; draw(); } }, t(stages[stage]))), one.state === "draft" ? h("button", { type: "button", disabled: state.busy, onclick: () => act(() => discard(one.activity), "") }, t(words.discard)) : null);
  const send = (event) => { event.preventDefault(); act(() => post(path, { stage: step, reason: state.reason, text: state.text.trim() })); };
  return h(
    "form",
    { class: "notice", id: "decide", onsubmit: send },
    h("strong", {}, t(stages[step])),
    NEED_REASON.includes(step) ? h("label", {}, t(words.reason), h("select", { id: "reason", required: true, onchange: (event) => { state.reason = event.target.value; } }, h("option", { value: "" }, ""), state.checklist.reasons.map((reason) => h("option", { value: reason.code, selected: reason.code === state.reason }, t(reason))))) : null,
    h("label", {}, t(words.text), h("textarea", { id: "text", rows: 2, maxlength: 2000, required: step === "appeal", oninput: (event) => { state.text = event.target.value; } }, state.text)),
    h("p", { class: "row" }, h("button", { id: "send", class: "primary", disabled: state.busy }, t(stages[step])), h("button", { type: "button", onclick: () => { Object.assign(state, { step: null, reason: "", text: "" }); draw(); } }, t(words.cancel))),
  );
}

function detail(one) {
  const would = one.would_count;
  return [
    h("p", {}, h("button", { type: "button", id: "back", onclick: () => { Object.assign(state, { one: null, step: null }); load(null); } }, t(words.back))),
    h(
      "section",
      { class: "card", id: "one", "data-state": one.state },
      h("div", { class: "row" }, h("h2", { class: "grow" }, t(one.item)), h("span", { class: "badge" }, t(states[one.state]))),
      one.title ? h("p", {}, h("strong", {}, one.title)) : null,
      h("p", { class: "quiet" }, `${one.learner} · ${one.rules}`, one.unit ? ` · ${one.unit}` : "", one.waits_on ? ` · ${t(words.waits)} ${t(parties[one.waits_on])} ${t(words.since)} ${when(one.since_ms)}` : ""),
      would ? h("p", { id: "would" }, `${t(words.year)} ${would.year}: ${t(words.counts)} ${would.counted} ${t(words[would.unit])}`, would.counted === would.claimed ? "" : ` (${t(words.of)} ${would.claimed})`) : null,
      would?.whys.length ? h("ul", {}, would.whys.map((why) => h("li", {}, t(why), " ", h("span", { class: "quiet mono" }, why.code)))) : null,
      h("ul", {}, Object.entries(one.details).map(([name, value]) => h("li", {}, `${t(DETAILS[name])}: ${Array.isArray(value) ? value.map((day) => day.join(" ")).join(", ") : value}`))),
      one.files.length || Object.keys(one.papers).length ? h("h3", {}, t(words.files)) : null,
      h("ul", {}, one.files.map((file) => h("li", {}, h("button", { type: "button", onclick: () => open(file).catch((error) => { state.error = error; draw(); }) }, nameOf(file.document)), " ", h("span", { class: "quiet mono" }, `${Math.ceil(file.size_bytes / 1000)} kB ${file.sha256.slice(0, 12)}`))), Object.entries(one.papers).map(([name, number]) => h("li", {}, `${nameOf(name)} (${t(words.paper)}: ${number})`))),
      one.state === "draft" && one.missing.length ? [h("p", { class: "notice" }, t(words.missing)), one.missing.map(attach)] : null,
      one.steps.length ? h("h3", {}, t(words.steps)) : null,
      h("ol", { id: "steps" }, one.steps.map((step) => h("li", {}, h("strong", {}, t(stages[step.stage])), ` · ${t(parties[step.party])}${step.actor && step.actor !== step.party ? ` ${step.actor}` : ""} · ${when(step.at_ms)} · ${t(words.entry)} ${step.log_index ?? t(words.waiting)}`, step.reason ? h("div", {}, t(step.reason)) : null, step.text ? h("div", {}, step.text) : null))),
      one.appeal_until_ms && one.may.includes("appeal") ? h("p", { class: "quiet" }, `${t(words.until)} ${when(one.appeal_until_ms)}`) : null,
      decide(),
    ),
  ];
}

function filter() {
  return h("label", {}, h("select", { id: "filter", "aria-label": t(words.filter), onchange: (event) => { state.filter = event.target.value; load(null); } }, h("option", { value: "" }, t(words.all)), Object.entries(states).map(([name, text]) => h("option", { value: name, selected: name === state.filter }, t(text)))));
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, t(words.title)),
    state.error ? problem(state.error) : null,
    state.one ? detail(state.one) : null,
    state.list && !state.one ? [state.list.party === "employer" ? null : form(), filter(), state.list.activities.length ? state.list.activities.map(line) : h("p", { class: "notice" }, t(words.none))] : null,
  );
}

// A learner's page has no use for the office's pages.
frame({ links: !learner });
onLanguage(draw);
draw();
if (key) await load(new URLSearchParams(location.search).get("activity"));
