"""Every error that crosses a room's edge, as one tree.

* ``ZaichangError``: a stable ``code``, a ``message`` (what was wrong, with which input), a ``hint`` (what to do)

  * ``PeerViolation`` — the other side sent something it must not (HTTP 4xx, websocket close code)
  * ``NotAllowed`` — the caller is known or unknown, and may not do this (401, 403)
  * ``NotFound`` — the thing asked for does not exist (404)
  * ``IllegalEvent`` — an event that the session's phase does not accept; the state is unchanged
  * ``ConfigError`` — a setting, policy or catalogue is wrong; the process does not start
  * ``UnreadableInput`` — a file, picture or record that cannot be read as what it claims to be
  * ``EvidenceError`` — a record, proof, note or tile does not check
  * ``StorageError`` — the data folder or database refuses; nothing unacknowledged was promised
  * ``ModelError`` — a model is absent, has the wrong hash, or its package could not be had
  * ``FatalLogError`` — the log is in a state in which signing on would be dishonest: the process stops

Codes are ``area.what`` in lower case and never change their meaning (docs/errors.md lists them).
"""

from __future__ import annotations

from typing import ClassVar, Self

__all__ = [
    "ConfigError",
    "EvidenceError",
    "FatalLogError",
    "IllegalEvent",
    "ModelError",
    "NotAllowed",
    "NotFound",
    "PeerViolation",
    "StorageError",
    "UndecidedEvidence",
    "UnreadableInput",
    "ZaichangError",
]


class ZaichangError(Exception):
    """An error with a stable code, for people and for machines.

    Args:
        code: ``area.what``, stable across versions.
        message: The problem and its input. Never holds a name, an ID number, a token or a secret.
        hint: What to do about it; empty where nothing helps.
    """

    http_status: ClassVar[int] = 500
    close_code: ClassVar[int] = 4500
    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Store the three parts; ``str(error)`` is ``code: message hint``."""
        super().__init__(f"{code}: {message}" + (f" {hint}" if hint else ""))
        self.code = code
        self.message = message
        self.hint = hint

    def saying(self, message: str) -> Self:
        """Return the same error with another message, for example with the place in a file."""
        return type(self)(self.code, message, self.hint)

    def as_dict(self) -> dict[str, dict[str, str]]:
        """Return the error in the one shape of the wire and of HTTP."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


class PeerViolation(ZaichangError):
    """The other side broke the protocol or sent input outside the limits."""

    http_status = 422
    close_code = 4400


class NotAllowed(ZaichangError):
    """The caller may not do this, or did not say who it is."""

    http_status = 403
    close_code = 4403


class NotFound(ZaichangError):
    """The thing asked for does not exist (or may not be known to exist)."""

    http_status = 404
    close_code = 4404


class IllegalEvent(ZaichangError):
    """An event that the session's phase does not accept; the state is unchanged."""

    http_status = 409
    close_code = 4409


class ConfigError(ZaichangError):
    """A setting, policy, scenario or catalogue is wrong."""

    exit_code = 3


class UnreadableInput(ZaichangError):
    """A file, picture or record cannot be read as what it claims to be."""

    http_status = 422
    close_code = 4400


class EvidenceError(ZaichangError):
    """A record, proof, note or tile does not check."""

    http_status = 409
    exit_code = 1


class UndecidedEvidence(EvidenceError):
    """A check cannot be decided yet: nothing was found wrong, and something is missing, as a witness's cosignature."""

    exit_code = 2


class StorageError(ZaichangError):
    """The data folder or database refuses."""

    http_status = 503


class ModelError(ZaichangError):
    """A model is absent, has the wrong hash, or could not be fetched."""

    http_status = 503


class FatalLogError(ZaichangError):
    """Continuing could lose records or fork the log: the process must stop."""
