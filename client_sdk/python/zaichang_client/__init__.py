"""Asyncio client of Zaichang's protocol 1, for native players and tests.

The embedding program supplies a player, a camera and a prompter. ``StudyClient`` does the rest: the chain of
heartbeats,
captures, challenges, the server's orders, reconnecting and resuming.
"""

from zaichang_client.client import ClientConfig, Ended, StudyClient
from zaichang_client.errors import ClientError, ConnectionGone, SessionRefused
from zaichang_client.parts import (
    DECLINE,
    READY,
    Camera,
    Liveness,
    NoPasskey,
    Passkeys,
    Picture,
    Player,
    Prompter,
    Sample,
    Signature,
    Unavailable,
    WatchingCamera,
    first_missing_ms,
)
from zaichang_client.transport import Connect, Transport, websocket

__all__ = [
    "DECLINE",
    "READY",
    "Camera",
    "ClientConfig",
    "ClientError",
    "Connect",
    "ConnectionGone",
    "Ended",
    "Liveness",
    "NoPasskey",
    "Passkeys",
    "Picture",
    "Player",
    "Prompter",
    "Sample",
    "SessionRefused",
    "Signature",
    "StudyClient",
    "Transport",
    "Unavailable",
    "WatchingCamera",
    "first_missing_ms",
    "websocket",
]
