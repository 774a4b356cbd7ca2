"""The log's write path, synchronous and single-threaded, in the order of Go's sunlight.

Theory. Each batch goes through these steps:

1. plan the new tiles (``tlog.plan``, pure) and sign the new checkpoint;
2. stage: store tiles and entries durably where no reader looks;
3. **swap the head from the old checkpoint to the new one: the point of no return**;
4. put the tiles in their public places, and read them back;
5. publish the checkpoint, and acknowledge the leaves.

A crash before step 3 leaves no trace: no reader saw the checkpoint, and the batch is submitted again. A crash after
it leaves a head whose batch is staged, and ``recover`` finishes steps 4 and 5 with the same code. A second process
that writes the same log loses step 3 and stops. So two different trees are never signed for one size, as long as the
head store keeps its promise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from zaichang.core.errors import EvidenceError, FatalLogError, IllegalEvent, StorageError
from zaichang.ports.log.store import Head, HeadStore, LogStore, Submission, SubmissionKey
from zaichang.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, sign_checkpoint
from zaichang.tlog.keys import KeyVerifier, Signer, parse_vkey
from zaichang.tlog.merkle import EMPTY_ROOT
from zaichang.tlog.merkle import leaf_hash as hash_leaf
from zaichang.tlog.plan import Plan, TreeState, load_state, plan_batch
from zaichang.tlog.tiles import TileId

_HINT: Final = "Stop all writers, run zaichang log fsck, and compare with a witness before going on."


class _Staged(msgspec.Struct, frozen=True):
    """The public objects of a batch, as they are staged until they are published."""

    objects: tuple[tuple[str, bytes], ...]
    obsolete: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequenced:
    """The place of a leaf, and the signed checkpoint that covers it.

    Attributes:
        index: The leaf's index in the log.
        leaf_hash: Its leaf hash: the ``prev`` of the session's next leaf.
        checkpoint: A published signed checkpoint whose size is above ``index``.
        duplicate: Whether the same submission had been sequenced before.
    """

    index: int
    leaf_hash: bytes
    checkpoint: bytes
    duplicate: bool = False


class LogWriter:
    """One log's writer. Every method blocks; ``log.sequencer`` calls them from its own thread.

    Args:
        origin: The log's origin.
        signers: The log's key first; further ones add signature lines.
        store: The log's objects.
        heads: The compare-and-swap cell with the head.
        now_ms: Server time.
        known_size: Asks the witnesses for the largest size that they have cosigned (0 for none).
        check_clock: Raises ``StorageError`` where the server's clock is ahead of the witnesses'.
        former: Keys that signed earlier checkpoints and sign no more; a stored head may still be signed by one.
    """

    def __init__(
        self,
        origin: str,
        signers: Sequence[Signer],
        store: LogStore,
        heads: HeadStore,
        now_ms: Callable[[], int],
        known_size: Callable[[], int] = lambda: 0,
        former: Sequence[KeyVerifier] = (),
        check_clock: Callable[[int], None] = lambda now_ms: None,
    ) -> None:
        """Remember the parts; call ``recover`` before anything else."""
        self._origin = origin
        self._signers = tuple(signers)
        self._verifiers = [*(parse_vkey(signer.vkey) for signer in self._signers), *former]
        self._store = store
        self._heads = heads
        self._now_ms = now_ms
        self._known_size = known_size
        self._check_clock = check_clock
        self._state = TreeState()
        self._head: Head | None = None

    def recover(self) -> SignedCheckpoint:
        """Finish a batch that a crash interrupted, and check that it is safe to continue signing.

        Raises:
            FatalLogError: ``log.rolled_back``, ``log.forked``, ``log.staging_lost``, ``log.damaged``,
                ``log.time_went_back``:
                another signature could contradict an earlier one.
        """
        # (1) The head: what this log has bound itself to.
        head = self._heads.load(self._origin)
        if head is None:
            head = self._create()
        signed = self._open(head.note)
        # (2) The published checkpoint must not be ahead of the head, nor contradict it.
        published = self._store.published()
        if published is not None:
            self._compare(self._open(published).checkpoint, signed.checkpoint)
        # (3) Publish the head's batch where that was not finished.
        staged = self._store.staged(_stage_name(signed.checkpoint))
        behind = published is None or self._open(published).checkpoint.size < signed.checkpoint.size
        if staged is not None:
            self._apply(msgspec.msgpack.decode(staged, type=_Staged), head.note, signed.checkpoint.size)
        elif behind and signed.checkpoint.size:
            raise FatalLogError(
                "log.staging_lost", f"The head is at {signed.checkpoint.size} but its batch is gone.", _HINT
            )
        else:
            self._store.publish(head.note, signed.checkpoint.size)
        # (4) The right edge of the tree must give the signed root.
        self._state = self._load(signed.checkpoint)
        self._head = head
        self._store.clear_staging(signed.checkpoint.size)
        # (5) Neither the clock nor the log may have gone back.
        self._check_time(self._now_ms())
        known = self._known_size()
        if known > signed.checkpoint.size:
            raise FatalLogError(
                "log.rolled_back",
                f"A witness has seen size {known}, this log is at {signed.checkpoint.size}: an old backup is back.",
                _HINT,
            )
        return signed

    def commit(
        self, batch: Sequence[tuple[SubmissionKey, bytes]]
    ) -> tuple[list[Sequenced | IllegalEvent], SignedCheckpoint]:
        """Sequence, integrate and publish a batch; its keys must be distinct.

        Returns:
            For each submission its place, or its error; and the newest checkpoint.

        Raises:
            StorageError: Nothing was changed (``log.signer`` too); the batch may be submitted again.
            FatalLogError: The state is unknown, or another signature could contradict an earlier one; the process must
                stop.
        """
        if self._head is None:
            raise FatalLogError("log.not_recovered", "The writer must recover before it commits.")
        before = self._heads.find(self._origin, [key for key, _ in batch])
        fresh = [(key, leaf) for key, leaf in batch if key not in before]
        if fresh:
            plan = plan_batch(self._state, [leaf for _, leaf in fresh])
            self._write(plan, [key for key, _ in fresh])
        first = self._state.size - len(fresh)
        places = {key: first + position for position, (key, _) in enumerate(fresh)}
        signed = self._open(self._head.note)
        results: list[Sequenced | IllegalEvent] = []
        for key, leaf in batch:
            digest = hash_leaf(leaf)
            known = before.get(key)
            if known is None:
                results.append(Sequenced(index=places[key], leaf_hash=digest, checkpoint=signed.note))
            elif known.leaf_hash == digest:
                results.append(Sequenced(index=known.index, leaf_hash=digest, checkpoint=signed.note, duplicate=True))
            else:
                results.append(conflict(key))
        return results, signed

    def close(self) -> None:
        """Release the head store."""
        self._heads.close()

    def _create(self) -> Head:
        if self._store.published() is not None:
            raise FatalLogError(
                "log.head_lost", "Tiles of this log exist but its head does not: the head database was lost.", _HINT
            )
        empty = Checkpoint(origin=self._origin, size=0, root=EMPTY_ROOT)
        head = Head(note=sign_checkpoint(empty, self._signers), at_ms=self._now_ms())
        if not self._heads.swap(self._origin, None, head, ()):
            raise FatalLogError("log.lost_lead", "Another process has just created this log.")
        return head

    def _write(self, plan: Plan, keys: Sequence[SubmissionKey]) -> None:
        head = self._head
        if head is None:
            raise FatalLogError("log.not_recovered", "The writer must recover before it commits.")
        at_ms = self._now_ms()
        self._check_clock(at_ms)
        self._check_time(at_ms)
        checkpoint = Checkpoint(origin=self._origin, size=plan.state.size, root=plan.root)
        new = Head(note=sign_checkpoint(checkpoint, self._signers), at_ms=at_ms)
        staged = _Staged(objects=plan.objects, obsolete=plan.obsolete)
        self._store.stage(_stage_name(checkpoint), msgspec.msgpack.encode(staged))
        first = plan.state.size - len(keys)
        submissions = [
            Submission(key=key, index=first + i, leaf_hash=plan.leaf_hashes[i]) for i, key in enumerate(keys)
        ]
        if not self._heads.swap(self._origin, head.note, new, submissions):
            raise FatalLogError("log.lost_lead", "Another process has moved this log's head: it leads now.")
        # The point of no return. The head names this batch, so it must be published.
        try:
            self._apply(staged, new.note, plan.state.size)
        except StorageError as error:
            raise FatalLogError("log.apply_failed", f"The batch is sequenced but not published ({error}).") from error
        self._state, self._head = plan.state, new
        self._store.clear_staging(plan.state.size)

    def _apply(self, staged: _Staged, note: bytes, size: int) -> None:
        self._store.put(staged.objects)
        for path, data in staged.objects:
            # A served entry whose bytes do not hash to its leaf cannot be repaired later (Yeti 2022).
            if self._store.get(path) != data:
                raise FatalLogError("log.read_back", f"{path} does not read back as it was written.", _HINT)
        self._store.publish(note, size)
        self._store.discard(staged.obsolete)

    def _open(self, note: bytes) -> SignedCheckpoint:
        try:
            return open_checkpoint(note, self._verifiers, self._origin)
        except EvidenceError as error:
            raise FatalLogError(
                "log.foreign_head", f"A stored checkpoint is not this log's ({error}).", _HINT
            ) from error

    def _compare(self, published: Checkpoint, head: Checkpoint) -> None:
        if published.size > head.size:
            raise FatalLogError(
                "log.rolled_back", f"Size {published.size} is published but the head is at {head.size}.", _HINT
            )
        if published.size == head.size and published.root != head.root:
            raise FatalLogError("log.forked", f"Two roots are signed for size {head.size}.", _HINT)

    def _load(self, checkpoint: Checkpoint) -> TreeState:
        def read(tile: TileId) -> bytes:
            data = self._store.get(tile.path())
            if data is None:
                raise FatalLogError("log.damaged", f"{tile.path()} is missing.", _HINT)
            return data

        try:
            state = load_state(checkpoint.size, read)
        except EvidenceError as error:
            raise FatalLogError("log.damaged", f"The right edge of the log is damaged ({error}).", _HINT) from error
        if state.root() != checkpoint.root:
            raise FatalLogError("log.damaged", "The tiles do not give the root that was signed.", _HINT)
        return state

    def _check_time(self, now_ms: int) -> None:
        if self._head is not None and now_ms < self._head.at_ms:
            raise FatalLogError(
                "log.time_went_back",
                f"The clock is {self._head.at_ms - now_ms} ms before the last signed checkpoint.",
                "Correct the server's clock; the log does not sign while time goes back.",
            )


def conflict(key: SubmissionKey) -> IllegalEvent:
    """Return the error for a submission whose key was used for other bytes."""
    return IllegalEvent(
        "log.submission_conflict", f"Leaf {key[1]} of session {key[0]} was submitted before with other bytes."
    )


def _stage_name(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size}-{checkpoint.root.hex()}"
