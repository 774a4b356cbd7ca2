/** Check the gzip budgets. Raise a number here in the change that grows the bundle, and say why. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = { "zaichang.js": 25, "zaichang.iife.js": 25, "zaichang-ui.js": 15, "zaichang-guard.js": 10, "zaichang-worker.js": 1 };

let failed = false;
const rows = Object.entries(BUDGET_KB).map(([file, budgetKb]) => {
  const bytes = readFileSync(new URL(`../dist/${file}`, import.meta.url));
  const gzipBytes = gzipSync(bytes, { level: 9 }).length;
  const ok = gzipBytes <= budgetKb * 1024;
  failed ||= !ok;
  return { file, bytes: bytes.length, gzip_bytes: gzipBytes, budget_bytes: budgetKb * 1024, ok };
});
if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
else for (const row of rows) console.log(`${row.ok ? "ok  " : "OVER"} ${row.file.padEnd(20)} ${String(row.gzip_bytes).padStart(6)} of ${row.budget_bytes} bytes gzip (${row.bytes} raw)`);
process.exit(failed ? 1 : 0);
