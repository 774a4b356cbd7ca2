"""The ports of open sessions, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import CaptureStore, NearCopies
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.learners import LearnerStore
from zaichang.ports.lessons import LessonStore
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.passkeys import PasskeyLibrary, PasskeyStore
from zaichang.ports.publishing import Outbox, PublishingStore
from zaichang.ports.review import DecisionStore
from zaichang.ports.sessions import SessionHistory, SessionStore
from zaichang.ports.vision import Vision


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Settings of open sessions that no verdict depends on.

    Attributes:
        join_timeout_ms: Time for the first message.
        outgoing_max: Messages that may wait for a slow client before it is cut off.
        anchor_timeout_ms: How long the end of a session waits for its checkpoint before the player is let go.
        keep_captures: Whether pictures are kept (encrypted) for review.
        capture_days: Days after which kept pictures are deleted; told to the learner.
        review_days: Days until a review case is due.
        passkey_domains: Domains whose pages share passkeys.
    """

    join_timeout_ms: int = 10_000
    outgoing_max: int = 256
    anchor_timeout_ms: int = 20_000
    keep_captures: bool = True
    capture_days: int = 180
    review_days: int = 7
    passkey_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPorts:
    """The ports of open sessions; ``main`` (or a test) fills them in."""

    clock: Clock
    sessions: SessionStore
    history: SessionHistory
    captures: CaptureStore
    learners: LearnerStore
    passkeys: PasskeyStore
    passkey_library: PasskeyLibrary
    lessons: LessonStore
    decisions: DecisionStore
    publishing: PublishingStore
    outbox: Outbox
    vault: Vault
    blobs: Blobs
    vision: Vision
    logs: OpenLogs
    token_hex: Callable[[int], str]
    config: SessionConfig
    near_copies: NearCopies | None = None
