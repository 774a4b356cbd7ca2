// The institution's session list, minute by minute.
import { call, duration, frame, h, json, legend, minuteDetail, minuteSquares, onLanguage, problem, secret, show, t, when } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const state = { list: null, older: [], next: "", open: null, detail: null, minute: null, error: null, pictures: new Map() };
const REFRESH_MS = 3000;

const words = {
  title: { zh: "学习记录", en: "Study sessions" },
  none: { zh: "还没有学习记录。学员打开课程页后会出现在这里。", en: "No session yet. It appears here once a learner opens the course page." },
  noKey: { zh: "此页面需要机构的审核密钥：请使用服务启动时打印的地址打开。", en: "This page needs the institution's staff key: open it with the address that the service printed at its start." },
  open: { zh: "进行中", en: "running" },
  closed: { zh: "已结束", en: "ended" },
  superseded: { zh: "已被取代", en: "superseded" },
  minutes: { zh: "点按某一分钟查看原因。", en: "Tap a minute to see why." },
  soon: { zh: "首个分钟将在下一次核验通过后出现。", en: "The first minute appears after the next check has passed." },
  verified: { zh: "已核验", en: "verified" },
  captures: { zh: "抓拍（加密保存，查看即解密）", en: "Captures (kept encrypted, decrypted to be seen here)" },
  showCaptures: { zh: "查看抓拍", en: "Show captures" },
  more: { zh: "更早的记录", en: "Earlier sessions" },
  log: { zh: "在日志中查看", en: "See it in the log" },
};

function sessionCard(session) {
  const opened = state.open === session.session;
  return h(
    "section",
    { key: session.session, class: "card" },
    h(
      "div",
      { class: "row" },
      h("span", { class: "grow" }, h("strong", {}, session.learner), ` · ${session.course} / ${session.lesson}`),
      h("span", { class: session.state === "open" ? "badge live" : "badge" }, t(words[session.state])),
      h("span", {}, `${t(words.verified)} ${duration(session.verified_ms)}`),
    ),
    h("p", { class: "quiet" }, `${when(session.opened_ms)} · `, h("span", { class: "mono" }, session.session)),
    opened && state.detail ? details() : preview(session),
  );
}

function preview(session) {
  const letters = [...session.verdicts].map((verdict, index) => ({ verdict, index }));
  return letters.length
    ? minuteSquares(letters, null, (index) => openSession(session.session, index))
    : h("p", { class: "quiet" }, session.state === "open" ? t(words.soon) : "–");
}

function details() {
  const found = state.detail;
  const minute = found.timeline.find((each) => each.index === state.minute);
  const [, institution, year] = found.log.split("/");
  return [
    found.timeline.length ? minuteSquares(found.timeline, state.minute, pick) : null,
    minute ? minuteDetail(minute) : h("p", { class: "quiet" }, t(words.minutes)),
    h("p", {}, h("a", { href: `/log?institution=${institution}&year=${year}&session=${found.session}` }, t(words.log))),
    found.captures.some((each) => each.kept) ? captures(found) : null,
  ];
}

function captures(found) {
  const pictures = state.pictures.get(found.session);
  return h(
    "div",
    {},
    pictures
      ? [h("h2", {}, t(words.captures)), h("div", { class: "captures" }, pictures.map((each) => h("figure", { class: "quiet" }, h("img", { src: each.url, alt: each.id }), when(each.at_ms))))]
      : h("button", { type: "button", onclick: () => loadPictures(found) }, `${t(words.showCaptures)} (${found.captures.filter((each) => each.kept).length})`),
  );
}

async function loadPictures(found) {
  const pictures = [];
  for (const each of found.captures.filter((one) => one.kept)) {
    try {
      const answer = await call(`/v1/sessions/${found.session}/captures/${each.id}`, { key });
      pictures.push({ ...each, url: URL.createObjectURL(await answer.blob()) });
    } catch {
      // Deleted in the meantime by retention.
    }
  }
  state.pictures.set(found.session, pictures);
  draw();
}

function pick(index) {
  state.minute = index;
  draw();
}

async function openSession(session, minute) {
  state.open = session;
  state.minute = minute;
  state.detail = null;
  await refresh();
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  const recent = state.list?.sessions ?? [];
  const known = new Set(recent.map((each) => each.session));
  const sessions = [...recent, ...state.older.filter((each) => !known.has(each.session))];
  const next = state.older.length ? state.next : (state.list?.next ?? "");
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    state.error ? problem(state.error) : null,
    legend(),
    state.list && !sessions.length ? h("p", { class: "notice" }, t(words.none)) : null,
    sessions.map(sessionCard),
    next ? h("button", { type: "button", onclick: () => loadOlder(next) }, t(words.more)) : null,
  );
}

async function loadOlder(before) {
  try {
    const found = await json(`/v1/sessions?before=${encodeURIComponent(before)}`, { key });
    // Rows of the first page stay, also when newer sessions push them off.
    state.older = [...(state.older.length ? state.older : state.list.sessions), ...found.sessions];
    state.next = found.next;
  } catch (error) {
    state.error = error;
  }
  draw();
}

let drawn = "";
async function refresh() {
  if (!key) return draw();
  try {
    state.list = await json("/v1/sessions", { key });
    if (state.open === null && state.list.sessions.length === 1) state.open = state.list.sessions[0].session;
    if (state.open) state.detail = await json(`/v1/sessions/${state.open}`, { key });
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  const { now_ms: _, ...list } = state.list ?? {};
  const { now_ms: __, ...detail } = state.detail ?? {};
  const now = JSON.stringify([list, detail, state.minute, String(state.error)]);
  if (now !== drawn) draw();
  drawn = now;
}

frame();
onLanguage(draw);
draw();
await refresh();
setInterval(refresh, REFRESH_MS);
