"""Storage of one transparency log: the ports of its writer and of its readers.

Theory. A log is an append-only sequence of leaves. Three things are stored:

* immutable *objects* (tiles and entry bundles) at fixed paths, written once;
* the *published checkpoint*, the one public file that changes;
* the *head*, private: the newest checkpoint that the log has bound itself to.

The head is replaced by compare-and-swap **before** the objects are published. Between the two, the batch lies in the
staging area, so a crash loses nothing: the next start finds the head, and finishes the publication. A second process
on the same log loses the compare-and-swap and stops.

All methods block. When a writing method returns, its effect survives a power cut. A write that failed and left
nothing behind raises ``StorageError``; the caller may try again. An error that leaves the medium in doubt (any failed
fsync, an immutable object that exists with other bytes) raises ``FatalLogError``; the process must stop, because after
a failed fsync the page cache may show data that the disk does not hold.

**The head store is trusted**: with access to it, this log can be made to sign a split view. Witnesses detect that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

SubmissionKey: TypeAlias = tuple[str, int]
"""Makes a submission idempotent: the session's id and the leaf's number within the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The place that a submitted leaf got.

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


class PublishedLog(Protocol):
    """A log as readers see it: its public objects and its verifier key."""

    @property
    def name(self) -> str:
        """The log's name in messages, for example ``inst-1/2026``. Cost: memory."""

    def get(self, path: str) -> bytes | None:
        """Return a public object's bytes, or None if there is none.

        Cost: read.

        Raises:
            StorageError: It cannot be read.
        """

    def verifier_key(self) -> str | None:
        """Return the verifier key line that lies beside the log, or None where there is no log. Cost: read."""


class LogStore(Protocol):
    """The writer's side of a log's objects: files, or objects of an S3-like store."""

    def stage(self, name: str, data: bytes) -> None:
        """Keep a batch that is about to be applied. A name begins with the size that its batch leads to.

        Cost: commit.
        """

    def staged(self, name: str) -> bytes | None:
        """Return the data staged under ``name``, or None. Cost: read."""

    def clear_staging(self, size: int) -> None:
        """Delete everything staged for sizes up to ``size``; this need not be durable.

        Batches for larger sizes stay: they may belong to another process that is about to swap the head.

        Cost: commit without durability.
        """

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Create immutable objects. One that exists with equal bytes is made durable.

        Cost: commit.

        Raises:
            FatalLogError: ``log.immutable`` if one exists with other bytes.
        """

    def get(self, path: str) -> bytes | None:
        """Return an object's bytes, or None if there is none. Cost: read."""

    def publish(self, note: bytes, size: int) -> None:
        """Replace the published checkpoint, unless a larger one is published already. Cost: commit."""

    def published(self) -> bytes | None:
        """Return the published checkpoint, or None. Cost: read."""

    def discard(self, prefixes: Iterable[str]) -> None:
        """Delete partial tiles whose full tiles are durable; this need not be durable itself.

        Cost: commit without durability.
        """


class HeadStore(Protocol):
    """The compare-and-swap cell, which makes a fork impossible while it is sound, and the submission keys."""

    def load(self, origin: str) -> Head | None:
        """Return the log's head, or None for a new log. Cost: read."""

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        """Replace the head if its note is still ``old``, and record the submissions, in one transaction.

        Cost: commit.

        Raises:
            FatalLogError: ``log.head_unknown`` if it is not known whether the transaction was committed.
        """

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        """Return those of the keys that were submitted before. Cost: read."""

    def close(self) -> None:
        """Release the store. Cost: memory."""
