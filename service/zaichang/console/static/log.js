// The transparency log, checked in this browser: signature, tree root, inclusion of an entry.
import { call, frame, h, json, onLanguage, problem, show, t, when } from "/static/common.js";
import { checkLog, inclusion, readEntries, readCheckpoint } from "/static/tlog.js";

const main = document.querySelector("main");
const wanted = new URLSearchParams(location.search);
const state = { logs: [], log: null, note: "", checkpoint: null, entries: [], result: null, open: null, proof: null, error: null };
const REFRESH_MS = 5000;
const NEWEST = 200;

const words = {
  title: { zh: "透明日志", en: "Transparency log" },
  lead: {
    zh: "每个机构每年一份日志。下面的检查都在您的浏览器里完成，不必相信服务器。",
    en: "One log per institution and year. The checks below run in your browser; the server need not be believed.",
  },
  none: { zh: "日志还是空的。第一次学习开始后会出现条目。", en: "The log is empty. Entries appear once the first session begins." },
  checkpoint: { zh: "签名检查点", en: "Signed checkpoint" },
  size: { zh: "条目数", en: "Entries" },
  key: { zh: "公钥", en: "Public key" },
  entries: { zh: "条目", en: "Entries" },
  check: { zh: "核对该条目的包含证明", en: "Check that this entry is in the log" },
  included: { zh: "证明成立：该条目在签名检查点之下，由此重算的根与检查点一致。", en: "It holds: the root recomputed from this entry is the one that the checkpoint signs." },
  notIncluded: { zh: "证明不成立！", en: "The proof does not hold!" },
  only: { zh: "仅显示这次学习的条目", en: "Only this session's entries" },
  all: { zh: "显示全部条目", en: "Show all entries" },
};

const verdictWords = {
  signature: {
    ok: { zh: "检查点签名有效。", en: "The checkpoint's signature is valid." },
    bad: { zh: "检查点签名无效！", en: "The checkpoint's signature is NOT valid!" },
    unknown: { zh: "此浏览器不支持 Ed25519，未检查签名。", en: "This browser does not know Ed25519; the signature was not checked." },
  },
  root: {
    ok: { zh: "由全部条目重算的树根与检查点一致。", en: "The tree recomputed from all entries has the signed root." },
    bad: { zh: "重算的树根与检查点不一致！", en: "The recomputed tree root is NOT the signed one!" },
    unknown: { zh: "条目较多，此页只核对单个条目。", en: "There are many entries; this page checks single ones." },
  },
};

function results() {
  if (!state.result) return null;
  return ["signature", "root"].map((name) => {
    const outcome = state.result[name];
    return h("p", { class: outcome === "ok" ? "notice ok" : outcome === "bad" ? "notice bad" : "notice", "data-check": name, "data-outcome": outcome }, t(verdictWords[name][outcome]));
  });
}

function entryRow(entry) {
  const opened = state.open === entry.index;
  return [
    h(
      "tr",
      { key: entry.index },
      h("td", {}, String(entry.index)),
      h("td", {}, h("button", { type: "button", "aria-expanded": opened, onclick: () => pick(entry.index) }, entry.leaf.t)),
      h("td", {}, entry.leaf.minutes ?? ""),
      h("td", { class: "quiet" }, when(entry.leaf.at)),
    ),
    opened
      ? h(
          "tr",
          { key: `${entry.index} open` },
          h(
            "td",
            { colspan: 4 },
            h("pre", { class: "mono" }, JSON.stringify(entry.leaf, null, 1)),
            h("button", { type: "button", onclick: () => prove(entry.index) }, t(words.check)),
            state.proof === null ? null : h("p", { class: state.proof ? "notice ok" : "notice bad", role: "status" }, t(state.proof ? words.included : words.notIncluded)),
          ),
        )
      : null,
  ];
}

function draw() {
  const session = wanted.get("session");
  const entries = state.entries.filter((entry) => !session || entry.leaf.sid === session).reverse();
  show(
    main,
    h("h1", {}, t(words.title)),
    h("p", { class: "quiet" }, t(words.lead)),
    state.error ? problem(state.error) : null,
    !state.log && !state.error ? h("p", { class: "notice" }, t(words.none)) : null,
    state.logs.length > 1 ? h("p", { class: "row" }, state.logs.map((log) => h("a", { href: `/log?institution=${log.institution}&year=${log.year}` }, `${log.institution} ${log.year}`))) : null,
    state.checkpoint
      ? h(
          "section",
          { class: "card" },
          h("h2", {}, `${t(words.checkpoint)} · ${state.checkpoint.origin}`),
          results(),
          h("p", {}, `${t(words.size)}: ${state.checkpoint.size}`),
          h("pre", { class: "mono" }, state.note),
          h("p", { class: "quiet" }, `${t(words.key)}: `, h("span", { class: "mono" }, state.log.vkey)),
        )
      : null,
    entries.length
      ? h(
          "section",
          { class: "card" },
          h("h2", {}, t(words.entries)),
          session ? h("p", {}, `${t(words.only)} (`, h("span", { class: "mono" }, session), ") · ", h("a", { href: `/log?institution=${state.log.institution}&year=${state.log.year}` }, t(words.all))) : null,
          h("div", { class: "scroll" }, h("table", {}, h("tbody", {}, entries.slice(0, NEWEST).map(entryRow)))),
        )
      : null,
  );
}

function pick(index) {
  state.open = state.open === index ? null : index;
  state.proof = null;
  draw();
}

async function prove(index) {
  state.proof = await inclusion(state.log.path, state.checkpoint, index, state.entries);
  draw();
}

async function refresh() {
  try {
    state.logs = (await json("/v1/logs")).logs;
    state.log = state.logs.find((log) => log.institution === wanted.get("institution") && log.year === wanted.get("year")) ?? state.logs.at(-1) ?? null;
    if (state.log) {
      const note = await (await call(`${state.log.path}/checkpoint`)).text();
      if (note !== state.note) {
        const checkpoint = readCheckpoint(note);
        const entries = await readEntries(state.log.path, checkpoint.size, state.entries);
        const result = await checkLog(note, checkpoint, state.log.vkey, entries);
        Object.assign(state, { note, checkpoint, entries, result });
      }
    }
    state.error = null;
  } catch (error) {
    state.error = error;
  }
}

let drawn = "";
async function tick() {
  await refresh();
  const now = `${state.note}|${state.error}|${state.logs.length}`;
  if (now !== drawn) draw();
  drawn = now;
}

frame();
onLanguage(draw);
draw();
await tick();
setInterval(tick, REFRESH_MS);
