"""Every static check, one line each; a failing check shows its output, and the others still run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import mirror
import protocols
import repository
import version
import words

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
WEB = ROOT / "client_sdk" / "web"


def command(arguments: Sequence[str | Path], cwd: Path = ROOT) -> list[str]:
    """Run one tool; return its output as findings when it fails, nothing when it passes."""
    done = subprocess.run(
        [str(part) for part in arguments],
        cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines() or [f"exit status {done.returncode}"] if done.returncode else []


def types() -> list[str]:
    """Type-check the package, then each other typed Python tree by itself."""
    findings = command([BIN / "mypy"])
    if (ROOT / "client_sdk" / "python").is_dir():
        findings += command([BIN / "mypy", "--config-file", "pyproject.toml", *python_sdk()])
    return findings + command([BIN / "mypy", ".ci"]) + command([BIN / "mypy", "benchmarks"])


def python_sdk() -> list[str]:
    """Name the packages of the Python client."""
    packages = sorted((ROOT / "client_sdk" / "python").glob("*/__init__.py"))
    return [argument for package in packages for argument in ("--package", package.parent.name)]


def workflows() -> list[str]:
    """Validate the CI workflows against GitHub's schema, which the tool brings along."""
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    return command([BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files])


def main() -> int:
    """Run all checks; 1 if any found something."""
    checks = {
        "lint": lambda: command([BIN / "ruff", "check", "--quiet", "."]),
        "format": lambda: command([BIN / "ruff", "format", "--check", "--quiet", "."]),
        "types": types,
        "import order": lambda: command([BIN / "lint-imports"]),
        "file sizes": repository.too_long,
        "port sizes": protocols.too_wide,
        "text": repository.stray_text,
        "words": words.findings,
        "test names": mirror.findings,
        "ignores": repository.blanket_ignores,
        "generated": lambda: command([BIN / "python", ".ci/pages.py", "--check"]),
        "lock files": repository.lock_findings,
        "version": version.findings,
        "workflows": workflows,
    }
    if (WEB / "package.json").is_file():
        checks["SDK types"] = lambda: command(["npm", "run", "--silent", "typecheck"], WEB)
    failed = []
    for name, check in checks.items():
        begun = time.monotonic()
        findings = check()
        if findings:
            failed.append(name)
        print(f"{name:<14}{'FAILED' if findings else 'ok':<8}{time.monotonic() - begun:5.1f} s", flush=True)
        for line in findings:
            print(f"    {line}")
    print(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
