"""The sequencer: pools leaves, has them written in batches off the event loop, and acknowledges what is durable.

*Sequenced*: the index is durable. *Integrated*: the leaf is in the tree. *Published*: a signed checkpoint covers it.
A batch goes through all three before its submitters hear of it, so nobody is told anything that a crash could undo.
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
from zaichang.ports.log import SubmissionKey
from zaichang.tlog.checkpoint import SignedCheckpoint
from zaichang.tlog.tiles import MAX_ENTRY_BYTES

__all__ = ["Sequenced", "Sequencer", "SequencerConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencerConfig:
    """How leaves are pooled.

    Attributes:
        pool_size: A batch is written when so many leaves wait.
        flush_ms: Or when the first of them has waited so long.
        batch_max: A batch takes all that wait, up to so many: behind a slow disk batches grow instead of queues.
        max_pending: Submissions beyond this are pushed back at once.
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
        self._grown = asyncio.Condition()
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
        """Recover the log and begin.

        Args:
            open_writer: Makes the writer; called, like all of its methods, on the sequencer's own thread.
            config: How to pool.
            sleep: Waits for so many seconds.

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
        """Put a leaf into the log; returns when a published signed checkpoint covers it.

        Args:
            key: The session's id and the leaf's number in it: submitting the same again, even after a restart, gives
                the same place and no second leaf.
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
        # Shielded: a submitter that gives up must not take the leaf from one that has not.
        return await asyncio.shield(waiting.future)

    async def wait_signed(self, index: int) -> SignedCheckpoint:
        """Return a published checkpoint that covers leaf ``index``, as soon as there is one.

        Raises:
            FatalLogError: The log has stopped.
            StorageError: ``log.closed``.
        """
        async with self._grown:
            while self._checkpoint.checkpoint.size <= index:
                if self._failed.done():
                    raise self._failed.result()
                if self._task.done():
                    raise StorageError("log.closed", _CLOSED)
                await self._grown.wait()
        return self._checkpoint

    async def wait_failed(self) -> FatalLogError:
        """Return when the log has stopped for good, with the reason: the process must then exit."""
        return await asyncio.shield(self._failed)

    def flush(self) -> None:
        """Have what waits written now instead of at the pool's deadline."""
        self._full.set()

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._closing = True
        self._wake.set()
        self._full.set()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._executor, self._writer.close)
        self._executor.shutdown(wait=True)

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                if not self._closing and len(self._pool) < self._config.pool_size:
                    await self._pool_deadline()
                await self._write_pool()
                if self._failed.done() or (self._closing and not self._pool):
                    return
                if not self._pool:
                    self._wake.clear()
        finally:
            async with self._grown:
                self._grown.notify_all()

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
            # Whatever it was, the state is not known to be good: nothing more is signed.
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
            async with self._grown:
                self._grown.notify_all()
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
        # A submitter that was cancelled never looks; that is not an error of the loop's.
        waiting.future.exception()
