"""All messages of protocol 1 under one name. The classes are in ``client_messages`` and ``server_messages``.

Text frames are JSON objects with a ``t`` field, the name of the message. The one binary frame is a capture: 4 bytes
big-endian header length, the JSON header (``CaptureHeader``), then the picture.

These two modules, ``limits`` and ``close_codes`` are the only source: ``make docs`` writes the Python client's copy,
the web SDK's ``wire.ts``, ``client_sdk/protocol.schema.json`` and the tables of docs/protocol.md from them.
"""

from zaichang.protocol.client_messages import (
    Answer,
    CaptureHeader,
    CaptureTakenMessage,
    CaptureUnavailableMessage,
    ClientMessage,
    Finish,
    Heartbeat,
    Join,
    PasskeyAssertion,
    PasskeyUnavailable,
    Ready,
    Reveal,
)
from zaichang.protocol.server_messages import (
    Ack,
    CaptureOrder,
    ChallengeOrder,
    ChallengeResult,
    Closed,
    ErrorMessage,
    Joined,
    LivenessHint,
    LivenessStepOrder,
    MinuteSealed,
    Pause,
    Resume,
    Seek,
    ServerMessage,
)

__all__ = [
    "Ack",
    "Answer",
    "CaptureHeader",
    "CaptureOrder",
    "CaptureTakenMessage",
    "CaptureUnavailableMessage",
    "ChallengeOrder",
    "ChallengeResult",
    "ClientMessage",
    "Closed",
    "ErrorMessage",
    "Finish",
    "Heartbeat",
    "Join",
    "Joined",
    "LivenessHint",
    "LivenessStepOrder",
    "MinuteSealed",
    "PasskeyAssertion",
    "PasskeyUnavailable",
    "Pause",
    "Ready",
    "Resume",
    "Reveal",
    "Seek",
    "ServerMessage",
]
