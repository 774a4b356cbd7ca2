"""Limits of protocol 1; each is checked before anything is decoded or stored."""

from __future__ import annotations

PROTOCOL_VERSION = 1
TEXT_MAX_BYTES = 16_384
CAPTURE_HEADER_MAX_BYTES = 2_048
CAPTURE_MAX_BYTES = 240_000
FRAME_MAX_BYTES = 4 + CAPTURE_HEADER_MAX_BYTES + CAPTURE_MAX_BYTES
JOIN_TIMEOUT_MS = 10_000
VIOLATIONS_MAX = 20
"""Protocol violations on one connection after which it is closed."""
MESSAGES_PER_S = 40
"""Messages per second and connection above which it is closed (a heartbeat every 5 s is 0.2)."""

LIVENESS_FRAME_MAX_BYTES = 65_536
LIVENESS_FRAMES_PER_S = 6
LIVENESS_FRAMES_MAX = 150
"""Frames of one try under the default policy; more are dropped."""

FRAMES_PLEDGED_MAX = 4
"""Frames that one heartbeat may pledge."""

CAPTURE_WIDTH_PX = 480
CAPTURE_QUALITY_PCT = 80
