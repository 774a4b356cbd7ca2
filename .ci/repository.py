"""What the repository itself must look like: file sizes, no stray text, lock files without addresses."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SOURCE_SUFFIXES = {".py", ".ts"}
LIMIT_LINES = 400
MEDIAN_LIMIT_LINES = 150
FOLDER_LIMIT_FILES = 24

# An absolute path of one machine is useless on others. The sets keep this file clear of its own rule.
_MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home|root|Users|tmp|work|opt)/[\w.]")
_GENERATED = re.compile(r"co-authored[-]by|language[ ]model|generated (?:by|with) an? (?:ai|assistant)", re.IGNORECASE)
_LOCK_ADDRESS = re.compile(r"\w+://|^--(?:extra-)?index|^--find-links|^--trusted-host", re.MULTILINE)
_BLANKET = re.compile(r"#\s*(?:noqa(?!:)|ruff: noqa|type: ignore(?!\[)|mypy: ignore)\b|@ts-no[c]heck")
_RULES = {"a machine's path": _MACHINE_PATH, "an authorship mark": _GENERATED}


def tracked(root: Path = ROOT) -> list[Path]:
    """Return every tracked file that still exists."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    return [root / name for name in listing.decode().split("\0") if name and (root / name).is_file()]


def _lines_by_file() -> dict[str, int]:
    return {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in tracked()
        if path.suffix in SOURCE_SUFFIXES
    }


def too_long() -> list[str]:
    """Name the source files over their limit, overfull service folders, and a service of long files."""
    return size_findings(_lines_by_file())


def size_findings(lines_by_file: Mapping[str, int]) -> list[str]:
    """Name files that are too long, service folders with too many files, and a service of long files.

    Args:
        lines_by_file: Lines of every source file, by its path in the repository.
    """
    found = [
        f"{name}: {lines} lines; the limit is {LIMIT_LINES}: split it by subject"
        for name, lines in sorted(lines_by_file.items())
        if lines > LIMIT_LINES
    ]
    service = {name: lines for name, lines in lines_by_file.items() if name.startswith("service/")}
    folders = Counter(name.rpartition("/")[0] for name in service)
    found += [
        f"{folder}/: {files} source files in one level; the limit is {FOLDER_LIMIT_FILES}: group them by subject"
        for folder, files in sorted(folders.items())
        if files > FOLDER_LIMIT_FILES
    ]
    if service and (middle := median(service.values())) > MEDIAN_LIMIT_LINES:
        found.append(f"service/: the median file has {middle:g} lines; the limit is {MEDIAN_LIMIT_LINES}")
    return found


def findings_in(text: str) -> list[tuple[int, str]]:
    """Return (line number, what was found) for text that does not belong in the repository."""
    return [
        (number, f"{what}: {line.strip()[:100]}")
        for number, line in enumerate(text.splitlines(), start=1)
        for what, rule in _RULES.items()
        if rule.search(line)
    ]


def stray_text() -> list[str]:
    """Name tracked text that holds a machine's path or an authorship mark."""
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}:{number}: {what}" for number, what in findings_in(text)]
    return found


def lock_findings() -> list[str]:
    """Name what the lock files must not hold."""
    return [
        f"{name}: {finding}"
        for name in ("requirements.lock", "requirements-dev.lock")
        for finding in lock_findings_in((ROOT / name).read_text())
    ]


def lock_findings_in(text: str) -> list[str]:
    """Name what a lock file must not hold: addresses of an index, unpinned or unhashed packages."""
    found = [f"holds an address: {match[0]}" for match in _LOCK_ADDRESS.finditer(text)]
    for block in re.split(r"\n(?=\S)", text):
        name = block.split(" ", 1)[0].strip()
        if not name or name.startswith("#"):
            continue
        if "==" not in name or "--hash=sha256:" not in block:
            found.append(f"{name} is not pinned with a hash")
    return found


def blanket_ignores_in(text: str) -> list[int]:
    """Return the numbers of the lines that switch a tool off without saying what for."""
    return [number for number, line in enumerate(text.splitlines(), start=1) if _BLANKET.search(line)]


def blanket_ignores() -> list[str]:
    """Name the source lines that switch a tool off without saying what for."""
    return [
        f"{path.relative_to(ROOT)}:{number}: name the ignored code"
        for path in tracked()
        if path.suffix in SOURCE_SUFFIXES
        for number in blanket_ignores_in(path.read_text())
    ]
