"""Writes the red team's page and the figures of both READMEs from the records of suite, search and fresh set.

``python -m zaichang_simulation.redteam.files docs`` reads redteam.json, adversary.json and fresh-set.json in docs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zaichang_simulation.redteam.page import page
from zaichang_simulation.redteam.readme import chinese, english


def write(folder: Path) -> None:
    """Write redteam.md into a folder from the records there, and mend the READMEs beside it, where there are any."""
    rows, search = _record(folder / "redteam.json") or [], _record(folder / "adversary.json")
    (folder / "redteam.md").write_text(page(rows, search, _record(folder / "fresh-set.json")), encoding="utf-8")
    for name, mend in (("README.md", english), ("README.zh-CN.md", chinese)):
        path = folder.parent / name
        if path.is_file():
            path.write_text(mend(path.read_text(encoding="utf-8"), rows, search), encoding="utf-8")


def _record(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


if __name__ == "__main__":
    write(Path(sys.argv[1]))
