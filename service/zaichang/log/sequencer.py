"""The sequencer of one log: collects leaves in a pool, has the writer commit them in batches, and acknowledges them.

Theory. A leaf is *sequenced* when its index is durable, *integrated* when it is in the tree, and *published* when a
signed checkpoint covers it. A batch goes through all three before its submitters get an answer, so no answer can be
undone by a crash. Leaves are in one of two dictionaries: ``_pool`` (waiting for a batch) and ``_writing`` (in the batch
that the writer commits now, in a thread of its own). A second submission under the same key joins the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from zaichang.core.errors import EvidenceError, FatalLogError, IllegalEvent, StorageError
from zaichang.log.writer import LogWriter, Sequenced, conflict
from zaichang.ports.log.store import SubmissionKey
from zaichang.tlog.checkpoint import SignedCheckpoint
from zaichang.tlog.tiles import MAX_ENTRY_BYTES

__all__ = ["Sequenced", "Sequencer", "SequencerConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencerConfig:
    """How leaves are pooled.

    Attributes:
        pool_size: A batch is written once this many leaves wait.
        flush_ms: A smaller batch is written once its first leaf has waited this long.
        batch_max: A batch takes all waiting leaves, up to this many. Behind a slow disk, batches grow, not queues.
        max_pending: With this many leaves waiting, further submissions are refused.
    """

    pool_size: int = 256
    flush_ms: int = 250
    batch_max: int = 4_096
    max_pending: int = 4_096


@dataclass(slots=True, kw_only=True)
class _Waiting:
    leaf: bytes
    future: asyncio.Future[Sequenced]


_CLOSED: Final = "The log is closed."


class Sequencer:
    """One log's sequencer; make it with ``await Sequencer.start(...)`` and end it with ``await close()``."""

    def __init__(
        self,
        writer: LogWriter,
        config: SequencerConfig,
        sleep: Callable[[float], Awaitable[None]],
        executor: ThreadPoolExecutor,
        checkpoint: SignedCheckpoint,
    ) -> None:
        """Use ``start``."""
        self._writer = writer
        self._config = config
        self._sleep = sleep
        self._executor = executor
        self._checkpoint = checkpoint
        self._pool: dict[SubmissionKey, _Waiting] = {}
        self._writing: dict[SubmissionKey, _Waiting] = {}
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._failed: asyncio.Future[FatalLogError] = asyncio.get_running_loop().create_future()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="log-sequencer")

    @classmethod
    async def start(
        cls,
        open_writer: Callable[[], LogWriter],
        config: SequencerConfig | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Sequencer:
        """Recover the log and start the sequencer.

        Args:
            open_writer: Makes the writer; called, like all of its methods, on the sequencer's own thread.
            config: How leaves are pooled; None takes the defaults.
            sleep: Waits for a number of seconds.

        Raises:
            FatalLogError: The log may not be signed on.
            StorageError: Storage cannot be used.
        """
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-writer")
        loop = asyncio.get_running_loop()
        try:
            writer = await loop.run_in_executor(executor, open_writer)
            try:
                checkpoint = await loop.run_in_executor(executor, writer.recover)
            except BaseException:
                await loop.run_in_executor(executor, writer.close)
                raise
        except BaseException:
            executor.shutdown(wait=False)
            raise
        return cls(writer, config or SequencerConfig(), sleep, executor, checkpoint)

    @property
    def checkpoint(self) -> SignedCheckpoint:
        """The newest published checkpoint."""
        return self._checkpoint

    async def submit(self, key: SubmissionKey, leaf: bytes) -> Sequenced:
        """Log a leaf; return once a published signed checkpoint covers it.

        Args:
            key: The session's id and the leaf's number in it. The same submission again, even after a restart, gives
                the same place and adds no second leaf.
            leaf: The leaf's bytes (``tlog.leaf``).

        Raises:
            IllegalEvent: ``log.submission_conflict`` if the key was used for other bytes.
            StorageError: ``log.busy`` if too many wait, ``log.closed``, or the batch could not be written: nothing
                happened, submit again.
            FatalLogError: The log has stopped; whether this leaf is in it will be known after a restart, by
                submitting it again.
            EvidenceError: ``E_TILE`` if the leaf is empty or too long.
        """
        if self._failed.done():
            raise self._failed.result()
        if self._closing:
            raise StorageError("log.closed", _CLOSED)
        if not 0 < len(leaf) <= MAX_ENTRY_BYTES:
            raise EvidenceError("E_TILE", f"A leaf has 1 to {MAX_ENTRY_BYTES} bytes, not {len(leaf)}.")
        waiting = self._pool.get(key) or self._writing.get(key)
        if waiting is None:
            if len(self._pool) >= self._config.max_pending:
                raise StorageError("log.busy", f"{len(self._pool)} leaves wait to be written.", "Try again shortly.")
            waiting = _Waiting(leaf=leaf, future=asyncio.get_running_loop().create_future())
            self._pool[key] = waiting
            self._wake.set()
            if len(self._pool) >= self._config.pool_size:
                self._full.set()
        elif waiting.leaf != leaf:
            raise conflict(key)
        # Shielded, so that a submitter that is cancelled does not cancel another one that waits for the same leaf.
        return await asyncio.shield(waiting.future)

    async def wait_failed(self) -> FatalLogError:
        """Wait until the log has stopped for good; return the reason. The process must then exit."""
        return await asyncio.shield(self._failed)

    def flush(self) -> None:
        """Write the waiting leaves now instead of at the pool's deadline."""
        self._full.set()

    async def close(self) -> None:
        """Write the waiting leaves, then stop."""
        self._closing = True
        self._wake.set()
        self._full.set()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._executor, self._writer.close)
        self._executor.shutdown(wait=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._closing and len(self._pool) < self._config.pool_size:
                await self._pool_deadline()
            await self._write_pool()
            if self._failed.done() or (self._closing and not self._pool):
                return
            if not self._pool:
                self._wake.clear()

    async def _pool_deadline(self) -> None:
        timer = asyncio.ensure_future(self._sleep(self._config.flush_ms / 1000))
        full = asyncio.ensure_future(self._full.wait())
        try:
            await asyncio.wait({timer, full}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (timer, full):
                task.cancel()

    async def _write_pool(self) -> None:
        keys = list(self._pool)[: max(self._config.pool_size, self._config.batch_max)]
        self._writing = {key: self._pool.pop(key) for key in keys}
        if len(self._pool) < self._config.pool_size:
            self._full.clear()
        if not self._writing:
            return
        batch = [(key, waiting.leaf) for key, waiting in self._writing.items()]
        loop = asyncio.get_running_loop()
        try:
            results, checkpoint = await loop.run_in_executor(self._executor, self._writer.commit, batch)
        except StorageError as error:
            self._refuse(self._writing, error)
        except Exception as error:
            # After any other error the state is unknown, so nothing more is signed.
            fatal = (
                error
                if isinstance(error, FatalLogError)
                else FatalLogError("log.unexpected", f"The log writer failed: {error!r}.")
            )
            self._failed.set_result(fatal)
            self._refuse({**self._writing, **self._pool}, fatal)
            self._pool.clear()
        else:
            self._checkpoint = checkpoint
            for waiting, result in zip(self._writing.values(), results, strict=True):
                _resolve(waiting, result)
        self._writing = {}

    @staticmethod
    def _refuse(waiting: dict[SubmissionKey, _Waiting], error: FatalLogError | StorageError) -> None:
        for entry in waiting.values():
            _resolve(entry, error)


def _resolve(waiting: _Waiting, result: Sequenced | IllegalEvent | FatalLogError | StorageError) -> None:
    if isinstance(result, Sequenced):
        waiting.future.set_result(result)
    else:
        waiting.future.set_exception(result)
        # A cancelled submitter never reads the exception; reading it here keeps asyncio from logging it.
        waiting.future.exception()
