/** Bundle the tests and run them with Node's own runner. */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { workerText } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = `${root}node_modules/.cache/zaichang-test`;
rmSync(out, { recursive: true, force: true });
const files = readdirSync(`${root}test`).filter((name) => name.endsWith(".test.ts"));
await build({
  absWorkingDir: root, entryPoints: files.map((name) => `test/${name}`), bundle: true, platform: "node", format: "esm",
  outdir: out, outExtension: { ".js": ".mjs" }, sourcemap: "inline", logLevel: "warning", plugins: [workerText],
  define: { __VERSION__: '"0.0.0"', __ROOT__: JSON.stringify(root) },
});
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files.map((name) => `${out}/${name.replace(/\.ts$/, ".mjs")}`)], { stdio: "inherit" });
process.exit(run.status ?? 1);
