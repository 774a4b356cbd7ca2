/**
 * Build dist/: zaichang.js (ESM), zaichang.iife.js (global `Zaichang`), the learner's screens, loaded
 * on demand (SCREENS below), zaichang-worker.js (only for pages that forbid blob workers), source maps, and types.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { __VERSION__: JSON.stringify(version) },
};

/** Modules that stay files of their own: the screens and their words beside the core, and the core beside the guard. */
const apart = {
  name: "apart",
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\/ui\/index\.ts$/ }, ({ kind }) => (kind === "dynamic-import" ? { path: "./zaichang-ui.js", external: true } : undefined));
    plugin.onResolve({ filter: /text_(zh|en)\.ts$/ }, ({ path, importer }) => (importer.endsWith("ui/text.ts") ? { path: `./zaichang-${path.includes("zh") ? "zh" : "en"}.js`, external: true } : undefined));
    plugin.onResolve({ filter: /^\.\.\/index\.ts$/ }, () => ({ path: "./zaichang.js", external: true }));
  },
};

/** Files that are loaded when they are needed. */
const SCREENS = {
  "zaichang-ui": "src/ui/index.ts",
  "zaichang-zh": "src/ui/text_zh.ts",
  "zaichang-en": "src/ui/text_en.ts",
};

/** The worker's bundled text, as the module "worker:text". */
export const workerText = {
  name: "worker-text",
  setup(plugin) {
    plugin.onResolve({ filter: /^worker:text$/ }, ({ path }) => ({ path, namespace: "worker" }));
    plugin.onLoad({ filter: /.*/, namespace: "worker" }, async () => {
      const { outputFiles } = await build({
        ...common, entryPoints: ["src/shell/worker.ts"], format: "iife", write: false,
      });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

/** The style sheet of the screens, without its white space. */
const smallStyles = {
  name: "small-styles",
  setup(plugin) {
    plugin.onLoad({ filter: /ui\/style\.ts$/ }, async ({ path }) => {
      const text = readFileSync(path, "utf8").split("`")[1];
      const { code } = await transform(text, { loader: "css", minify: true, target: "safari15" });
      return { contents: `export const CSS = ${JSON.stringify(code.trim())};`, loader: "js" };
    });
  },
};

async function main() {
  rmSync(`${root}dist`, { recursive: true, force: true });
  const core = { ...common, entryPoints: ["src/index.ts"], plugins: [apart, workerText], sourcemap: true };
  await Promise.all([
    build({ ...core, format: "esm", outfile: "dist/zaichang.js" }),
    build({ ...core, format: "iife", globalName: "Zaichang", outfile: "dist/zaichang.iife.js" }),
    build({ ...common, entryPoints: ["src/guard/index.ts"], plugins: [apart, smallStyles], format: "esm", outfile: "dist/zaichang-guard.js", sourcemap: true }),
    build({ ...common, entryPoints: SCREENS, plugins: [apart, smallStyles], format: "esm", outdir: "dist", sourcemap: true }),
    build({ ...common, entryPoints: ["src/shell/worker.ts"], format: "iife", outfile: "dist/zaichang-worker.js" }),
  ]);
  const types = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });
  if (types.status !== 0) process.exit(types.status ?? 1);
  rewriteImports(`${root}dist/types`);
}

/** Declarations import each other with .js, which every module resolution understands. */
function rewriteImports(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) rewriteImports(path);
    else writeFileSync(path, readFileSync(path, "utf8").replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
