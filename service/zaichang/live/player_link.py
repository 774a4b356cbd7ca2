"""The player's side of one open session: its connection, and all messages to it."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.core.reasons import ReasonCode
from zaichang.live.connection import Connection
from zaichang.live.orders import closed_message, counted_parts, message_for, minute_message, verified_ms_of
from zaichang.ports.records import StoredMinute
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.messages import ServerMessage
from zaichang.session.decisions import AckHeartbeat, Decision, Final
from zaichang.session.state import State


class PlayerLink:
    """At most one connection. Without one, messages are dropped; the player gets the state again when it resumes."""

    def __init__(self, link_ms: int) -> None:
        """Start without a connection.

        Args:
            link_ms: The policy's ``liveness_link_ms``, which the countdown of every challenge keeps back.
        """
        self._link_ms = link_ms
        self._connection: Connection | None = None
        self._anchored_ms = 0

    @property
    def connected(self) -> bool:
        """Whether a player is connected now."""
        return self._connection is not None

    def attach(self, connection: Connection) -> Connection | None:
        """Use a new connection; return the one that it replaces."""
        previous, self._connection = self._connection, connection
        return previous

    def detach(self, connection: Connection) -> bool:
        """Forget a connection; return whether it was the one in use."""
        if self._connection is not connection:
            return False
        self._connection = None
        return True

    def end(self, code: CloseCode, reason: str) -> None:
        """Close the connection after the queued messages."""
        if self._connection is not None:
            self._connection.end(code, reason)

    def send(self, message: ServerMessage) -> None:
        """Queue a message."""
        if self._connection is not None:
            self._connection.send(message)

    def locale(self) -> str:
        """Return the player's language; empty while no player is connected."""
        return self._connection.locale if self._connection is not None else ""

    def count_anchored(self, minutes: Sequence[StoredMinute]) -> None:
        """Add the minutes that a signed checkpoint covers to the verified time that the player shows."""
        self._anchored_ms += verified_ms_of(minutes)

    def tell(self, decision: Decision, now_ms: int, state: State | None = None) -> None:
        """Send the message of a decision, if it has one; ``state`` is the session's after it."""
        if self._connection is None:
            return
        message = message_for(
            decision,
            now_ms=now_ms,
            anchored_ms=self._anchored_ms,
            locale=self._connection.locale,
            link_ms=self._link_ms,
            counted=counted_parts(state) if state is not None and isinstance(decision, AckHeartbeat) else (),
        )
        if message is not None:
            self._connection.send(message)

    def tell_minutes(self, minutes: Sequence[StoredMinute]) -> None:
        """Send minutes that a signed checkpoint covers."""
        if self._connection is not None:
            for minute in minutes:
                self._connection.send(minute_message(minute, self._connection.locale))

    def say_goodbye(self, final: Final) -> None:
        """Tell the player how the session ended, and close the connection."""
        if self._connection is not None:
            self._connection.send(closed_message(final, self._connection.locale))
            superseded = final.reason is ReasonCode.SUPERSEDED
            self._connection.end(CloseCode.SUPERSEDED if superseded else CloseCode.FINISHED, final.reason.value)
