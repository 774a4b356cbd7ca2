// The institution's lessons and their question banks, as the service holds them.
import { duration, frame, h, json, onLanguage, problem, secret, show, t } from "/static/common.js";

const key = secret("key");
const main = document.querySelector("main");
const state = { list: null, open: "", questions: null, error: null };

const words = {
  title: { zh: "课程与题库", en: "Lessons and question banks" },
  noKey: { zh: "此页面需要机构的密钥。", en: "This page needs one of the institution's keys." },
  none: { zh: "还没有课程。", en: "No lesson yet." },
  questions: { zh: "道题", en: "questions" },
  empty: { zh: "没有题库：此课不会出现题目类验证弹窗。上传方法见运行说明。", en: "No bank: this lesson asks no questions. The operations page says how to upload one." },
  secret: { zh: "题目和答案仅供机构查看。学员每次只会抽到一部分，选项顺序随机。", en: "For the institution only. A session draws a part of it and shows the options shuffled." },
  right: { zh: "正确", en: "right" },
};

async function open(lesson) {
  const name = `${lesson.course}/${lesson.lesson}`;
  state.open = state.open === name ? "" : name;
  state.questions = null;
  draw();
  if (!state.open) return;
  try {
    state.questions = (await json(`/v1/lessons/${lesson.course}/${lesson.lesson}/questions`, { key })).questions;
    state.error = null;
  } catch (error) {
    state.error = error;
  }
  draw();
}

function bank() {
  if (!state.questions) return h("p", { class: "quiet" }, "…");
  if (!state.questions.length) return h("p", { class: "notice" }, t(words.empty));
  return [
    h("p", { class: "quiet" }, t(words.secret)),
    h("ol", {}, state.questions.map((each) => h("li", {}, each.text, " ", h("span", { class: "quiet mono" }, each.id), h("ul", {}, each.options.map((option, index) => h("li", {}, option, index === each.correct ? h("strong", {}, ` ✓ ${t(words.right)}`) : null)))))),
  ];
}

function card(lesson) {
  const opened = state.open === `${lesson.course}/${lesson.lesson}`;
  return h(
    "section",
    { key: `${lesson.course}/${lesson.lesson}`, class: "card" },
    h("div", { class: "row" }, h("strong", { class: "grow" }, t(lesson)), h("span", {}, duration(lesson.duration_ms)), h("button", { type: "button", "aria-expanded": String(opened), onclick: () => open(lesson) }, `${lesson.questions} ${t(words.questions)}`)),
    h("p", { class: "quiet mono" }, `${lesson.course} / ${lesson.lesson}`),
    opened ? bank() : null,
  );
}

function draw() {
  if (!key) return show(main, h("h1", {}, t(words.title)), h("p", { class: "notice" }, t(words.noKey)));
  show(
    main,
    h("h1", {}, state.list ? `${t(words.title)} · ${t(state.list.institution)}` : t(words.title)),
    state.error ? problem(state.error) : null,
    state.list && !state.list.lessons.length ? h("p", { class: "notice" }, t(words.none)) : null,
    (state.list?.lessons ?? []).map(card),
  );
}

frame();
onLanguage(draw);
draw();
if (key) {
  try {
    state.list = await json("/v1/lessons", { key });
  } catch (error) {
    state.error = error;
  }
  draw();
}
