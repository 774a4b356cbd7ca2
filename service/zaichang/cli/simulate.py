"""``zaichang simulate``: a whole study session from a scenario file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.cli.simulation_door import run_there


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "run a whole study session from a scenario file (docs/simulation.md)"
    parser = subparsers.add_parser("simulate", help=text, description=text)
    parser.add_argument("scenario", type=Path, metavar="SCENARIO.toml")
    parser.add_argument(
        "--media", type=Path, action="append", default=[], metavar="DIR", help="a further folder with media files"
    )
    parser.add_argument(
        "--server", metavar="URL", help="run in real time against a running service, e.g. http://127.0.0.1:8000"
    )
    parser.add_argument("--key", default="", help="with --server: the institution's platform key")
    parser.add_argument("--token", default="", help="with --server: a launch token instead of the key")
    parser.add_argument("--json", action="store_true", help="the whole result as one JSON object")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Run the scenario, where the simulation is installed; 0 as expected, 1 not, 2 cannot decide, 3 usage."""
    return run_there("command", args)
