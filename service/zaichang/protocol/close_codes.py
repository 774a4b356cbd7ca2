"""Websocket close codes of protocol 1 (RFC 6455 §7.4.2: private range), and the client's action after each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class CloseAction(StrEnum):
    """The action after a close; every code that is not in ``CLOSES`` means ``RETRY``."""

    END = "end"
    """Stop; do not reconnect."""
    RELAUNCH = "token"
    """Get a new launch token."""
    REJOIN = "rejoin"
    """Join without ``resume``."""
    SLOW = "slow"
    """Reconnect after a minute."""
    RETRY = "retry"
    """Reconnect with back-off and resume."""


class CloseCode(IntEnum):
    """Why the server closes."""

    FINISHED = 4000
    BAD_MESSAGE = 4400
    TOKEN_REFUSED = 4401
    NOT_ALLOWED = 4403
    NOT_FOUND = 4404
    JOIN_TIMEOUT = 4408
    SUPERSEDED = 4409
    TOO_FAST = 4429
    SERVER_ERROR = 4500
    OVERLOADED = 4503
    RESTARTING = 1012


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A close code in words.

    Attributes:
        meaning: Why the server closes.
        action: The action that the client takes.
    """

    meaning: str
    action: CloseAction


def _close(meaning: str, action: CloseAction) -> Close:
    return Close(meaning=meaning, action=action)


_C = CloseCode
CLOSES: Final = MappingProxyType(
    {
        _C.FINISHED: _close("the session ended", CloseAction.END),
        _C.BAD_MESSAGE: _close("the client broke the protocol too often, or its join was wrong", CloseAction.END),
        _C.TOKEN_REFUSED: _close("launch token missing, forged, expired, in use or used up", CloseAction.RELAUNCH),
        _C.NOT_ALLOWED: _close("the client is known, and may not do this", CloseAction.END),
        _C.NOT_FOUND: _close("the session to resume does not exist for this token", CloseAction.REJOIN),
        _C.JOIN_TIMEOUT: _close("no join in time", CloseAction.RETRY),
        _C.SUPERSEDED: _close("the learner started elsewhere, or another connection took over", CloseAction.END),
        _C.TOO_FAST: _close("too many messages", CloseAction.SLOW),
        _C.SERVER_ERROR: _close("a fault of the service", CloseAction.RETRY),
        _C.OVERLOADED: _close("no capacity, storage refuses, or the client reads too slowly", CloseAction.RETRY),
        _C.RESTARTING: _close("the service restarts, or another process took the session over", CloseAction.RETRY),
    }
)
"""Every close code; a test checks that the table is complete."""
