/**
 * Build dist/: zaichang.js (ESM), zaichang.iife.js (global `Zaichang`), the learner's screens, loaded
 * on demand (SCREENS below), zaichang-worker.js (only for pages that forbid blob workers), source maps, and types.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
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
};
const WORDS = {
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

/**
 * Build beside dist/, then move each file into its place: who loads a file during a build gets the old one or
 * the new one, and never none.
 */
async function main() {
  const made = mkdtempSync(`${root}.dist-`), name = basename(made);
  try {
    await bundle(made, name);
    const files = filesIn(made);
    for (const file of files) {
      mkdirSync(dirname(`${root}dist/${file}`), { recursive: true });
      renameSync(`${made}/${file}`, `${root}dist/${file}`);
    }
    for (const file of filesIn(`${root}dist`)) if (!files.includes(file)) rmSync(`${root}dist/${file}`, { force: true });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

async function bundle(made, name) {
  const core = { ...common, entryPoints: ["src/index.ts"], plugins: [apart, workerText], sourcemap: true };
  await Promise.all([
    build({ ...core, format: "esm", outfile: `${name}/zaichang.js` }),
    build({ ...core, format: "iife", globalName: "Zaichang", outfile: `${name}/zaichang.iife.js` }),
    build({ ...common, entryPoints: ["src/guard/index.ts"], plugins: [apart, smallStyles], format: "esm", outfile: `${name}/zaichang-guard.js`, sourcemap: true }),
    build({ ...common, entryPoints: SCREENS, plugins: [apart, smallStyles], format: "esm", outdir: name, sourcemap: true }),
    build({ ...common, entryPoints: WORDS, format: "esm", outdir: name }),
    build({ ...common, entryPoints: ["src/shell/worker.ts"], format: "iife", outfile: `${name}/zaichang-worker.js` }),
  ]);
  const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json", "--outDir", `${made}/types`];
  if (spawnSync(process.execPath, compiler, { cwd: root, stdio: "inherit" }).status !== 0) throw new Error("the types do not build");
  rewriteImports(`${made}/types`);
}

/** The files below a folder, by their paths in it. */
function filesIn(folder) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(folder.length + 1));
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
