"""The gateway's hook for connections: the client's address and device, and the hints of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zaichang.ports.records import SessionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where a connection comes from: the client's address, and the random id that its browser keeps for us."""

    address: str = ""
    device: str = ""


class ConnectionObserver(Protocol):
    """Records the devices and addresses of connections. It never raises: no session depends on it."""

    async def joined(self, row: SessionRow, peer: Peer) -> None:
        """Record the device and address with which a session was opened or resumed. Cost: commit."""

    async def hinted(self, row: SessionRow, hints: tuple[str, ...], known: set[str]) -> None:
        """Record new hints of a capture's header; ``known`` holds the hints that this connection gave before.

        Cost: commit for each new hint; memory for hints that are known.
        """
