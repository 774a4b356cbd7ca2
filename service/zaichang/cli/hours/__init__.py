"""``zaichang hours``: one file per action, each with ``add_action(actions)``."""

from __future__ import annotations

import argparse
import importlib
from typing import Final

ACTIONS: Final = ("cases", "rules", "statement", "feed", "figures", "certificate")
"""Modules of this package."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command with its actions."""
    parser = subparsers.add_parser("hours", help="count hours and credits by hour rules (学时、学分)")
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ACTIONS:
        importlib.import_module(f"{__name__}.{name}").add_action(actions)
