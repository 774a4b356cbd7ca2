"""``zaichang serve``: run the service."""

from __future__ import annotations

import asyncio
import socket
from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, base_url, bind, loop_factory, serve, set_up_logging, settings_from

if TYPE_CHECKING:
    from zaichang.settings import Settings


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "run the service on a data folder until a signal stops it"
    parser = subparsers.add_parser("serve", help=text, description=text)
    add_service_options(parser)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="TCP port; 0 takes a free one")
    parser.add_argument(
        "--accept-clock",
        action="store_true",
        help="start although the clock was set since the last run; check the clock first",
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Serve; returns 0 after a clean stop."""
    set_up_logging(args.verbose)
    settings = settings_from(args, host=args.host, port=args.port)
    listener = bind(settings.host, settings.port)
    with listener:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(settings, listener, accept_clock=args.accept_clock))
    return 0


async def _serve(settings: Settings, listener: socket.socket, *, accept_clock: bool) -> None:
    from zaichang.main.process import prepare_process
    from zaichang.main.service import build

    prepare_process(settings)
    async with await build(settings, clock_accepted=accept_clock) as services:
        say(f"Zaichang serves on {base_url(settings, listener)} (data folder {settings.data})")
        await serve(services, listener)
