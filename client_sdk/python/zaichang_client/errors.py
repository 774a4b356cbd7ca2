"""Errors of the client: ``ClientError`` is the root of all."""

from __future__ import annotations


class ClientError(Exception):
    """An error with the server's stable code (docs/errors.md) or one of the client's own (``client.*``)."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Store the three parts; ``str(error)`` is ``code: message hint``."""
        super().__init__(f"{code}: {message}" + (f" {hint}" if hint else ""))
        self.code = code
        self.message = message
        self.hint = hint


class UnknownMessage(ClientError):
    """A message type of a newer service; a client ignores it."""


class ConnectionGone(ClientError):
    """The connection ended. ``close_code`` gives the reason; it is 1006 where the other side sent none."""

    def __init__(self, close_code: int, message: str = "the connection ended") -> None:
        """Keep the close code."""
        super().__init__("client.connection_gone", f"{message} ({close_code}).")
        self.close_code = close_code


class SessionRefused(ClientError):
    """The server refuses this client for good; reconnecting does not help."""

    def __init__(self, close_code: int, code: str, message: str, hint: str = "") -> None:
        """Keep the close code."""
        super().__init__(code, message, hint)
        self.close_code = close_code
