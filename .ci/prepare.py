"""Prepare a checkout: virtual environment, locked dependencies, package, models, web SDK, browser.

pip and npm do the work, from the lock files. Each step leaves a stamp with the hash of its inputs, so a second run
takes a moment. A step's output goes to ``.venv/<step>.log``; its end is shown when the step
fails, for venv, pip and npm say themselves what was wrong.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
WEB = ROOT / "client_sdk" / "web"
SIMULATION = ROOT / "service" / "zaichang_simulation"
# Imported files are compiled on first use; compiling everything takes longer than most of the rest.
PIP = (f"{BIN}/python -m pip install --disable-pip-version-check --no-input --no-user --progress-bar=off --no-compile"
       " --no-deps").split()  # fmt: skip
LIMIT_S = 1_800


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence that says what is missing and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: commands, the stamp that says for which inputs (``key``) they ran, and a test of the result."""

    name: str
    commands: list[list[str]]
    key: str = ""
    folder: Path = ROOT
    stamp: Path | None = None
    present: Callable[[], bool] = lambda: True
    optional: bool = False

    @property
    def place(self) -> Path:
        """Where the stamp lies."""
        return self.stamp or VENV / "stamps" / self.name.replace(" ", "-")

    def done(self) -> bool:
        """Tell whether the result is there and was made from the present inputs."""
        return self.present() and (not self.key or (self.place.is_file() and self.place.read_text() == self.key))


def digest(*paths: Path, extra: str = "") -> str:
    """Return a hash over the names and bytes of files and, recursively, of folders."""
    total = hashlib.sha256(extra.encode())
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"absent")
    return total.hexdigest()


def check_node() -> str:
    """Return Node's version; raise if Node 20+ or npm is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    found = (
        subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip() if node else ""
    )
    version = re.match(r"v(\d+)\.", found)
    if version is None or int(version[1]) < 20:
        what = "was not found" if node is None else f"this one is {found or 'broken'}"
        message = (
            f"Node.js 20 or newer builds the web SDK and {what}; on Debian or Ubuntu: sudo apt-get install nodejs npm "
            "(where that gives an older Node: Node.js 20 or newer from nodejs.org)"
        )
        raise SetupError(message)
    if npm is None:
        message = "npm builds the web SDK and was not found; on Debian or Ubuntu: sudo apt-get install npm"
        raise SetupError(message)
    return found


def verified() -> bool:
    """Tell whether the pinned models are in the user's cache; each is checked by its hash."""
    command = [f"{BIN}/zaichang", "models", "verify"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def steps_for(purpose: str, *, replace: bool) -> Iterator[Step]:
    """Yield the steps of a purpose (check, test or demo) in order; each is built once the one before is done."""
    node = check_node()
    made = VENV / "stamps" / "environment"
    # The interpreter may be that of the environment that is made anew: ask the base one.
    base, wanted = Path(sys.base_prefix).resolve(), sys.version_info[:3]
    same = made.is_file() and made.read_text().startswith(f"{VENV} {base} {wanted}" if replace else f"{VENV} ")
    if not (same and (BIN / "python").exists()):
        shutil.rmtree(VENV, ignore_errors=True)
        made.parent.mkdir(parents=True)
        python = getattr(sys, "_base_executable", sys.executable)
        commands = [[python, "-m", "venv", str(VENV)]]
        yield Step(name="environment", commands=commands, key=f"{VENV} {base} {wanted}")
    # The demo needs less than half of the packages; where the tools are there already, it needs nothing.
    held = VENV / "stamps" / "dependencies"
    lock = LOCK if purpose == "demo" and not (held.is_file() and held.read_text() == digest(DEV_LOCK)) else DEV_LOCK
    yield Step(name="dependencies", commands=[[*PIP, "--require-hashes", "-r", str(lock)]], key=digest(lock))
    yield Step(
        name="zaichang",
        commands=[[*PIP, "--no-build-isolation", "-e", str(ROOT), "-e", str(SIMULATION)]],
        key=digest(ROOT / "pyproject.toml", SIMULATION / "pyproject.toml", ROOT / "models" / "catalog.toml", LOCK),
        present=(BIN / "zaichang").exists,
    )
    if purpose != "check":
        yield Step(name="models", commands=[[f"{BIN}/zaichang", "models", "fetch"]], present=verified)
    packages = WEB / "node_modules" / ".zaichang-packages"
    yield Step(
        name="web packages", commands=[["npm", "ci", "--no-audit", "--no-fund"]], folder=WEB, stamp=packages,
        key=digest(WEB / "package-lock.json", extra=node),
    )  # fmt: skip
    sources = [p for p in WEB.iterdir() if p.is_file() or p.name in {"src", "scripts", "demo", "public"}]
    yield Step(
        name="web SDK", commands=[["npm", "run", "build"]], folder=WEB, key=digest(*sorted(sources), extra=node),
        present=(WEB / "dist").is_dir,
    )  # fmt: skip
    if purpose == "test" and can_install_browser():
        install = "env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium"
        install += " fonts-dejavu-core"
        yield Step(name="browser", commands=[["apt-get", "update", "-q"], install.split()], optional=True)


def can_install_browser() -> bool:
    """Tell whether Debian's Chromium is missing and we may install it; elsewhere it is a snap, which fails."""
    if shutil.which("chromium") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    release = Path("/etc/os-release")
    return release.is_file() and "ID=debian" in release.read_text().splitlines()


def perform(step: Step) -> None:
    """Run one step with its log and leave its stamp.

    Raises:
        SetupError: The step failed and Zaichang does not work without it.
    """
    log, begun = VENV / f"{step.name.replace(' ', '-')}.log", time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    print(f"{step.name} ... ", end="", flush=True)
    try:
        with log.open("wb") as out:
            for command in step.commands:
                out.write(f"$ {' '.join(command)}\n".encode())
                out.flush()
                subprocess.run(
                    command, cwd=step.folder, env=environment, timeout=LIMIT_S, check=True,
                    stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        seconds = time.monotonic() - begun
        if step.optional:
            print(f"not installed ({seconds:.0f} s); its tests will be skipped", flush=True)
            return
        print(f"failed after {seconds:.0f} s", flush=True)
        sys.stderr.writelines(f"    {line}\n" for line in log.read_text(errors="replace").splitlines()[-25:])
        message = f"step '{step.name}' failed; the whole log is {log.relative_to(ROOT)}"
        raise SetupError(message) from error
    print(f"{time.monotonic() - begun:.0f} s", flush=True)
    if step.key:
        step.place.write_text(step.key)


def prepare(purpose: str, *, replace: bool) -> None:
    """Bring the checkout to where ``purpose`` can run."""
    begun = time.monotonic()
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this checkout is running; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        worked = False
        for step in steps_for(purpose, replace=replace):
            if step.done():
                continue
            if not worked:
                print(f"Setting up for 'make {purpose}' (the first time, a minute or two).", flush=True)
                worked = True
            perform(step)
        print(f"Set-up is complete ({time.monotonic() - begun:.1f} s).", flush=True)


def main() -> int:
    """Run from the command line; 0 when ready, 1 with one sentence when something is missing."""
    parser = argparse.ArgumentParser(description="Prepare this checkout.")
    parser.add_argument("purpose", choices=["check", "test", "demo"])
    parser.add_argument("--replace", action="store_true", help="make the environment anew if it is another Python's")
    arguments = parser.parse_args()
    try:
        prepare(arguments.purpose, replace=arguments.replace)
    except SetupError as error:
        sys.stdout.flush()
        sys.stderr.write(f"Set-up stopped: {error}.\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Set-up stopped: {error.strerror} ({error.filename}).\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nSet-up was interrupted; the next run goes on from here.\n")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
