"""Watches a log from outside: keeps a checked copy, scans it, and says what is wrong.

A round mirrors the log, scans the copy where it grew, and looks at the ages of the last cosignature and, where the
reader names an authority, of the last time stamp. A log that
contradicts the copy is a fork: the round then also returns the file that proves it (``audit.whole.fork``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zaichang.audit.check import Check, Status
from zaichang.audit.whole.fork import contradict, find_split, verify_fork, write_fork
from zaichang.audit.whole.stamps import TIMESTAMPS, StampedMs, parse_stamps
from zaichang.core.errors import EvidenceError, StorageError
from zaichang.log.mirror import Mirror, Source
from zaichang.ports.log.side_files import SideFile
from zaichang.ports.log.store import LogStore
from zaichang.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from zaichang.tlog.tiles import CHECKPOINT_PATH, WIDTH, TileId, TileTree, tile_at
from zaichang.tlog.trust import NONE, Trust

_CONTRADICTIONS = ("E_FORK", "E_CONSISTENCY", "E_TILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A reason for a person to look.

    Attributes:
        code: The finding's code, or ``E_AGE`` for a cosignature that is too old.
        message: In a sentence.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The result of a round.

    Attributes:
        origin: The log, empty where it could not be read.
        size: Size of the copy.
        cosigned_age_s: Age of the copy's newest cosigned checkpoint; None without a quorum to ask for.
        stamped_age_s: Age of the copy's newest time stamp; None without one that the reader's certificates prove.
        findings: Failed and undecided checks of the scan.
        alarms: Reasons for a person to look.
        fork: The file that proves a fork; None without one.
    """

    origin: str
    size: int
    cosigned_age_s: int | None
    findings: int
    alarms: tuple[Alarm, ...]
    fork: bytes | None = None
    stamped_age_s: int | None = None


class Monitor:
    """The rounds over one log.

    Args:
        source: The log.
        store: The copy.
        mirror: Copies the one into the other.
        scan: Checks the whole copy.
        trust: The trusted keys.
        now_s: Unix time in seconds.
        max_age_s: The oldest that the newest cosignature of a growing log may be.
        beside: Returns the state of the other files that ``scan`` reads; it scans again where that changes.
        stamped_ms: Checks time stamps; None where the reader names no authority.
        max_stamp_age_s: The oldest that the newest time stamp of a growing log may be.
    """

    def __init__(
        self,
        source: Source,
        store: LogStore,
        mirror: Mirror,
        scan: Callable[[], Sequence[Check]],
        trust: Trust,
        now_s: Callable[[], int],
        max_age_s: int,
        beside: Callable[[], object] = lambda: None,
        stamped_ms: StampedMs | None = None,
        max_stamp_age_s: int = 7_200,
    ) -> None:
        """Begin; the first round scans the copy whether it grew or not."""
        self._source = source
        self._store = store
        self._mirror = mirror
        self._scan = scan
        self._trust = trust
        self._now_s = now_s
        self._max_age_s = max_age_s
        self._scanned: Sequence[Check] | None = None
        self._beside = beside
        self._stamped_ms = stamped_ms
        self._max_stamp_age_s = max_stamp_age_s
        self._scanned_at: object = None

    def round(self) -> Round:
        """Mirror, scan, compare. A fault of the log becomes an alarm, never an exception."""
        alarms: list[Alarm] = []
        fork: bytes | None = None
        try:
            self._mirror.run()
        except EvidenceError as error:
            alarms.append(Alarm(code=error.code, message=error.message))
            if error.code in _CONTRADICTIONS:
                fork = self._fork()
        except StorageError as error:
            alarms.append(Alarm(code=error.code, message=error.message))
        held = self._held()
        if held is None:
            return Round(origin="", size=0, cosigned_age_s=None, findings=0, alarms=tuple(alarms), fork=fork)
        size = held.checkpoint.size
        stamps = self._store.get(TIMESTAMPS) or b""
        at = (size, len(stamps), self._beside())
        if self._scanned is None or at != self._scanned_at:
            self._scanned, self._scanned_at = self._scan(), at
        bad = [check for check in self._scanned if check.status is not Status.PASS]
        alarms += [Alarm(code=check.code or "", message=check.message) for check in bad]
        age_s = self._age_s(held)
        if age_s is not None and age_s > self._max_age_s and self._shown_size() > size:
            message = f"The log has grown past size {size}, which was cosigned {age_s // 60} minutes ago."
            alarms.append(Alarm(code="E_AGE", message=message))
        stamped, stamp_age_s = self._stamped(stamps)
        if stamp_age_s is not None and stamp_age_s > self._max_stamp_age_s and self._shown_size() > stamped:
            message = f"The log has grown past size {stamped}, which was time-stamped {stamp_age_s // 60} minutes ago."
            alarms.append(Alarm(code="E_AGE", message=message))
        return Round(
            origin=held.checkpoint.origin,
            size=size,
            cosigned_age_s=age_s,
            findings=len(bad),
            alarms=tuple(dict.fromkeys(alarms)),
            fork=fork,
            stamped_age_s=stamp_age_s,
        )

    def _held(self) -> SignedCheckpoint | None:
        note = self._store.published()
        return None if note is None else open_checkpoint(note, self._trust.verifiers())

    def _age_s(self, held: SignedCheckpoint) -> int | None:
        seen_s = self._trust.witness_time_s(held)
        return None if seen_s is None or self._trust.quorum == NONE else max(0, self._now_s() - seen_s)

    def _stamped(self, stamps: bytes) -> tuple[int, int | None]:
        """Return the size that the newest proved time stamp covers, and its age in seconds; None without one."""
        if self._stamped_ms is None:
            return 0, None
        for stamp in reversed(parse_stamps(stamps)):
            try:
                signed = open_checkpoint(stamp.note, self._trust.verifiers())
                at_ms = self._stamped_ms(stamp.note, stamp.response)
            except EvidenceError:
                continue  # the scan names it
            return signed.checkpoint.size, max(0, self._now_s() - at_ms // 1000)
        return 0, None

    def _shown(self) -> list[SignedCheckpoint]:
        """Return the checkpoints that the log shows now and has signed itself."""
        found = []
        for name in (CHECKPOINT_PATH, SideFile.WITNESSED.value):
            try:
                note = self._source.get(name)
                if note is not None:
                    found.append(open_checkpoint(note, self._trust.verifiers()))
            except (EvidenceError, StorageError):
                continue
        return found

    def _shown_size(self) -> int:
        return max((shown.checkpoint.size for shown in self._shown()), default=0)

    def _fork(self) -> bytes | None:
        """Return the file that proves that the log contradicts the copy; None where nothing proves it."""
        held = self._held()
        if held is None:
            return None
        own = TileTree(held.checkpoint.size, self._own_tile)
        for shown in self._shown():
            if shown.checkpoint.origin != held.checkpoint.origin:
                continue
            if contradict(held.checkpoint, shown.checkpoint):
                return write_fork(held.note, shown.note, None)
            size = shown.checkpoint.size
            try:
                other = TileTree(size, lambda tile, size=size: self._their_tile(tile, size))  # type: ignore[misc]
                split = find_split(own, other) if other.root() == shown.checkpoint.root else None
            except (EvidenceError, StorageError):
                continue
            if split is not None and _proves(proof := write_fork(held.note, shown.note, split), self._trust):
                return proof
        return None

    def _own_tile(self, tile: TileId) -> bytes:
        data = self._store.get(tile.path())
        if data is None:
            raise EvidenceError("E_TILE", f"The copy's {tile.path()} is missing.")
        return data

    def _their_tile(self, tile: TileId, size: int) -> bytes:
        for wanted in dict.fromkeys((tile, tile.full(), tile_at(tile.level, tile.index, size))):
            data = self._source.get(wanted.path())
            if data is not None:
                return data[: 32 * tile.width] if tile.width < WIDTH else data
        raise EvidenceError("E_TILE", f"The log does not hand out {tile.path()}.")


def _proves(file: bytes, trust: Trust) -> bool:
    """Whether the file proves a fork: tiles that the log has damaged prove nothing."""
    return any(check.status is Status.FAIL for check in verify_fork(file, trust))


def metrics_text(result: Round, at_s: int) -> str:
    """Return a round's figures in the text format of Prometheus."""
    label = f'{{origin="{result.origin}"}}' if result.origin else ""
    figures = (
        ("size", "Leaves of the checked copy.", str(result.size)),
        ("findings", "Failed and undecided checks of the copy.", str(result.findings)),
        ("alarms", "Reasons for a person to look.", str(len(result.alarms))),
        ("fork", "1 where the log contradicts the copy and the proof is written.", str(int(result.fork is not None))),
        ("cosigned_age_seconds", "Age of the newest cosigned checkpoint.", _figure(result.cosigned_age_s)),
        ("stamped_age_seconds", "Age of the newest time stamp.", _figure(result.stamped_age_s)),
        ("round_timestamp_seconds", "When the last round ended.", str(at_s)),
    )
    lines = []
    for name, text, value in figures:
        full = f"zaichang_monitor_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} gauge", f"{full}{label} {value}"]
    return "\n".join(lines) + "\n"


def _figure(seconds: int | None) -> str:
    return "NaN" if seconds is None else str(seconds)
