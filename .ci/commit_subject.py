"""Checks commit messages: a subject of at most 72 characters, then an empty line. A hook of pre-commit, and of CI.

Usage: commit_subject.py MESSAGE_FILE        or: commit_subject.py --range main..HEAD
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUBJECT_MAX = 72
_BY_GIT = ("Merge ", "Revert ", "fixup! ", "squash! ")


def findings(message: str) -> list[str]:
    """Return the problem of a message; comment lines do not count."""
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if subject.startswith(_BY_GIT):
        return []
    wrong = []
    if not subject.strip():
        wrong.append("the first line is empty; say there what the commit does")
    if len(subject) > SUBJECT_MAX:
        wrong.append(f"the first line has {len(subject)} characters; {SUBJECT_MAX} are the limit")
    if subject.endswith("."):
        wrong.append("the first line ends in a full stop")
    if len(lines) > 1 and lines[1].strip():
        wrong.append("the second line is not empty")
    return wrong


def messages(revisions: str) -> dict[str, str]:
    """Return the messages of a range of commits, by abbreviated hash."""
    command = ["git", "log", "--no-merges", "--format=%h%x00%B%x01", revisions]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pairs = [entry.strip("\n").split("\0", 1) for entry in text.split("\x01") if entry.strip()]
    return {name: body for name, body in pairs}


def main(arguments: list[str]) -> int:
    """Check one message file or a range; 1 where something is wrong."""
    if len(arguments) == 2 and arguments[0] == "--range":
        found = messages(arguments[1])
    elif len(arguments) == 1:
        found = {arguments[0]: Path(arguments[0]).read_text()}
    else:
        sys.stderr.write(f"{(__doc__ or '').splitlines()[-1]}\n")
        return 2
    wrong = [f"{name}: {what}" for name, message in found.items() for what in findings(message)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
