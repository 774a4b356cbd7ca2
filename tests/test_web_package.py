"""The package as an integrator gets it: `npm pack`, installed into an empty Vite project, typed and built."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "client_sdk" / "web"

MAIN = """import { attach, hlsJs, htmlMedia, videoJs, type Session, type Status } from "@zaichang/web";
const video = document.querySelector<HTMLVideoElement>("video")!;
const session: Session = attach(video, { url: "/v1/session", token: async () => "t", ui: { theme: "dark" } });
session.on("status", ({ status }: { status: Status }) => console.log(status.counting, status.reason));
session.on("error", ({ error }) => console.log(error.code, error.fatal));
// @ts-expect-error there is no such event
session.on("nothing", () => undefined);
console.log(htmlMedia(video).sample().playheadMs, hlsJs, videoJs);
"""
GUARD = """import { ZaichangGuard } from "@zaichang/web/guard";
const guard = document.querySelector<ZaichangGuard>("zaichang-guard")!;
guard.tokenFor = async (route) => `token for ${route}`;
"""


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vite")
    packed = json.loads(run(WEB, "npm", "pack", "--json", "--pack-destination", str(folder)))
    entry = packed[0] if isinstance(packed, list) else next(iter(packed.values()))
    names = {file["path"] for file in entry["files"]}
    assert {
        "dist/zaichang.js",
        "dist/zaichang-ui.js",
        "dist/zaichang-guard.js",
        "dist/zaichang-zh.js",
        "dist/types/index.d.ts",
        "README.md",
    } <= names
    assert not [name for name in names if name.startswith(("src/", "test/", "scripts/"))]
    (folder / "package.json").write_text(
        json.dumps(
            {
                "name": "course",
                "private": True,
                "type": "module",
                "dependencies": {"@zaichang/web": f"file:{entry['filename']}", "react": "^19"},
                "devDependencies": {"@types/react": "^19", "typescript": "^7", "vite": "^8"},
            }
        )
    )
    (folder / "index.html").write_text('<video></video><script type="module" src="/main.ts"></script>')
    (folder / "main.ts").write_text(MAIN + 'import "./guard";\nimport "./StudyVideo";\n')
    (folder / "guard.ts").write_text(GUARD)
    (folder / "StudyVideo.tsx").write_text((WEB / "examples" / "react" / "StudyVideo.tsx").read_text(encoding="utf-8"))
    run(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
    return folder


def test_it_brings_no_dependency(project: Path) -> None:
    installed = json.loads((project / "node_modules" / "@zaichang" / "web" / "package.json").read_text())
    assert "dependencies" not in installed


@pytest.mark.parametrize("resolution", ["Bundler", "NodeNext"])
def test_its_types_hold_in_strict_mode(project: Path, resolution: str) -> None:
    module = "ESNext" if resolution == "Bundler" else "NodeNext"
    options = ["--noEmit", "--strict", "--target", "ES2022", "--module", module, "--moduleResolution", resolution]
    files = ["main.ts", "StudyVideo.tsx"] if resolution == "Bundler" else ["guard.ts"]
    run(project, "npx", "tsc", *options, "--lib", "ES2022,DOM,DOM.Iterable", "--jsx", "react-jsx", *files)


def test_it_builds_with_the_screens_in_a_chunk_of_their_own(project: Path) -> None:
    run(project, "npx", "vite", "build", "--logLevel", "warn")
    built = list((project / "dist" / "assets").glob("*.js"))
    assert [path.name for path in built if "zaichang-ui" in path.name]
    assert len(built) >= 2
