"""Shared parts of the commands that run or open a service. The web stack is imported inside functions only."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from zaichang.cli.log_lines import RepeatedLines
from zaichang.core.errors import ConfigError
from zaichang.core.text import shown

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from zaichang.main.service import Services
    from zaichang.settings import Settings


def add_service_options(parser: ArgumentParser) -> None:
    """Add ``--config`` and ``--data``."""
    parser.add_argument("--config", type=Path, help="TOML file with settings (docs/settings.md)")
    parser.add_argument("--data", type=Path, help="data folder")


def settings_from(args: Namespace, **more: object) -> Settings:
    """Return the settings of a command's arguments.

    Raises:
        ConfigError: ``install.service_missing``, or an error in the settings.
    """
    try:
        from zaichang.settings import load_settings
    except ImportError as error:
        raise ConfigError(
            "install.service_missing",
            f"This command needs the service parts, which are not installed ({error.name}).",
            "Install them: pip install 'zaichang[service]'.",
        ) from error
    return load_settings(args.config, {"data": args.data, **more})


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes any free port.

    Raises:
        ConfigError: ``serve.port_taken`` or ``serve.address``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                "serve.port_taken", f"Port {port} on {host} is taken.", "Stop what uses it, or choose with --port."
            ) from None
        raise ConfigError("serve.address", f"Cannot listen on {host}:{port} ({error.strerror}).") from None
    except OverflowError:
        listener.close()
        raise ConfigError("serve.address", f"{port} is no TCP port.") from None
    return listener


def base_url(settings: Settings, listener: socket.socket) -> str:
    """Return the address under which browsers reach the service.

    Args:
        settings: The settings, whose ``public_url`` takes precedence.
        listener: The listening socket.
    """
    host, port = listener.getsockname()[:2]
    return settings.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop, which needs 20 % less processor time for a heartbeat; None where it is missing."""
    try:
        import uvloop
    except ImportError:  # not on Windows
        return None
    return uvloop.new_event_loop


async def serve(
    services: Services,
    listener: socket.socket,
    beside: Callable[[], Awaitable[bool]] | None = None,
    app: FastAPI | None = None,
) -> bool:
    """Serve until a signal, a fatal log error, or until ``beside`` returns.

    Args:
        services: Built and entered.
        listener: Bound socket.
        beside: Runs while the service serves; its return ends the service.
        app: The application to serve; None takes the service's own.

    Returns:
        The result of ``beside``; True without it.

    Raises:
        FatalLogError: The log stopped.
    """
    import uvicorn

    from zaichang.api.http_protocol import ImpatientHttp
    from zaichang.hours.feed import HourFeed
    from zaichang.log.capture_scrub import NightlyCaptures
    from zaichang.log.command_records import CommandRecords
    from zaichang.log.scrub import NightlyScrub
    from zaichang.main.clocks import keep_mark
    from zaichang.main.service import create_service_app
    from zaichang.protocol.limits import FRAME_MAX_BYTES
    from zaichang.review.overdue import OverdueAppeals
    from zaichang.review.retention import Retention

    config = uvicorn.Config(
        app or create_service_app(services),
        http=ImpatientHttp,
        ws="websockets-sansio",
        ws_max_size=FRAME_MAX_BYTES + 1024,
        ws_per_message_deflate=False,
        # Silence is judged by the rules (heartbeats), not by the transport.
        ws_ping_interval=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=10,
    )
    server = _server(config, services.gateway.drain)
    services.on_fatal.append(lambda: setattr(server, "should_exit", True))
    companion: asyncio.Task[bool] | None = None

    async def accompany() -> bool:
        try:
            return await beside() if beside is not None else True
        finally:
            server.should_exit = True

    if beside is not None:
        companion = asyncio.create_task(accompany())
    chores = [
        asyncio.create_task(
            Retention(services.ports, services.settings.capture_days, services.settings.device_days).run()
        ),
        asyncio.create_task(CommandRecords(services.records, services.logs).run()),
        asyncio.create_task(NightlyScrub(services.log_places, services.ports.clock.now_ms).run()),
        asyncio.create_task(NightlyCaptures(services.store, services.ports.blobs, services.ports.clock.now_ms).run()),
        asyncio.create_task(services.deliveries.run()),
        asyncio.create_task(HourFeed(services.store).run()),
        asyncio.create_task(services.activities.desk.run()),
        asyncio.create_task(OverdueAppeals(services.ports).run()),
        asyncio.create_task(keep_mark(services.folder)),
    ]
    if services.near_copies is not None:
        chores.append(asyncio.create_task(services.near_copies.run()))
    if services.face_search is not None:
        chores.append(asyncio.create_task(services.face_search.run()))
    try:
        await server.serve(sockets=[listener])
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
    if services.fatal:
        raise services.fatal[0]
    if companion is None:
        return True
    if not companion.done():
        companion.cancel()
    done = await asyncio.gather(companion, return_exceptions=True)
    if server.told_to_stop or isinstance(done[0], asyncio.CancelledError):
        return True  # the stop cut off the task beside, so its error is no failure
    if isinstance(done[0], BaseException):
        raise done[0]
    return bool(done[0])


class StoppableServer(Protocol):
    """A uvicorn server that records whether a signal stopped it."""

    should_exit: bool
    told_to_stop: bool

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until ``should_exit``."""


def _server(config: uvicorn.Config, on_stop: Callable[[], None]) -> StoppableServer:
    """Return a server that ends at a signal. uvicorn's own raises the signal again: the data folder would stay open.

    Args:
        config: For uvicorn.
        on_stop: Called at the signal, before connections are closed: tells the players to come back.
    """
    import uvicorn

    loop = asyncio.get_running_loop()

    class Server(uvicorn.Server):
        told_to_stop = False

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.told_to_stop = True
            loop.call_soon_threadsafe(on_stop)
            super().handle_exit(sig, frame)

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Not loop.add_signal_handler: its signals travel through the loop's own pipe, and one that arrives while
            # some 280 callbacks of other threads wait there is lost.
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    return Server(config)


def set_up_logging(verbose: bool) -> None:
    """Log to standard error; never persons, tokens or pictures (docs/privacy.md)."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(RepeatedLines())
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])


class _OneLine(logging.Formatter):
    """Formats each message as one line, with escapes for terminal control characters. A traceback follows below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without its traceback."""
        return shown(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """Return a traceback, each of its lines by itself."""
        return "\n".join(shown(line) for line in super().formatException(ei).split("\n"))
