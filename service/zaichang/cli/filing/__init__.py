"""``zaichang file``: file hours with an authority's platform, from the institution's side."""

from __future__ import annotations

import argparse
import importlib
from typing import Final

ACTIONS: Final = ("check", "courses", "batches", "exchange", "nightly", "cases")
"""Modules of this package, each with ``add_action(actions)``."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command with its actions."""
    text = "file hours with an authority's platform (学时报送); names stay on this side"
    parser = subparsers.add_parser("file", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ACTIONS:
        importlib.import_module(f"{__name__}.{name}").add_action(actions)
