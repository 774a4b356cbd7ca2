// Anyone gives a certificate, a receipt or a bundle. This browser checks a certificate's data against the signed log by
// itself; the service compares the page, looks for a revocation, and checks the other files. Nothing is kept.
import { ServiceError, frame, h, json, lang, onLanguage, show, t } from "/static/common.js";
import { equal, fromBase64, leafHash, nodeHash, readCheckpoint, sha256, signatureHolds } from "/static/tlog.js";

const main = document.querySelector("main");
const MAX_BYTES = 1000000;
const PROOF_BEGIN = '{"checkpoint":"';
const bytesOf = new TextEncoder();
const state = { name: "", busy: false, error: null, proof: null, own: null, answer: null };

const words = {
  title: { zh: "核验学时证明", en: "Verify a certificate" },
  lead: {
    zh: "选取机构出具的证明（PDF）。也可以核验学员回执（.receipt.json）和小于 1 MB 的导出文件（.bundle）。无须登录；文件用后即弃。",
    en: "Choose the PDF that the institution issued. A learner's receipt (.receipt.json) and a bundle below 1 MB can be checked, too. No account; the file is not kept.",
  },
  choose: { zh: "选取文件", en: "Choose a file" },
  drop: { zh: "或把文件拖到这里", en: "or drop it here" },
  busy: { zh: "正在核验……", en: "Checking ..." },
  large: { zh: "文件超过 1 MB。请用命令 zaichang verify 核验。", en: "The file is above 1 MB. Use the command zaichang verify." },
  0: { zh: "有效", en: "Valid" },
  1: { zh: "不可采信", en: "Do not accept it" },
  2: { zh: "无法判定", en: "Undecided" },
  ownTitle: { zh: "由您的浏览器核对", en: "Checked by your browser" },
  ownNone: { zh: "这种文件全部由服务核对。", en: "A file of this kind is checked by the service alone." },
  serviceTitle: { zh: "由出具机构的服务核对", en: "Checked by the institution's service" },
  count: { zh: "项核对通过", en: "checks passed" },
  limits: {
    zh: "本页所信的是本网站公布的日志公钥，不要求见证方签名。不信任本网站时，请向主管部门取得公钥文件，在自己的电脑上运行 zaichang verify。",
    en: "This page believes the log's key that this site publishes, and requires no witness. To believe the site in nothing, get the trust file from the authority and run zaichang verify on your own computer.",
  },
  names: { zh: "持证人", en: "Holder" },
  learner: { zh: "学员代号", en: "Pseudonym" },
  institution: { zh: "出具机构", en: "Issued by" },
  year: { zh: "年度", en: "Year" },
  rules: { zh: "规则", en: "Rules" },
  number: { zh: "证明编号", en: "Number" },
  status: { zh: "年度任务", en: "The year" },
  compare: { zh: "请把以下数据与纸面逐项对照。", en: "Compare these data with the paper, line by line." },
};
const OWN = {
  signature: { zh: "检查点由本网站公布的日志公钥签名", en: "the checkpoint is signed by the log's published key" },
  inclusion: { zh: "证明的条目在签过名的日志里", en: "the certificate's entry is in the signed log" },
  document: { zh: "证明的内容与条目一致", en: "the certificate says what its entry commits to" },
  name: { zh: "姓名是出具时给出的姓名", en: "the name is the one that was given at issue" },
};
const MEASURES = {
  total: { zh: "总计", en: "total" },
  professional: { zh: "专业科目", en: "professional" },
  public: { zh: "公需科目", en: "public" },
  credits: { zh: "学分", en: "credits" },
  hours: { zh: "学时", en: "hours" },
  post: { zh: "岗位密切相关", en: "of the post" },
  professional_hours: { zh: "专业科目学时", en: "professional hours" },
  public_hours: { zh: "公共科目学时", en: "public hours" },
  total_hours: { zh: "总学时", en: "hours in all" },
};
const UNITS = { hour: { zh: "学时", en: "hours" }, credit: { zh: "学分", en: "credits" } };
const CREDIT_MEASURES = ["credits", "post"];
const HOUR_MEASURES = ["hours", "professional_hours", "public_hours", "total_hours"];
const STATUS = {
  met: { zh: "已完成", en: "done" },
  not_met: { zh: "尚未完成", en: "not done yet" },
  not_required: { zh: "不要求参加", en: "not required" },
  deemed_met: { zh: "视同完成", en: "deemed done" },
  met_by_makeup: { zh: "已通过补学完成", en: "done by make-up" },
};
const CHECKS = {
  page: { zh: "页面与数据逐字节一致，没有增改。", en: "The page is byte for byte what the data give." },
  qr: { zh: "二维码指向这份证明的日志条目。", en: "The QR code names the log entry of this certificate." },
  later: { zh: "至今没有被撤销或更换。", en: "It was neither revoked nor replaced until now." },
};

// The attached data are not packed: no PDF is parsed here either.
function attached(bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.startsWith("%PDF-")) return text.startsWith(PROOF_BEGIN) ? bytes : null;
  const begin = text.indexOf(`stream\n${PROOF_BEGIN}`) + "stream\n".length;
  const end = text.indexOf("\nendstream", begin);
  return begin > 6 && end > begin ? bytes.slice(begin, end) : null;
}

function commitment(kind, salt, payload) {
  const name = bytesOf.encode(kind);
  const size = new DataView(new ArrayBuffer(10));
  size.setUint16(0, name.length);
  size.setBigUint64(2, BigInt(payload.length));
  const sizes = new Uint8Array(size.buffer);
  return sha256(bytesOf.encode("vm/commit/v2"), new Uint8Array([0]), sizes.slice(0, 2), name, salt, sizes.slice(2), payload);
}

const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
// Canonical data parse into objects that keep the order of their fields, so they are written as they were.
const canonical = (value) => bytesOf.encode(JSON.stringify(value));

// RFC 9162, 2.1.3.2.
async function rootOf(leaf, index, size, proof) {
  let [node, last, hash] = [index, size - 1, leaf];
  for (const step of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else {
      hash = await nodeHash(hash, step);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

async function checkHere(proof) {
  const checkpoint = readCheckpoint(proof.checkpoint);
  const log = (await json("/v1/logs")).logs.find((each) => each.vkey.startsWith(`${checkpoint.origin}+`));
  const leaf = bytesOf.encode(proof.leaf);
  const entry = JSON.parse(proof.leaf);
  const root = proof.index < checkpoint.size ? await rootOf(await leafHash(leaf), proof.index, checkpoint.size, proof.proof.map(fromBase64)) : null;
  const document = await commitment("certificate", fromHex(proof.salt), canonical(proof.document));
  const found = {
    signature: log ? await signatureHolds(proof.checkpoint, log.vkey).catch(() => null) : false,
    inclusion: root !== null && equal(root, checkpoint.root),
    document: entry.t === "certificate" && entry.action !== "revoke" && equal(document, fromHex(entry.cert_c)),
  };
  if (proof.name) {
    const name = await commitment("name", fromHex(proof.name_salt), canonical({ name: proof.name }));
    found.name = equal(name, fromHex(proof.document.name_c ?? ""));
  }
  return found;
}

async function give(file) {
  Object.assign(state, { name: file.name, busy: true, error: null, proof: null, own: null, answer: null });
  draw();
  try {
    if (file.size > MAX_BYTES) throw new ServiceError(413, { message: t(words.large) });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const data = attached(bytes);
    if (data) {
      try {
        state.proof = JSON.parse(new TextDecoder().decode(data));
        state.own = await checkHere(state.proof);
      } catch {
        // Damaged data: the service names the fault.
        Object.assign(state, { proof: null, own: null });
      }
    }
    state.answer = await json("/v1/verify", { body: bytes, type: "application/octet-stream" });
  } catch (error) {
    state.error = error;
  }
  state.busy = false;
  draw();
}

function sumText(document, measure) {
  const unit = CREDIT_MEASURES.includes(measure) ? "credit" : HOUR_MEASURES.includes(measure) ? "hour" : document.unit;
  const need = document.needs[measure] ? ` / ${amount(document.needs[measure])}` : "";
  return `${amount(document.sums[measure])}${need} ${t(UNITS[unit])}`;
}

// Floored to a tenth, as on the certificate.
function amount(text) {
  const [over, under = "1"] = text.split("/");
  const tenths = (BigInt(over) * 10n) / BigInt(under);
  return tenths % 10n === 0n ? `${tenths / 10n}` : `${tenths / 10n}.${tenths % 10n}`;
}

function facts() {
  const { document, name } = state.proof;
  const language = lang();
  const rows = [
    [words.names, name ?? ""],
    [words.learner, document.learner],
    [words.institution, document.institution[language]],
    [words.year, `${document.year} (${document.from} – ${document.to})`],
    ...Object.keys(MEASURES).filter((measure) => measure in document.sums).map((measure) => [MEASURES[measure], sumText(document, measure), true]),
    [words.status, t(STATUS[document.status] ?? { en: document.status })],
    [words.rules, `${document.rules[language]} · ${document.rules.name} ${document.rules.version}`],
    [words.number, document.number.match(/.{4}/g).join("-").toUpperCase()],
  ];
  return h(
    "table",
    {},
    h("tbody", {}, rows.filter(([, value]) => value).map(([label, value, strong]) => h("tr", {}, h("th", { scope: "row", class: "label" }, t(label)), h("td", {}, strong ? h("strong", {}, value) : value)))),
  );
}

const mark = (good) => (good === null ? "–" : good ? "✓" : "✗");

function results() {
  const { answer, own } = state;
  const failed = own && Object.values(own).some((good) => good === false);
  const exit = failed ? 1 : answer.exit;
  const certified = state.proof && !failed && answer.checks.some((check) => check.check === "certificate");
  const line = (check) => {
    const good = check.status === "pass";
    const said = good ? (CHECKS[check.check] ? t(CHECKS[check.check]) : check.message) : lang() === "zh" ? check.zh : check.en;
    const detail = good ? null : h("span", { class: "quiet" }, ` ${check.code} ${check.message}`);
    return h("li", { "data-check": check.check, "data-status": check.status }, `${mark(good ? true : check.status === "fail" ? false : null)} ${said}`, detail);
  };
  // A certificate's facts stand in the table, and sums of the whole log are not its own.
  const told = answer.checks.filter((check) => check.status !== "pass" || !state.proof || !["certificate", "total"].includes(check.check));
  return [
    h("p", { class: `notice ${exit === 0 ? "ok" : exit === 1 ? "bad" : ""}`, role: "status", "data-exit": exit }, h("strong", {}, t(words[exit])), ` · ${state.name}`),
    certified ? h("section", { class: "card" }, facts(), exit === 0 ? null : h("p", { class: "quiet" }, t(words.compare))) : null,
    h(
      "section",
      { class: "card" },
      h("h2", {}, t(words.ownTitle)),
      own ? h("ul", {}, Object.entries(own).map(([name, good]) => h("li", { "data-own": name, "data-good": String(good) }, `${mark(good)} ${t(OWN[name])}`))) : h("p", {}, t(words.ownNone)),
      h("h2", {}, t(words.serviceTitle)),
      h("ul", {}, told.map(line)),
      h("p", { class: "quiet" }, `${answer.passed} ${t(words.count)} · `, h("a", { href: `/log?institution=${answer.log.split("/")[0]}&year=${answer.log.split("/")[1]}` }, answer.origin)),
    ),
    h("p", { class: "quiet" }, t(words.limits)),
  ];
}

function draw() {
  const input = h("input", { type: "file", id: "file", accept: ".pdf,.json,.bundle", onchange: (event) => event.target.files[0] && give(event.target.files[0]) });
  show(
    main,
    h("h1", {}, t(words.title)),
    h("p", { class: "quiet" }, t(words.lead)),
    h("form", { class: "card" }, h("label", { for: "file" }, t(words.choose), h("span", { class: "quiet" }, ` · ${t(words.drop)}`)), input),
    state.busy ? h("p", { class: "notice", role: "status" }, t(words.busy)) : null,
    state.error ? h("p", { class: "notice bad", role: "alert" }, `${state.error.message} ${state.error.hint ?? ""}`) : null,
    state.answer ? results() : null,
  );
}

for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    const file = kind === "drop" ? event.dataTransfer.files[0] : null;
    if (file) void give(file);
  });
}

frame({ links: false });
onLanguage(draw);
draw();
