"""The institution's logs, one per year, behind the runtime's ``LogBook``.

Patient where storage is busy, done where a log has stopped: then ``fatal`` is told and the process ends.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.log.sequencer import Sequencer, SequencerConfig
from zaichang.log.signing import (
    LogPlace,
    SigningConfig,
    former_keys,
    introduce_keys,
    open_signers,
    refuse_ended,
    second_origin,
    sm2_signer,
)
from zaichang.log.sm3_tree import SecondTree, keep_second_tree
from zaichang.log.witnessing import Cosigned, StartRule, WitnessPeer, keep_witnessed_while_running, largest_known
from zaichang.log.writer import LogWriter
from zaichang.ports.clock import Clock
from zaichang.ports.session import Beacon
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.keys import Signer
from zaichang.tlog.leaf import Anchor

RETRY_S: Final = 1.0
BEACONS_KEPT: Final = 128
"""More rounds than a session may wait for one."""
HEADS: Final = "log-heads.sqlite3"
"""In the data folder: the head of every log."""

_log = logging.getLogger("zaichang.log")


def log_year(opened_ms: int) -> int:
    """Return the calendar year of a session in China (UTC+8), where hours count in the year they are studied."""
    return datetime.datetime.fromtimestamp(opened_ms / 1000, datetime.timezone(datetime.timedelta(hours=8))).year


def log_origin(domain: str, institution_id: str, year: int) -> str:
    """Return a log's origin: its name for ever, part of every leaf and checkpoint."""
    return f"{domain}/{institution_id}/{year}"


class SequencerLog:
    """Submits to one log; see ``LogPort``."""

    def __init__(self, origin: str, sequencer: Sequencer) -> None:
        """Wrap a started sequencer, which the caller closes."""
        self._origin = origin
        self.sequencer = sequencer
        self._witnessed: Checkpoint | None = None
        self._beacons: deque[Beacon] = deque(maxlen=BEACONS_KEPT)
        self._drawn = asyncio.Event()

    def note_witnessed(self, cosigned: Cosigned) -> None:
        """Remember the newest checkpoint that a witness has cosigned: leaves then name that one."""
        self._witnessed = cosigned.checkpoint
        if cosigned.beacon is not None:
            self._beacons.append(cosigned.beacon)
            self._drawn.set()
            self._drawn = asyncio.Event()

    @property
    def origin(self) -> str:
        """See ``LogPort``."""
        return self._origin

    def anchor(self) -> Anchor | None:
        """See ``LogPort``."""
        newest = self._witnessed or self.sequencer.checkpoint.checkpoint
        return Anchor(size=newest.size, root=newest.root)

    async def beacon(self, index: int) -> Beacon:
        """See ``LogPort``."""
        while True:
            found = next((beacon for beacon in self._beacons if beacon.size > index), None)
            if found is not None:
                return found
            await self._drawn.wait()

    async def submit(self, key: tuple[str, int], leaf: bytes) -> int:
        """See ``LogPort``: a batch that storage refused left nothing behind and is submitted again."""
        while True:
            try:
                return (await self.sequencer.submit(key, leaf)).index
            except StorageError as error:
                if error.code == "log.closed":
                    raise
                _log.warning("the log is busy, trying again: %s", error)
                await asyncio.sleep(RETRY_S)


class LogShelf:
    """Opens logs on demand under ``<data>/log/<institution>/<year>``; see ``LogBook``."""

    def __init__(
        self,
        folder: DataFolder,
        domain: str,
        clock: Clock,
        fatal: Callable[[FatalLogError], None],
        flush_ms: int = 250,
        witnesses: Sequence[WitnessPeer] = (),
        signing: SigningConfig | None = None,
        start_rule: StartRule = StartRule.WARN,
    ) -> None:
        """Remember where, how to sign, and which witnesses to ask; ``close`` closes what was opened."""
        self._folder = folder
        self._domain = domain
        self._clock = clock
        self._fatal = fatal
        self._flush_ms = flush_ms
        self._witnesses = tuple(witnesses)
        self._signing = signing or SigningConfig()
        self._start_rule = start_rule
        self._open: dict[str, SequencerLog] = {}
        self._watching: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()

    async def log_for(self, institution_id: str, opened_ms: int) -> SequencerLog:
        """See ``LogBook``."""
        year = log_year(opened_ms)
        origin = log_origin(self._domain, institution_id, year)
        found = self._open.get(origin)
        if found is not None:
            return found
        async with self._lock:
            if origin not in self._open:
                place = log_place(self._folder, self._domain, institution_id, year)
                try:
                    self._open[origin] = await self._start(place)
                except FatalLogError as error:
                    self._fatal(error)
                    raise
        return self._open[origin]

    async def close(self) -> None:
        """Write what waits and close every log."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for log in self._open.values():
            await log.sequencer.close()
        self._open.clear()

    async def _watch(self, sequencer: Sequencer) -> None:
        self._fatal(await sequencer.wait_failed())

    async def _witness(self, root: Path, log: SequencerLog) -> None:
        await keep_witnessed_while_running(
            root, self._witnesses, lambda: log.sequencer.checkpoint.checkpoint.size, log.note_witnessed, self._fatal
        )

    async def _start(self, place: LogPlace) -> SequencerLog:
        place.root.mkdir(parents=True, exist_ok=True)
        signers = open_signers(place, self._signing)
        refuse_ended(place, signers[0])
        sequencer = await Sequencer.start(
            lambda: self._writer(place, signers), SequencerConfig(flush_ms=self._flush_ms)
        )
        try:
            second = [sm2_signer(place, second_origin(place.origin))] if self._signing.sm2 else []
            await introduce_keys(place, [*signers, *second], sequencer, self._clock.now_ms())
        except BaseException:
            await sequencer.close()
            raise
        log = SequencerLog(place.origin, sequencer)
        self._watching.append(asyncio.create_task(self._watch(sequencer)))
        if self._witnesses:
            self._watching.append(asyncio.create_task(self._witness(place.root, log)))
        for signer in second:
            tree = await asyncio.to_thread(SecondTree, place.root, signer)
            follow = keep_second_tree(tree, lambda: sequencer.checkpoint.checkpoint.size)
            self._watching.append(asyncio.create_task(follow))
        return log

    def _writer(self, place: LogPlace, signers: list[Signer]) -> LogWriter:
        (place.root / "vkey").write_text(signers[0].vkey + "\n", encoding="ascii")
        return LogWriter(
            place.origin,
            signers,
            PosixLogStore(place.root),
            SqliteHeadStore(self._folder.root / HEADS),
            self._clock.now_ms,
            lambda: largest_known(place.root, self._witnesses, self._start_rule),
            former_keys(place, signers),
        )


def log_place(folder: DataFolder, domain: str, institution_id: str, year: int) -> LogPlace:
    """Return where an institution's log of a year and its keys are."""
    return LogPlace(
        origin=log_origin(domain, institution_id, year),
        root=folder.log / institution_id / str(year),
        keys=folder.keys,
        stem=f"log-{institution_id}-{year}",
    )
