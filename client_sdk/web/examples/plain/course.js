// Your server answers /launch-token with the token that it got from POST /v1/launch (docs/integrate.md, step 3).
const session = Zaichang.attach(document.querySelector("#lesson"), {
  url: "/v1/session",
  token: () => fetch("/launch-token", { method: "POST" }).then((reply) => reply.text()),
  ui: { links: { appeal: "/appeal", privacy: "/privacy", nonFace: "/without-face" } },
});

let verifiedMs = 0;
session.on("minute", ({ minute }) => {
  verifiedMs += minute.verified_ms;
  document.querySelector("#minutes").textContent = `已核验 ${Math.floor(verifiedMs / 60_000)} 分钟`;
});
session.on("closed", ({ message }) => {
  document.querySelector("#minutes").textContent += ` ${message}`;
});
