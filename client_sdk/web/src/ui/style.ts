/** Styles of both shadow roots. Contrast at least 4.5:1 for text and 3:1 for controls, in both themes. */

export const CSS = `
:host { all: initial; display: block; color-scheme: light;
  font: 15px/1.5 system-ui, sans-serif;
  --bg: #ffffff; --fg: #1b1f24; --soft: #57606a; --line: #8c959f; --fill: #f3f5f7; --main: #0b5cad; --on-main: #ffffff;
  --good: #116329; --warn: #8a4600; --bad: #a40e26; }
:host([hidden]) { display: none; }
:host([data-theme=dark]) { color-scheme: dark; --bg: #161b22; --fg: #e6edf3; --soft: #9ba7b4; --line: #6e7681; --fill: #22282f;
  --main: #6cb6ff; --on-main: #0b1420; --good: #57d364; --warn: #f0a04b; --bad: #ff8a80; }
* { box-sizing: border-box; }
button, input, select, a.button { font: inherit; color: inherit; }
a.button { align-content: center; }
button, a.button { display: inline-block; min-height: 44px; min-width: 44px; padding: 8px 16px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--fill); color: var(--fg); cursor: pointer; text-align: center; text-decoration: none; }
select { min-height: 44px; width: 100%; padding: 8px; border: 1px solid var(--line); border-radius: 8px; background: var(--bg); color: var(--fg); }
ul { margin: 0 0 8px; padding-inline-start: 20px; } li { margin-bottom: 6px; }
[hidden] { display: none !important; }
button.main { background: var(--main); border-color: var(--main); color: var(--on-main); font-weight: 600; }
button:disabled { opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
h2:focus { outline: none; }
h2 { margin: 0 0 4px; font-size: 17px; line-height: 1.35; }
p { margin: 0 0 8px; }
a { color: var(--main); }
.soft { color: var(--soft); font-size: 14px; }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; }
.row > * { flex: 1 1 auto; }
.card { background: var(--bg); color: var(--fg); border: 1px solid var(--line); border-radius: 12px; padding: 16px; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 4px 4px 4px 12px; background: var(--bg); color: var(--fg);
  border: 1px solid var(--line); border-radius: 10px; margin-top: 8px; }
.bar .state { font-weight: 600; display: inline-flex; align-items: center; gap: 8px; }
.bar .why { flex: 1 1 12em; color: var(--soft); font-size: 14px; }
.bar button { margin-inline-start: auto; }
.row + p, .options + p, form + p { margin-top: 8px; }
.bar .time { font-variant-numeric: tabular-nums; }
.dot { width: 14px; height: 14px; flex: none; border: 3px solid var(--soft); border-radius: 50%; }
.dot.on { border-color: var(--good); background: var(--good); }
.dot.wait { border-color: var(--main); border-style: dotted; }
.dot.stop { border-color: var(--bad); border-radius: 2px; background: var(--bad); }
.dot.off { border-color: var(--warn); border-radius: 2px; }
.parts { height: 6px; margin-top: 4px; }
.more { margin-top: 6px; }
dl { display: grid; grid-template-columns: fit-content(32%) 1fr; gap: 4px 12px; margin: 0 0 8px; }
dt { color: var(--soft); } dd { margin: 0; }

.layer { position: fixed; inset: auto; margin: 0; padding: 0; border: 0; background: none; overflow: visible; color: var(--fg);
  width: min(380px, calc(100vw - 24px)); z-index: 2147483000; }
.layer:empty { display: none; }
.layer[data-at=bottom-right] { right: 12px; bottom: 12px; } .layer[data-at=bottom-left] { left: 12px; bottom: 12px; }
.layer[data-at=top-right] { right: 12px; top: 12px; } .layer[data-at=top-left] { left: 12px; top: 12px; }
.layer .card.live { max-height: min(88vh, 640px); }
.layer .card { box-shadow: 0 8px 28px #0006; max-height: min(70vh, 560px); overflow: auto; }
.live .preview { width: min(100%, 40vh); }
.layer .card + .card { margin-top: 8px; }
.code { display: block; width: 100%; max-width: 300px; height: auto; margin: 8px 0; background: #fff; border: 1px solid var(--line); border-radius: 8px; }
input.digits { width: 100%; min-height: 48px; padding: 8px 12px; font-size: 22px; letter-spacing: .3em; border: 1px solid var(--line); border-radius: 8px;
  background: var(--bg); color: var(--fg); }
.options { display: grid; gap: 8px; margin-top: 8px; }
.options button { text-align: start; }
.bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); font-weight: 600; }
.preview { position: relative; width: 100%; aspect-ratio: 4 / 3; background: #000; border-radius: 10px; overflow: hidden; margin: 8px 0; }
.preview video { width: 100%; height: 100%; object-fit: cover; transform: scaleX(-1); }
.over { position: absolute; inset: 0; width: 100%; height: 100%; }
.over .rim { stroke: #000a; stroke-width: 2.2; } .over .oval-line { stroke: #fff; stroke-width: 1.2; stroke-dasharray: 3 2; }
.preview[data-good=true] .oval-line { stroke: #57d364; stroke-width: 1.8; stroke-dasharray: none; }
.over .arrow { fill: #ffd33d; stroke: #000; stroke-width: .8; animation: nudge 1.1s ease-in-out infinite; }
@keyframes nudge { 50% { transform: translateX(3px); } }
@media (prefers-reduced-motion: reduce) { .over .arrow { animation: none; } .time-bar { display: none; } }
.stage { text-align: center; } .doing { display: flex; align-items: center; justify-content: center; gap: 8px; min-height: 52px; }
.do { font-size: 19px; line-height: 1.3; font-weight: 600; margin: 0; }
.face { width: 44px; height: 44px; flex: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; } .face .solid { fill: currentColor; }
.hint { min-height: 1.5em; text-align: center; } .warn { color: var(--warn); font-weight: 600; }
.time-bar { height: 6px; border-radius: 3px; background: var(--fill); border: 1px solid var(--line); overflow: hidden; margin: 4px 0; }
.time-bar div { height: 100%; background: var(--main); transform-origin: left; }
.live[data-action=colour] .preview { width: 128px; }
.flash { position: fixed; inset: 0; z-index: -1; } .live .preview { margin-inline: auto; }
.code.large { max-width: none; width: 100%; image-rendering: pixelated; }
.preview .oval { position: absolute; inset: 8% 28%; border: 3px dashed #fff; border-radius: 50%; box-shadow: 0 0 0 2px #0008; }
@media (max-width: 480px) { .layer { width: auto; left: 8px !important; right: 8px !important; } .layer .card { max-height: 66vh; } .layer .card.live { max-height: 90vh; } .row > * { flex-basis: 100%; } .live .preview { width: min(100%, 28vh); }
.live[data-kind=light] #about:not([hidden]) ~ .preview { display: none; } }
@media (forced-colors: active) { .dot.on, .dot.stop { background: CanvasText; } }
`;
