// What the pages share: two languages, elements without innerHTML, and calls to the service.
import { hold, keyed, listen, show } from "/static/keep.js";

export { hold, show };

const stored = (() => {
  try {
    return localStorage.getItem("zaichang.lang");
  } catch {
    return null;
  }
})();
let language = stored ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
const redraws = [];

export const lang = () => language;
export const t = (pair) => pair[language] ?? pair.en;

export function onLanguage(redraw) {
  redraws.push(redraw);
}

export function h(tag, attributes = {}, ...children) {
  const node = tag === "svg" || tag === "rect" || tag === "title"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) listen(node, name.slice(2), value);
    else if (name === "key") keyed(node, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const NAV = [
  ["/queue", { zh: "审核", en: "Review" }],
  ["/revocations", { zh: "撤销", en: "Revocations" }],
  ["/activities", { zh: "活动", en: "Activities" }],
  ["/certificates", { zh: "证明", en: "Certificates" }],
  ["/filing", { zh: "报送", en: "Filing" }],
  ["/sessions", { zh: "学习记录", en: "Sessions" }],
  ["/lessons", { zh: "课程", en: "Lessons" }],
  ["/log", { zh: "透明日志", en: "Log" }],
];

// A learner's page has no use for the reviewers' pages.
export function frame({ links = true } = {}) {
  const head = document.querySelector("header");
  const draw = () => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    show(
      head,
      h("a", { class: "brand", href: links ? "/sessions" : "/log" }, language === "zh" ? "在场 Zaichang" : "Zaichang 在场"),
      h("nav", {}, (links ? NAV : NAV.slice(-1)).map(([path, name]) => h("a", { href: path, "aria-current": location.pathname === path ? "page" : null }, t(name)))),
      h("button", { type: "button", onclick: toggle }, language === "zh" ? "English" : "中文"),
    );
  };
  onLanguage(draw);
  draw();
}

function toggle() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem("zaichang.lang", language);
  } catch {
    // Private mode: the choice lasts as long as the page.
  }
  for (const redraw of redraws) redraw();
}

// A key or token comes in the address's fragment, which no server sees, and leaves the address at once.
export function secret(name) {
  const slot = `zaichang.${name}`;
  const all = new URLSearchParams(location.hash.slice(1));
  const given = all.get(name);
  if (given) {
    sessionStorage.setItem(slot, given);
    all.delete(name);
    history.replaceState(null, "", location.pathname + location.search + (`${all}` ? `#${all}` : ""));
  }
  return given ?? sessionStorage.getItem(slot) ?? "";
}

export class ServiceError extends Error {
  constructor(status, error) {
    super(error?.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = error?.code ?? "http.error";
    this.hint = error?.hint ?? "";
  }
}

export async function call(path, { key = "", body = null, type = "application/json" } = {}) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (body) headers["content-type"] = type;
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body, cache: "no-store" });
  if (!answer.ok) throw new ServiceError(answer.status, (await answer.json().catch(() => ({}))).error);
  return answer;
}

// Gives the person a file to keep.
export function saveAs(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

export const keep = async (path, options, name) => saveAs(await (await call(path, options)).blob(), name);

export const json = async (path, options) => (await call(path, options)).json();

export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  const rest = String(seconds % 60).padStart(2, "0");
  return language === "zh" ? `${Math.floor(seconds / 60)} 分 ${rest} 秒` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

export const position = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

export const when = (ms) =>
  new Date(ms).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Shanghai" });

export function problem(error) {
  const offline = { zh: "无法连接服务，稍后自动重试。", en: "The service cannot be reached; trying again by itself." };
  const text = error instanceof ServiceError ? `${error.message} ${error.hint}` : t(offline);
  return h("p", { class: "notice bad", role: "alert" }, text);
}

export const VERDICTS = {
  V: { zh: "已核验", en: "verified" },
  F: { zh: "未计入", en: "not counted" },
  U: { zh: "待人工审核", en: "waits for a reviewer" },
};

export function legend() {
  return h("p", { class: "legend" }, Object.entries(VERDICTS).map(([letter, name]) => h("span", {}, h("i", { class: letter }), t(name))));
}

export function minuteSquares(minutes, open, onpick) {
  return h(
    "ol",
    { class: "minutes" },
    minutes.map((minute) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            class: minute.verdict,
            "aria-expanded": open === minute.index,
            "aria-label": `${minute.index + 1}: ${t(VERDICTS[minute.verdict])}`,
            onclick: () => onpick(open === minute.index ? null : minute.index),
          },
          String(minute.index + 1),
        ),
      ),
    ),
  );
}

export function minuteDetail(minute) {
  const words = {
    title: { zh: `第 ${minute.index + 1} 分钟`, en: `Minute ${minute.index + 1}` },
    fine: { zh: "这一分钟没有任何问题。", en: "Nothing was wrong with this minute." },
    media: { zh: "计入的播放区间", en: "Credited stretch of the lesson" },
    logged: { zh: "日志序号", en: "Entry in the log" },
    waiting: { zh: "等待签名检查点", en: "waits for a signed checkpoint" },
  };
  return h(
    "div",
    { class: "card" },
    h("div", { class: "row" }, h("strong", {}, t(words.title)), h("span", { class: "badge" }, t(VERDICTS[minute.verdict])), h("span", {}, duration(minute.verified_ms))),
    minute.reasons.length ? h("ul", {}, minute.reasons.map((reason) => h("li", {}, reason[language], " ", h("span", { class: "quiet mono" }, reason.code)))) : h("p", {}, t(words.fine)),
    minute.verified.length ? h("p", { class: "quiet" }, `${t(words.media)}: ${minute.verified.map(([a, b]) => `${position(a)}–${position(b)}`).join(", ")}`) : null,
    h("p", { class: "quiet" }, `${t(words.logged)}: ${minute.log_index ?? t(words.waiting)}`),
  );
}
