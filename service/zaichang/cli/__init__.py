"""The ``zaichang`` command: one file per subcommand, each imported only when it is needed.

Exit codes: 0 ok, 1 finding (the checked thing is wrong), 2 cannot decide, 3 usage or configuration.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

from zaichang import __version__
from zaichang.cli.out import say
from zaichang.core.errors import ZaichangError

COMMANDS: Final = (
    "serve",
    "demo",
    "course",
    "enrol",
    "manage",
    "evidence.replay",
    "evidence.export",
    "evidence.verify",
    "evidence.audit",
    "evidence.receipt",
    "evidence.log",
    "evidence.witness",
    "evidence.trust",
    "evidence.sample",
    "erase",
    "models",
    "assess",
    "compare",
    "simulate",
    "policy",
    "hours",
    "filing",
)
"""Modules of this package, each with ``add_parser(subparsers)``; those that a build does not have are left out."""

EXIT_OK: Final = 0
EXIT_UNDECIDED: Final = 2
EXIT_USAGE: Final = 3
EXIT_INTERRUPTED: Final = 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"zaichang: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command of this build."""
    parser = _Parser(prog="zaichang", description="Zaichang (在场): online study as verified minutes.")
    parser.add_argument("--version", action="version", version=f"zaichang {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        if importlib.util.find_spec(f"{__name__}.{name}") is not None:
            importlib.import_module(f"{__name__}.{name}").add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = build_parser().parse_args(arguments)
    try:
        return int(args.func(args))
    except ZaichangError as error:
        if getattr(args, "json", False):
            say(json.dumps(error.as_dict(), ensure_ascii=False), whole=True)
        say(f"zaichang: {error}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (``zaichang ... | head``); nothing is wrong.
        sys.stderr.close()
        return EXIT_OK
    except Exception as error:
        # A fault of the program says nothing about its input. Python's own exit code for it, 1, means a finding.
        for line in traceback.format_exc().splitlines():
            say(line, err=True)
        say(f"zaichang: internal fault ({type(error).__name__}); nothing was decided. Please report it.", err=True)
        return EXIT_UNDECIDED
