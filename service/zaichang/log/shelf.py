"""The running service's logs, one for each institution and year, opened on demand.

A submission is retried while storage is busy. If a log fails permanently, ``fatal`` is called, which stops the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from zaichang.core.civil import date_at
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.core.ids import InstitutionId
from zaichang.log.rounds.holding import Holding
from zaichang.log.sequencer import Sequencer, SequencerConfig
from zaichang.log.signing import SigningConfig, former_keys, introduce_keys, open_signers, refuse_ended
from zaichang.log.sm3_tree import StoredSm3Tree, keep_sm3_tree
from zaichang.log.stamps.keeper import Authority, keep_stamped_while_running
from zaichang.log.witness_clock import WitnessClock
from zaichang.log.witnessing import (
    Cosigned,
    StartRule,
    WitnessPeer,
    keep_witnessed_while_running,
    largest_known,
    last_round,
)
from zaichang.log.writer import LogWriter
from zaichang.ports.clock import Clock
from zaichang.ports.log.open_logs import Beacon
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.keys import Signer
from zaichang.tlog.leaf import Anchor
from zaichang.tlog.sm import SUFFIX

RETRY_S: Final = 1.0
BEACONS_KEPT: Final = 128
"""More rounds than a session may wait for a beacon."""

_log = logging.getLogger("zaichang.log")


def log_year(opened_ms: int) -> int:
    """Return the calendar year of a session in China (UTC+8), where hours count in the year they are studied."""
    return date_at(opened_ms).year


def log_origin(domain: str, institution_id: InstitutionId, year: int) -> str:
    """Return a log's origin: its permanent name, part of every leaf and checkpoint."""
    return f"{domain}/{institution_id}/{year}"


class SequencedLog:
    """One open log; see ``OpenLog``."""

    def __init__(
        self,
        origin: str,
        sequencer: Sequencer,
        clock: WitnessClock | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """Wrap a started sequencer.

        Args:
            origin: The log's name.
            sequencer: Its sequencer, which the caller closes.
            clock: The clock that its writer asks.
            now_ms: Gives server time, where leaves of sessions are held back to the end of their round; None where not.
        """
        self._origin = origin
        self._holding = None if now_ms is None else Holding(self._submit, now_ms)
        self.sequencer = sequencer
        self._witnessed: Checkpoint | None = None
        self.clock = clock or WitnessClock()
        self._beacons: deque[Beacon] = deque(maxlen=BEACONS_KEPT)
        self._drawn = asyncio.Event()

    def note_witnessed(self, cosigned: Cosigned) -> None:
        """Remember the newest cosigned checkpoint, which new leaves then name as their anchor."""
        self._witnessed = cosigned.checkpoint
        if cosigned.at_ms:
            self.clock.note(cosigned.at_ms)
        if cosigned.beacon is not None:
            self._beacons.append(cosigned.beacon)
            self._drawn.set()
            self._drawn = asyncio.Event()

    @property
    def waits_for_witnesses(self) -> bool:
        """Whether leaves were published that no witness has seen."""
        return self._witnessed is None or self._witnessed.size < self.sequencer.checkpoint.checkpoint.size

    @property
    def origin(self) -> str:
        """See ``OpenLog``."""
        return self._origin

    def anchor(self) -> Anchor | None:
        """See ``OpenLog``."""
        newest = self._witnessed or self.sequencer.checkpoint.checkpoint
        return Anchor(size=newest.size, root=newest.root)

    async def beacon(self, index: int) -> Beacon:
        """See ``OpenLog``."""
        while True:
            found = next((beacon for beacon in self._beacons if beacon.size > index), None)
            if found is not None:
                return found
            await self._drawn.wait()

    @property
    def holds_back(self) -> bool:
        """See ``OpenLog``."""
        return self._holding is not None

    async def submit(self, key: tuple[str, int], leaf: bytes, *, at_once: bool = False) -> int:
        """See ``OpenLog``."""
        if self._holding is None or at_once:
            return await self._submit(key, leaf)
        return await self._holding.submit(key, leaf)

    async def take_in(self) -> None:
        """Take in at once what is held back, and hold nothing back from now on."""
        if self._holding is not None:
            await self._holding.take_in()

    async def close(self) -> None:
        """Take in at once what is held back, and close the sequencer."""
        await self.take_in()
        await self.sequencer.close()

    async def _submit(self, key: tuple[str, int], leaf: bytes) -> int:
        """Log a leaf. A batch that storage refused left nothing behind, so it is submitted again."""
        while True:
            try:
                return (await self.sequencer.submit(key, leaf)).index
            except StorageError as error:
                if error.code == "log.closed":
                    raise
                _log.warning("the log is busy, trying again: %s", error)
                await asyncio.sleep(RETRY_S)


class LogShelf:
    """Opens logs on demand; see ``OpenLogs``.

    Args:
        places: Where logs are kept.
        domain: First part of every log's origin.
        clock: Server time.
        fatal: Called once a log has stopped for good.
        flush_ms: How long a leaf may wait for its batch.
        witnesses: Witnesses of every log.
        signing: How logs are signed; None takes the log's own key alone.
        start_rule: Whether a witness must answer before a log is opened.
        hold_back: Whether leaves of sessions are held back to the end of their round.
        authority: Stamps every log's checkpoint each hour; None for no time stamps.
    """

    def __init__(
        self,
        places: LogPlaces,
        domain: str,
        clock: Clock,
        fatal: Callable[[FatalLogError], None],
        flush_ms: int = 250,
        witnesses: Sequence[WitnessPeer] = (),
        signing: SigningConfig | None = None,
        start_rule: StartRule = StartRule.WARN,
        *,
        hold_back: bool = False,
        authority: Authority | None = None,
    ) -> None:
        """Open nothing yet. ``close`` closes every log that was opened."""
        self._places = places
        self._domain = domain
        self._clock = clock
        self._fatal = fatal
        self._flush_ms = flush_ms
        self._witnesses = tuple(witnesses)
        self._signing = signing or SigningConfig()
        self._start_rule = start_rule
        self._hold_back = hold_back
        self._authority = authority
        self._open: dict[str, SequencedLog] = {}
        self._where: dict[str, LogPlace] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()

    async def log_for(self, institution_id: InstitutionId, opened_ms: int) -> SequencedLog:
        """See ``OpenLogs``."""
        year = log_year(opened_ms)
        origin = log_origin(self._domain, institution_id, year)
        found = self._open.get(origin)
        if found is not None:
            return found
        async with self._lock:
            if origin not in self._open:
                try:
                    place = self._places.place(institution_id, year)
                    self._open[origin] = await self._start(origin, place)
                    self._where[origin] = place
                except FatalLogError as error:
                    self._fatal(error)
                    raise
        return self._open[origin]

    async def open_existing(self) -> None:
        """Open the present year's logs that exist, before the first learner comes, and learn the witnesses' time.

        Raises:
            FatalLogError: A log may not be signed on: an old backup is back, or its files are damaged.
            StorageError: ``log.clock_ahead``.
        """
        now_ms = self._clock.now_ms()
        for place in await asyncio.to_thread(self._places.all):
            if place.year != log_year(now_ms):
                continue
            try:
                log = await self.log_for(place.institution_id, now_ms)
            except StorageError as error:
                _log.warning("the log %s is opened later: %s", place.name, error)
                continue
            cosigned = await last_round(place, self._witnesses) if self._witnesses else None
            if cosigned is not None:
                log.note_witnessed(cosigned)
                log.clock.check(self._clock.now_ms())

    async def take_in(self) -> None:
        """Take in at once what the logs hold back, and hold nothing back from now on: the service stops."""
        await asyncio.gather(*(log.take_in() for log in self._open.values()))

    async def close(self) -> None:
        """Write waiting leaves, have them cosigned as far as a witness answers soon, and close every log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for log in self._open.values():
            await log.close()
        if self._witnesses:
            waiting = [place for origin, place in self._where.items() if self._open[origin].waits_for_witnesses]
            await asyncio.gather(*(last_round(place, self._witnesses) for place in waiting))
        self._open.clear()

    async def _start(self, origin: str, place: LogPlace) -> SequencedLog:
        # (1) The signers; a key that was ended stops the start.
        signers = open_signers(place.keys, origin, self._signing)
        refuse_ended(place.keys, signers[0])
        # (2) Recover the log, and name its keys in it.
        clock = WitnessClock()
        sequencer = await Sequencer.start(
            lambda: self._writer(origin, place, signers, clock), SequencerConfig(flush_ms=self._flush_ms)
        )
        try:
            sm3_signers = [place.keys.sm2_signer(origin + SUFFIX)] if self._signing.sm2 else []
            await introduce_keys(place.keys, origin, [*signers, *sm3_signers], sequencer, self._clock.now_ms())
        except BaseException:
            await sequencer.close()
            raise
        # (3) Background tasks: report a failure, ask witnesses, follow with the SM3 tree.
        log = SequencedLog(origin, sequencer, clock, self._clock.now_ms if self._hold_back else None)
        self._tasks.append(asyncio.create_task(self._report_failure(sequencer)))
        if self._witnesses:
            self._tasks.append(asyncio.create_task(self._keep_witnessed(place, log)))
        if self._authority is not None:
            stamping = keep_stamped_while_running(
                place, self._authority, lambda: sequencer.checkpoint.checkpoint.size, self._clock.now_ms
            )
            self._tasks.append(asyncio.create_task(stamping))
        for signer in sm3_signers:
            tree = await asyncio.to_thread(StoredSm3Tree, place.published, place.side_files, signer)
            follow = keep_sm3_tree(tree, lambda: sequencer.checkpoint.checkpoint.size)
            self._tasks.append(asyncio.create_task(follow))
        return log

    async def _report_failure(self, sequencer: Sequencer) -> None:
        self._fatal(await sequencer.wait_failed())

    async def _keep_witnessed(self, place: LogPlace, log: SequencedLog) -> None:
        await keep_witnessed_while_running(
            place, self._witnesses, lambda: log.sequencer.checkpoint.checkpoint.size, log.note_witnessed, self._fatal
        )

    def _writer(self, origin: str, place: LogPlace, signers: list[Signer], clock: WitnessClock) -> LogWriter:
        place.keys.publish(signers[0].vkey)
        return LogWriter(
            origin,
            signers,
            place.open_store(),
            place.open_heads(),
            self._clock.now_ms,
            lambda: largest_known(place, self._witnesses, self._start_rule),
            former_keys(place.keys, signers),
            clock.check,
        )
