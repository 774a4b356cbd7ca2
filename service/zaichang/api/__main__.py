"""``python -m zaichang.api``: print openapi.json; with ``--write``, replace the copy in the tree."""

from __future__ import annotations

import sys
from pathlib import Path

from zaichang.api.app import describe
from zaichang.api.openapi import as_text

FILE = Path(__file__).with_name("openapi.json")


def main() -> int:
    """Print openapi.json, or replace the copy in the tree where the command line has ``--write``."""
    text = as_text(describe().openapi())
    if "--write" in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
