"""Websocket close codes of protocol 1 (private range 4000-4999, RFC 6455 §7.4.2)."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the server closes; the client acts on ``retry``, see docs/protocol.md."""

    FINISHED = 4000
    """The session ended; do not reconnect."""
    BAD_MESSAGE = 4400
    """The client broke the protocol too often; do not reconnect."""
    TOKEN_REFUSED = 4401
    """Launch token missing, forged, expired or for something else; get a new one."""
    NOT_ALLOWED = 4403
    """Known, but may not; do not reconnect."""
    NOT_FOUND = 4404
    """The session to resume does not exist; join without resume."""
    JOIN_TIMEOUT = 4408
    """No join message in time; reconnect."""
    SUPERSEDED = 4409
    """The learner started elsewhere; do not reconnect by yourself."""
    TOO_FAST = 4429
    """Too many messages; reconnect after a minute."""
    SERVER_ERROR = 4500
    """Our fault; reconnect with back-off and resume."""
    OVERLOADED = 4503
    """No capacity now; reconnect with back-off."""
    RESTARTING = 1012
    """The service restarts; reconnect with jitter and resume."""
