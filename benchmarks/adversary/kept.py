"""The worst ways of earlier searches, and the limits that each class must keep in the tests."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

from benchmarks.adversary.ways import Way, way_from_plain, way_to_plain

WAYS: Final = Path(__file__).with_name("worst.json")
LIMITS: Final = Path(__file__).with_name("limits.toml")


def load_ways(path: Path = WAYS) -> dict[str, Way]:
    """Return the kept ways by class; none where there is no file."""
    if not path.is_file():
        return {}
    return {kind: way_from_plain(plain) for kind, plain in json.loads(path.read_text(encoding="utf-8")).items()}


def save_ways(ways: dict[str, Way], path: Path = WAYS) -> None:
    """Write the ways by class."""
    plain = {kind: way_to_plain(way) for kind, way in ways.items()}
    path.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_limits(path: Path = LIMITS) -> dict[str, float]:
    """Return by class the most seconds that ten minutes of a lesson may give."""
    return {str(kind): float(value) for kind, value in tomllib.loads(path.read_text())["ten_minutes_s"].items()}
