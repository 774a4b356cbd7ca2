"""Everything that open sessions need from outside, as one value of ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import CaptureStore
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.learners import LearnerStore
from zaichang.ports.lessons import LessonStore
from zaichang.ports.publishing import Outbox, PublishingStore
from zaichang.ports.review import DecisionStore
from zaichang.ports.sessions import SessionHistory, SessionStore
from zaichang.ports.vision import Vision
from zaichang.tlog.leaf import Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """A witness's beacon (``tlog.beacon``).

    Attributes:
        size: Size of the checkpoint that it is over.
        value: 64 hex digits.
        note: The signed checkpoint with the beacon's line.
    """

    size: int
    value: str
    note: str


class LogPort(Protocol):
    """The transparency log as the runtime sees it."""

    @property
    def origin(self) -> str:
        """The log's name, part of every leaf."""

    def anchor(self) -> Anchor | None:
        """Return the newest signed checkpoint."""

    async def submit(self, key: tuple[str, int], leaf: bytes) -> int:
        """Return the leaf's index once a signed checkpoint covers it; the same key again gives the same index.

        Raises:
            FatalLogError: Where going on would be dishonest; the process stops.
        """

    async def beacon(self, index: int) -> Beacon:
        """Return the beacon over the first checkpoint a witness signed that holds leaf ``index``; wait for it."""


class LogBook(Protocol):
    """One log per institution and year; a session stays in the log of the year in which it began."""

    async def log_for(self, institution_id: str, opened_ms: int) -> LogPort:
        """Return the log, opened (and recovered) where it was not.

        Raises:
            FatalLogError: It may not be signed on.
            StorageError: Its files cannot be used.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Numbers of the runtime that no verdict depends on.

    Attributes:
        join_timeout_ms: Time for the first message.
        outgoing_max: Messages that may wait for a slow client before it is cut off.
        seal_timeout_ms: How long the end of a session waits for its checkpoint before the player is let go.
        keep_captures: Whether pictures are kept (encrypted) for review.
        capture_days: Days after which kept pictures are deleted; told to the learner.
        review_days: Days within which a person should look at a session.
    """

    join_timeout_ms: int = 10_000
    outgoing_max: int = 256
    seal_timeout_ms: int = 20_000
    keep_captures: bool = True
    capture_days: int = 180
    review_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPorts:
    """What open sessions need: ``main`` (or a test) fills it in."""

    clock: Clock
    sessions: SessionStore
    history: SessionHistory
    captures: CaptureStore
    learners: LearnerStore
    lessons: LessonStore
    decisions: DecisionStore
    publishing: PublishingStore
    outbox: Outbox
    vault: Vault
    blobs: Blobs
    vision: Vision
    logs: LogBook
    token_hex: Callable[[int], str]
    config: SessionConfig
