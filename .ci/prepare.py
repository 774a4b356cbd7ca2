"""Prepare a checkout: virtual environment, dependencies, package, models, SDK, browser.

Each step leaves a stamp that holds the hash of its sources, so a second run takes a moment. The noisy
output of a step goes to ``.venv/<step>.log`` and is shown only when the step fails.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
WEB = ROOT / "client_sdk" / "web"
SIMULATION = ROOT / "service" / "zaichang_simulation"
CATALOG = ROOT / "models" / "catalog.toml"
APT_LIMIT_S = 300
PIP_INSTALL: tuple[str | Path, ...] = (
    *(BIN / "python", "-m", "pip", "install"),
    # Python compiles modules at import; compiling everything takes longer than most of the rest.
    *("--disable-pip-version-check", "--no-input", "--no-user", "--progress-bar=off", "--no-compile"),
)


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence that says what is missing and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its sources (``key``), whether its result is in place, and how to make it."""

    name: str
    key: str
    present: Callable[[], bool]
    run: Callable[[Path], None]
    optional: bool = False


def call(log: Path, command: Sequence[str | Path], *, cwd: Path = ROOT, limit_s: float | None = None) -> None:
    """Run one command of a step; its output goes to the end of ``log``.

    Raises:
        subprocess.CalledProcessError: The command failed.
        subprocess.TimeoutExpired: It ran longer than ``limit_s``.
    """
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    with log.open("ab") as out:
        out.write(f"$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        subprocess.run(
            [str(part) for part in command],
            cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=limit_s,
            check=True,
        )  # fmt: skip


def digest(*paths: Path, extra: str = "") -> str:
    """Return a hash over the names and bytes of files and, recursively, of folders."""
    total = hashlib.sha256(extra.encode())
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"absent")
    return total.hexdigest()


# ---------------------------------------------------------------- prerequisites


def check_venv_module() -> None:
    """Raise if this Python cannot make a virtual environment with pip in it (Debian splits that off)."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        message = (
            f"Python {platform.python_version()} has no venv module; "
            f"on Debian or Ubuntu: sudo apt-get install python{version}-venv"
        )
        raise SetupError(message)


def check_node() -> str:
    """Return Node's version; raise if Node 20+ or npm is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    how = (
        "on Debian or Ubuntu: sudo apt-get install nodejs npm (where that gives an older Node: "
        "Node.js 20 or newer from nodejs.org)"
    )
    if node is None:
        message = f"Node.js 20 or newer builds the web SDK and was not found; {how}"
        raise SetupError(message)
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    match = re.match(r"v(\d+)\.", version)
    if match is None or int(match[1]) < 20:
        message = f"Node.js 20 or newer builds the web SDK and this one is {version or 'broken'}; {how}"
        raise SetupError(message)
    if npm is None:
        message = "npm builds the web SDK and was not found; on Debian or Ubuntu: sudo apt-get install npm"
        raise SetupError(message)
    return version


# ---------------------------------------------------------------- steps


def environment_step(replace: bool) -> Step:
    """Make ``.venv``; a moved checkout or another Python asked for makes it anew."""
    python = Path(sys.base_prefix).resolve()
    key = str(VENV) if not replace else f"{VENV} {python} {sys.version_info[:3]}"

    def present() -> bool:
        stamp = VENV / "stamps" / "environment"
        made = stamp.read_text() if stamp.is_file() else ""
        return (BIN / "python").exists() and (made == key if replace else made.startswith(f"{VENV} "))

    def run(log: Path) -> None:
        check_venv_module()
        for entry in VENV.iterdir():
            if entry.name not in {"setup.lock", log.name}:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        # The interpreter may be that of the environment just emptied: ask the base one.
        base = getattr(sys, "_base_executable", sys.executable)
        call(log, [base, "-m", "venv", VENV])
        (VENV / "stamps").mkdir()
        (VENV / "stamps" / "environment").write_text(f"{VENV} {python} {sys.version_info[:3]}")

    return Step(name="environment", key="", present=present, run=run)


def dependencies_step(purpose: str) -> Step:
    """Install exactly what a lock file names, every file checked by hash, with the user's own pip settings.

    The demo needs less than half of the tools' packages, and nothing where the tools are installed already.
    """
    stamp = VENV / "stamps" / "dependencies"
    tools_there = stamp.is_file() and stamp.read_text() == digest(DEV_LOCK)
    lock = LOCK if purpose == "demo" and not tools_there else DEV_LOCK

    def run(log: Path) -> None:
        call(log, [*PIP_INSTALL, "--require-hashes", "--no-deps", "-r", lock])

    return Step(name="dependencies", key=digest(lock), present=lambda: True, run=run)


def package_step() -> Step:
    """Install Zaichang and its simulation, editable; the build tool comes from the lock file too."""

    def run(log: Path) -> None:
        call(log, [*PIP_INSTALL, "--no-deps", "--no-build-isolation", "-e", ROOT, "-e", SIMULATION])

    made_from = digest(ROOT / "pyproject.toml", SIMULATION / "pyproject.toml", CATALOG, LOCK)
    return Step(name="zaichang", key=made_from, present=(BIN / "zaichang").exists, run=run)


def models_step() -> Step | None:
    """Fetch the pinned models into the user's cache; cached files are checked by hash every time."""
    if not answers("models", "--help"):
        return None

    def run(log: Path) -> None:
        call(log, [BIN / "zaichang", "models", "fetch"])

    return Step(name="models", key="", present=lambda: answers("models", "verify"), run=run)


def answers(*arguments: str) -> bool:
    """Tell whether ``zaichang`` with these arguments exits with 0."""
    command = [str(BIN / "zaichang"), *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def web_step(node: str) -> Step | None:
    """Install the SDK's own tools and build it."""
    if not (WEB / "package.json").is_file():
        return None
    packages = WEB / "node_modules" / ".zaichang-packages"
    tools = digest(WEB / "package-lock.json", extra=node)
    sources = [p for p in WEB.iterdir() if p.is_file() or p.name in {"src", "scripts", "demo", "public"}]

    def run(log: Path) -> None:
        if not packages.is_file() or packages.read_text() != tools:
            call(log, ["npm", "ci", "--no-audit", "--no-fund"], cwd=WEB)
            packages.write_text(tools)
        call(log, ["npm", "run", "build"], cwd=WEB)

    return Step(
        name="web SDK", key=digest(*sorted(sources), extra=node),
        present=lambda: packages.is_file() and (WEB / "dist").is_dir(), run=run,
    )  # fmt: skip


def browser_step() -> Step | None:
    """Install Debian's Chromium for the browser tests, where this is Debian and we may; else those tests skip."""
    if shutil.which("chromium") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    release = Path("/etc/os-release")
    if not release.is_file() or not re.search(r"^ID=debian$", release.read_text(), re.MULTILINE):
        return None  # elsewhere "chromium" is a snap, which does not run in a container

    def run(log: Path) -> None:
        call(log, ["apt-get", "update", "-q"], limit_s=APT_LIMIT_S)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        call(log, ["env", "DEBIAN_FRONTEND=noninteractive", *command], limit_s=APT_LIMIT_S)

    return Step(
        name="browser", key="debian", present=lambda: shutil.which("chromium") is not None, run=run, optional=True
    )


def steps_for(purpose: str, *, replace: bool) -> Iterator[Callable[[], Step | None]]:
    """Yield what ``purpose`` (check, test or demo) needs, in order; built late, as one step's result feeds the next."""
    node = check_node()
    yield lambda: environment_step(replace)
    yield lambda: dependencies_step(purpose)
    yield package_step
    if purpose != "check":
        yield models_step
    yield lambda: web_step(node)
    if purpose == "test":
        yield browser_step


# ---------------------------------------------------------------- the run


def is_done(step: Step) -> bool:
    """Tell whether the step's stamp matches what it would be made from now."""
    stamp = VENV / "stamps" / step.name.replace(" ", "-")
    return step.present() and (not step.key or (stamp.is_file() and stamp.read_text() == step.key))


def explain(step: str, log: Path, error: Exception) -> str:
    """Say in one sentence why a step failed, as far as its log tells."""
    text = log.read_text(errors="replace")
    where = f"(the whole log is {log.relative_to(ROOT)})"
    causes = {
        r"No space left on device|ENOSPC": "the disk is full",
        r"Temporary failure in name resolution|Name or service not known|EAI_AGAIN|ENOTFOUND|ECONNREFUSED"
        r"|Failed to establish a new connection|Network is unreachable": "the package index could not be reached; "
        "check the network, or the proxy and mirror settings of pip and npm",
        r"DO NOT MATCH THE HASHES": "a downloaded package is not the one in the lock file and was refused",
        r"No matching distribution found|Could not find a version": "the package index has no file that fits this "
        "platform and Python",
    }
    for pattern, cause in causes.items():
        if re.search(pattern, text):
            return f"step '{step}' failed because {cause} {where}"
    return f"step '{step}' failed: {type(error).__name__} {where}"


def perform(step: Step, label: str) -> None:
    """Run one step with its log and leave its stamp.

    Raises:
        SetupError: The step failed and Zaichang does not work without it.
    """
    log, begun = VENV / f"{step.name.replace(' ', '-')}.log", time.monotonic()
    log.write_bytes(b"")
    print(f"{label} ... ", end="", flush=True)
    try:
        step.run(log)
    except (subprocess.SubprocessError, OSError) as error:
        seconds = time.monotonic() - begun
        if step.optional:
            print(f"not installed ({seconds:.0f} s); its tests will be skipped", flush=True)
            return
        print(f"failed after {seconds:.0f} s", flush=True)
        tail = log.read_text(errors="replace").splitlines()[-25:]
        sys.stderr.write("\n".join(f"    {line}" for line in tail) + "\n")
        raise SetupError(explain(step.name, log, error)) from error
    print(f"{time.monotonic() - begun:.0f} s", flush=True)
    if step.key:
        (VENV / "stamps" / step.name.replace(" ", "-")).write_text(step.key)


def prepare(purpose: str, *, replace: bool) -> None:
    """Bring the checkout to where ``purpose`` can run."""
    begun = time.monotonic()
    VENV.mkdir(exist_ok=True)
    with (VENV / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this checkout is running; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        makers = list(steps_for(purpose, replace=replace))
        worked = False
        for number, make in enumerate(makers, start=1):
            step = make()
            if step is None or is_done(step):
                continue
            if not worked:
                print(f"Setting up for 'make {purpose}' (the first time, a minute or two).", flush=True)
                worked = True
            perform(step, f"[{number}/{len(makers)}] {step.name}")
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
