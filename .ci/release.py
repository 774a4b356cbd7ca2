"""Builds everything that a release publishes into ``dist/``: the same bytes from the same commit.

Three wheels, the npm package, two lists of components (SBOM, CycloneDX), the release notes, and SHA256SUMS over all of
them. Nothing is uploaded and nothing is downloaded. docs/release.md says when to run it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import version

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WEB = ROOT / "client_sdk" / "web"
PROJECTS = (ROOT, ROOT / "service" / "zaichang_simulation", ROOT / "client_sdk" / "python")
SUMS = "SHA256SUMS"


class ReleaseError(Exception):
    """The release cannot be built; the message says what to do first."""


def call(command: Sequence[str | Path], cwd: Path = ROOT, **environment: str) -> str:
    """Run a tool and return its output.

    Raises:
        ReleaseError: It failed; the message holds the end of its output.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise ReleaseError(f"{Path(command[0]).name} failed:\n{tail}")
    return done.stdout


def notes(changelog: str, number: str) -> str:
    """Return the changelog's section for a version.

    Raises:
        ReleaseError: There is none, or it is empty.
    """
    found = re.search(rf"^## \[{re.escape(number)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseError(f"CHANGELOG.md has no section '## [{number}] - DATE'; rename [Unreleased] first.")
    return found[1].strip() + "\n"


def check_commit(number: str) -> None:
    """Refuse to build anything but the tagged commit with a clean tree.

    Raises:
        ReleaseError: The tree has changes, or HEAD does not carry the tag.
    """
    if call(["git", "status", "--porcelain"]).strip():
        raise ReleaseError("The tree has changes that no commit holds; commit or stash them first.")
    if f"v{number}" not in call(["git", "tag", "--points-at", "HEAD"]).split():
        raise ReleaseError(f"HEAD has no tag v{number}; run: git tag -s v{number} -m 'Zaichang {number}'.")


def build(out: Path, *, draft: bool, build_web: bool) -> list[Path]:
    """Build every file of the release.

    Args:
        out: Emptied first.
        draft: Build any commit, with [Unreleased] as its notes, to see what a release would hold.
        build_web: Build the SDK first; otherwise the build that is there is packed.

    Returns:
        The files, SHA256SUMS last.

    Raises:
        ReleaseError: What has to be done first.
    """
    number = version.current()
    if wrong := version.findings():
        raise ReleaseError("; ".join(wrong))
    if not draft:
        check_commit(number)
    text = notes((ROOT / "CHANGELOG.md").read_text(), "Unreleased" if draft else number)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    epoch = call(["git", "log", "-1", "--format=%ct"]).strip()
    for project in PROJECTS:
        call([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out], project, SOURCE_DATE_EPOCH=epoch)
    if build_web:
        call(["npm", "run", "build"], WEB)
    call(["npm", "pack", "--ignore-scripts", "--pack-destination", out], WEB)
    python_sbom(out / f"zaichang-{number}.cdx.json", number, epoch)
    web_sbom(out / f"zaichang-web-{number}.cdx.json")
    (out / "RELEASE_NOTES.md").write_text(text)
    files = sorted(out.iterdir())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / SUMS).write_text("".join(lines))
    return [*files, out / SUMS]


def python_sbom(target: Path, number: str, epoch: str) -> None:
    """Write the components of the service, as its lock file pins them with their hashes."""
    call(
        [
            *(BIN / "cyclonedx-py", "requirements", ROOT / "requirements.lock"),
            *("--pyproject", ROOT / "pyproject.toml", "--output-reproducible", "-o", target),
        ],
        SOURCE_DATE_EPOCH=epoch,
    )
    found = json.loads(target.read_text())
    found["metadata"]["component"]["version"] = number  # the project file leaves it to the build
    target.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")


def web_sbom(target: Path) -> None:
    """Write the components of the web SDK from its lock file, without what changes from run to run."""
    found = json.loads(call(["npm", "sbom", "--package-lock-only", "--omit", "dev", "--sbom-format", "cyclonedx"], WEB))
    found.pop("serialNumber", None)
    found["metadata"].pop("timestamp", None)
    target.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")


def main() -> int:
    """Build; 1 with a sentence where something has to be done first."""
    parser = argparse.ArgumentParser(description="Build a release into dist/.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write, emptied first")
    parser.add_argument("--draft", action="store_true", help="any commit, notes from [Unreleased]")
    parser.add_argument("--packed-web", action="store_true", help="do not build the web SDK anew")
    arguments = parser.parse_args()
    try:
        files = build(arguments.out.resolve(), draft=arguments.draft, build_web=not arguments.packed_web)
    except ReleaseError as error:
        sys.stderr.write(f"No release: {error}\n")
        return 1
    for path in files:
        print(f"{path.stat().st_size:>10,}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
