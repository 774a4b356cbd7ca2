"""``zaichang demo``: a sample institution, its lessons, a simulated learner, and the pages to look at them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from zaichang.cli.service import add_service_options
from zaichang.cli.simulation_door import run_there


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "try everything: a sample lesson for you and your webcam, and a simulated learner beside you"
    parser = subparsers.add_parser("demo", help=text, description=text)
    add_service_options(parser)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="TCP port; 0 takes a free one")
    parser.add_argument(
        "--once",
        action="store_true",
        help="end after one simulated study; exit 0 only if minutes were verified and the log checked",
    )
    parser.add_argument("--json", action="store_true", help="with --once: print the result as JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Run the demo, where the simulation is installed."""
    return run_there("demo.command", args)
