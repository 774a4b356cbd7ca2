/**
 * Check the gzip budgets, in bytes; 1 KB is 1,000 bytes here, so that they hold under either reading of the word. A budget is
 * for everything that is loaded together: a file, what it imports, and the words of the larger language; compressed one file
 * at a time, as a server sends them, with zlib's level 9. Raise a number here in the change that grows a bundle, and say why.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const WORDS = ["zaichang-zh.js", "zaichang-en.js"];
const BUDGETS = [
  { name: "core (ESM)", files: ["zaichang.js"], budgetKb: 25 },
  { name: "core (IIFE)", files: ["zaichang.iife.js"], budgetKb: 25 },
  { name: "learner's screens with liveness and words", files: ["zaichang-ui.js"], words: true, budgetKb: 15 },
  { name: "guard with words", files: ["zaichang-guard.js"], words: true, budgetKb: 12.5 },
  { name: "worker", files: ["zaichang-worker.js"], budgetKb: 1 },
];

const read = (file) => readFileSync(new URL(`../dist/${file}`, import.meta.url));
const gzipBytes = (file) => gzipSync(read(file), { level: 9 }).length;

/** The files and their static imports; imports on demand are named in BUDGETS. */
function together(files, seen = new Set()) {
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.startsWith("zaichang-guard")) together([...read(file).toString().matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, name]) => name), seen);
  }
  return [...seen];
}

let failed = false;
const rows = BUDGETS.map(({ name, files, words, budgetKb }) => {
  const parts = together(files);
  if (words) parts.push(WORDS.reduce((a, b) => (gzipBytes(b) > gzipBytes(a) ? b : a)));
  const sum = (size) => parts.reduce((total, file) => total + size(file), 0);
  const row = { name, files: parts, bytes: sum((file) => read(file).length), gzip_bytes: sum(gzipBytes), budget_bytes: budgetKb * 1_000 };
  failed ||= row.gzip_bytes > row.budget_bytes;
  return { ...row, ok: row.gzip_bytes <= row.budget_bytes };
});
if (process.argv.includes("--json")) console.log(JSON.stringify(rows.map((row) => ({ ...row, files: row.files.join(" ") }))));
else for (const row of rows) console.log(`${row.ok ? "ok  " : "OVER"} ${row.name.padEnd(42)} ${String(row.gzip_bytes).padStart(6)} of ${row.budget_bytes} bytes gzip: ${row.files.join(" ")}`);
process.exit(failed ? 1 : 0);
