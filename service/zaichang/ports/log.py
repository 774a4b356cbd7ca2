"""What the log needs of storage: two tiny ports that promise durability.

When a method returns, what it did survives a power cut. A failed write that left nothing behind is ``StorageError``;
whatever leaves the medium in doubt (any fsync error, an immutable object with other bytes) is ``FatalLogError``, after
which the process must stop: after a failed fsync the page cache may lie about what is on the disk.

**The head store is trusted**: who can change it can make this log sign a split view. Witnesses are what catches that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

SubmissionKey: TypeAlias = tuple[str, int]
"""What makes a submission idempotent: a session's id and the leaf's number in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Where a submitted leaf went.

    Attributes:
        key: Its submission key.
        index: Its index in the log.
        leaf_hash: Its leaf hash.
    """

    key: SubmissionKey
    index: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest checkpoint that the log has bound itself to.

    Attributes:
        note: The signed checkpoint.
        at_ms: Server time of its signing; it never goes back.
    """

    note: bytes
    at_ms: int


class LogStore(Protocol):
    """Tiles, bundles and the published checkpoint: files, or objects of an S3-like store."""

    def stage(self, name: str, data: bytes) -> None:
        """Keep what is about to be applied."""

    def staged(self, name: str) -> bytes | None:
        """Return what was kept under ``name``, or None."""

    def clear_staging(self, size: int) -> None:
        """Forget what was staged up to ``size`` (need not be durable).

        Names begin with a size. What is staged beyond it may be another process's, which is about to swap the head.
        """

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Create immutable objects; one that exists with equal bytes is made durable, with other bytes is fatal."""

    def get(self, path: str) -> bytes | None:
        """Return an object's bytes, or None if there is none."""

    def publish(self, note: bytes, size: int) -> None:
        """Replace the published checkpoint, unless a larger one is published already."""

    def published(self) -> bytes | None:
        """Return the published checkpoint, or None."""

    def discard(self, prefixes: Iterable[str]) -> None:
        """Delete partial tiles whose full ones are durable (need not be durable itself)."""


class HeadStore(Protocol):
    """The compare-and-swap cell that makes a fork impossible while it is sound, and the submission keys."""

    def load(self, origin: str) -> Head | None:
        """Return the log's head, or None for a new log."""

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        """Replace the head if its note is still ``old``, and record the submissions, in one transaction."""

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        """Return those of the keys that were submitted before."""

    def close(self) -> None:
        """Release the store."""
