"""Checking a whole log, on a disk or a web server: fsck for its operator, full verification for a regulator.

The check goes from the top down: the signed root determines the top tiles, these determine the tiles below, and the
lowest determine the hash of every entry. So a damaged byte lies where the chain of hashes first breaks, and that place
has an index. If a tile is damaged, its content is computed from below and the scan goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.check import Check, Status
from zaichang.audit.entry_scan import EntryScan
from zaichang.audit.findings import About, Findings
from zaichang.audit.history import HISTORY, WITNESSED, parse_first_sights, parse_history
from zaichang.audit.log_statements import LogStatements
from zaichang.audit.reading.leaf_forms import FormChecks, Forms, form_checks
from zaichang.audit.time_checks import SeenAt, earliest
from zaichang.audit.whole.later import Later
from zaichang.audit.whole.past import Past, trusted_checkpoint
from zaichang.audit.whole.stamps import TIMESTAMPS, StampedMs, check_stamps
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint
from zaichang.tlog.merkle import HASH_BYTES, fold_peaks, leaf_hash, peaks, root_hash
from zaichang.tlog.sm import SUFFIX, Sm3Tree
from zaichang.tlog.tiles import CHECKPOINT_PATH, ENTRIES, HEIGHT, WIDTH, TileId, tile_at, tile_width
from zaichang.tlog.trust import Trust

SM3_CHECKPOINT: Final = "checkpoint.sm3"
"""Beside ``checkpoint``: the checkpoint of the SM3 tree over the same entries, where the log keeps one."""

MAX_FINDINGS: Final = 1_000
"""Most findings reported. A log with more is not damaged but a different one."""

MAX_KEPT: Final = 8
"""Bundles kept in memory for the leaves that changes of credit name."""

Read = Callable[[str], bytes | None]
"""Returns the object at a path below the log's prefix, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """The optional checks beside the hashes.

    Attributes:
        chains: Whether each session's leaves are followed through the log.
        deep: Whether every leaf is checked against its schema.
        jobs: Processes that check a large log's leaves.
        later: Sessions of an earlier file, of which later revocations are looked for; None for none.
        stamped_ms: Checks time stamps; None where the reader names no time-stamping authority.
    """

    chains: bool = True
    deep: bool = True
    jobs: int = 1
    later: Later | None = None
    stamped_ms: StampedMs | None = None


def scan_log(
    read: Read,
    trust: Trust,
    options: ScanOptions | None = None,
    older: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
    first_sights: bytes = b"",
) -> list[Check]:
    """Check a log's every tile and entry.

    Args:
        read: Reads the log's files.
        trust: The trusted keys.
        options: The optional checks.
        first_sights: When the reader's own mirror first saw which checkpoint (``audit.history``).
        older: Signed checkpoints of the same log seen before; the log must still contain them.
        progress: Called with the numbers of checked and of all entries.
    """
    findings = Findings()
    note = read(CHECKPOINT_PATH)
    if note is None:
        findings.undecided("checkpoint", "E_FORMAT", "There is no checkpoint here.", About())
        return findings.checks
    try:
        signed, newest = trusted_checkpoint(note, read(WITNESSED), trust)
    except EvidenceError as error:
        findings.error("checkpoint", error, About(), field="checkpoint")
        return findings.checks
    checkpoint = signed.checkpoint
    about = About(origin=checkpoint.origin)
    findings.passed("checkpoint", about, f"Size {checkpoint.size}, signed by {', '.join(signed.opened.names())}.")
    scan_options = options or ScanOptions()
    scan = _Scan(read, checkpoint, findings, scan_options, progress, newest)
    scan.second = _second(read, checkpoint, trust, findings)
    past = Past(checkpoint, newest, scan.prefix_root, findings)
    seen, sights = past.history(parse_history(read(HISTORY) or b""), parse_first_sights(first_sights), signed, trust)
    data, stamped_ms = read(TIMESTAMPS) or b"", scan_options.stamped_ms
    stamps = check_stamps(data, stamped_ms, newest, scan.prefix_root, trust, findings)
    scan.bound(seen, earliest([*sights, *stamps]), None if trust.now_s is None else trust.now_s * 1000)
    scan.run()
    if newest.size > checkpoint.size:
        past.grew()
    scan.statements.checkpoint(signed, trust)
    for entry in older:
        past.contains(entry, trust)
    if scan_options.later is not None:
        scan_options.later.finish(checkpoint, findings)
    return findings.checks


def _second(read: Read, checkpoint: Checkpoint, trust: Trust, findings: Findings) -> SecondScan | None:
    note = read(SM3_CHECKPOINT)
    origin = checkpoint.origin + SUFFIX
    keys = [key for key in trust.logs if key.name == origin]
    if note is None or not keys:
        return None  # no checkpoint, or no trusted key for its signature
    try:
        other = open_checkpoint(note, keys, origin).checkpoint
    except EvidenceError as error:
        findings.error("second-tree", error, About(origin=origin), field=SM3_CHECKPOINT)
        return None
    return SecondScan(checkpoint=other)


@dataclass(slots=True, kw_only=True)
class SecondScan:
    """The SM3 tree, computed while the entries are read.

    Attributes:
        checkpoint: Its signed checkpoint.
        tree: The tree over the entries read.
    """

    checkpoint: Checkpoint
    tree: Sm3Tree = field(default_factory=Sm3Tree)

    def take(self, entries: Sequence[bytes]) -> None:
        """Take the next entries, as far as the checkpoint goes."""
        for entry in entries[: max(0, self.checkpoint.size - self.tree.size)]:
            self.tree.append(entry)

    def finish(self, findings: Findings) -> None:
        """Compare the roots."""
        about, size = About(origin=self.checkpoint.origin), self.checkpoint.size
        if self.tree.size != size:
            message = f"The second tree is signed at {size}; the log has {self.tree.size} of those entries."
            findings.failed("second-tree", "E_CONSISTENCY", message, about, field="size")
        elif self.tree.root() != self.checkpoint.root:
            message = "The entries do not give the root of the second tree (SM3)."
            findings.failed("second-tree", "E_CONSISTENCY", message, about, field="root")
        else:
            findings.passed("second-tree", about, f"{size} entries give the SM3 root.")


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A bundle that was read, and whose leaves are perhaps being checked."""

    index: int
    width: int
    expected: list[bytes]
    entries: list[bytes]
    wrong: str
    begun: Future[Forms] | None


class _Scan:
    def __init__(
        self,
        read: Read,
        checkpoint: Checkpoint,
        findings: Findings,
        options: ScanOptions,
        progress: Callable[[int, int], None] | None,
        newest: Checkpoint,
    ) -> None:
        self._read = read
        self._newest = newest
        self._checkpoint = checkpoint
        self._size = checkpoint.size
        self._findings = findings
        self._progress = progress
        self._entries = EntryScan(
            checkpoint.origin,
            findings,
            chains=options.chains,
            deep=options.deep,
            prefix_root=self.prefix_root,
            entry=self._entry,
            later=options.later,
        )
        self._trusted: dict[int, dict[int, list[bytes]]] = {}
        self._kept: dict[int, list[bytes]] = {}
        self.second: SecondScan | None = None
        self._jobs = options.jobs if options.deep else 1
        self._forms = FormChecks()
        self._ahead: deque[_Bundle] = deque()

    @property
    def statements(self) -> LogStatements:
        """The log's statements about its keys and policies."""
        return self._entries.statements

    def run(self) -> None:
        before = len(self._findings.checks)
        levels = 0
        while self._size >> (HEIGHT * levels):
            levels += 1
        edge = self._edge(levels)
        with form_checks(self._jobs, self._size) as self._forms:
            for level in reversed(range(levels)):
                self._level(level, edge.get(level, []))
            self._follow(0)
        self._entries.finish()
        if self.second is not None:
            self.second.finish(self._findings)
        about = About(origin=self._checkpoint.origin)
        if not any(check.status is Status.FAIL for check in self._findings.checks[before:]):
            self._findings.passed("tiles", about, f"{self._size} entries hash to the signed root.")

    def bound(self, seen: list[SeenAt], sights: list[SeenAt], now_ms: int | None) -> None:
        """Take the times at which the log was seen at some size, and the reader's clock; they bound its leaves."""
        self._entries.dates.bound(seen, sights, now_ms)

    def _edge(self, levels: int) -> dict[int, list[bytes]]:
        """Return the hashes of the partial tiles, repaired so that they give the signed root if possible."""
        stored: dict[int, list[bytes]] = {}
        for level in range(levels):
            width = (self._size >> (HEIGHT * level)) % WIDTH
            if width:
                stored[level] = self._tile(level, self._size >> (HEIGHT * (level + 1)), width) or []
        if self._root(stored) == self._checkpoint.root:
            return stored
        for level in stored:
            computed = self._below(level, self._size >> (HEIGHT * (level + 1)))
            repaired = {**stored, level: computed}
            if self._root(repaired) == self._checkpoint.root:
                self._damaged_tile(
                    tile_at(level, self._size >> (HEIGHT * (level + 1)), self._size), stored[level], computed
                )
                return repaired
        message = "The tiles do not give the root that was signed."
        about = About(origin=self._checkpoint.origin)
        self._findings.failed("tiles", "E_TILE", message, about, field="root", expected=self._checkpoint.root)
        return stored

    def _root(self, edge: dict[int, list[bytes]]) -> bytes:
        perfect: list[bytes] = []
        for level in sorted(edge, reverse=True):
            perfect += [root_hash(edge[level][low:high]) for low, high in peaks(0, len(edge[level]))]
        return fold_peaks(perfect)

    def _level(self, level: int, partial: list[bytes]) -> None:
        above = self._trusted.get(level + 1, {})
        here: dict[int, list[bytes]] = {}
        count = self._size >> (HEIGHT * level)
        for index in range(-(-count // WIDTH)):
            if len(self._findings.checks) > MAX_FINDINGS:
                return
            width = tile_width(level, index, self._size)
            if width < WIDTH:
                hashes = partial
            else:
                parent = above.get(index // WIDTH, [])
                expected = parent[index % WIDTH] if index % WIDTH < len(parent) else b""
                hashes = self._full(level, index, expected)
            if level == 0:
                self._bundle(index, width, hashes)
            else:
                here[index] = hashes
        self._trusted = {level: here, **({level + 1: above} if level == 0 else {})}

    def _full(self, level: int, index: int, expected: bytes) -> list[bytes]:
        stored = self._tile(level, index, WIDTH)
        if stored is not None and root_hash(stored) == expected:
            return stored
        computed = self._below(level, index)
        if len(computed) == WIDTH and root_hash(computed) == expected:
            if stored is not None:
                self._damaged_tile(TileId(level=level, index=index), stored, computed)
            return computed
        first, span = index << (HEIGHT * (level + 1)), 1 << (HEIGHT * (level + 1))
        message = f"Leaves {first} to {first + span - 1}: neither the tile nor what lies below it is what was signed."
        about = About(origin=self._checkpoint.origin, index=first)
        self._findings.failed("tiles", "E_TILE", message, about, field=TileId(level=level, index=index).path())
        return stored or computed

    def _damaged_tile(self, tile: TileId, stored: Sequence[bytes], computed: Sequence[bytes]) -> None:
        for place, (bad, good) in enumerate(zip(stored, computed, strict=False)):
            if bad != good:
                span = 1 << (HEIGHT * tile.level)
                first = (tile.index * WIDTH + place) * span
                about = About(origin=self._checkpoint.origin, index=first)
                message = f"Hash {place} of the tile is not that of leaf {first}."
                if span > 1:
                    message = f"Hash {place} of the tile is not that of leaves {first} to {first + span - 1}."
                self._findings.failed("tiles", "E_TILE", message, about, field=tile.path(), expected=good, got=bad)
                return

    def _tile(self, level: int, index: int, width: int) -> list[bytes] | None:
        tile = TileId(level=level, index=index, width=width)
        data = self._read(tile.path())
        if data is None and width < WIDTH:
            data = (self._larger(tile) or b"")[: HASH_BYTES * width] or None
        about = About(origin=self._checkpoint.origin, index=(index * WIDTH) << (HEIGHT * level))
        if data is None:
            self._findings.failed("tiles", "E_TILE", "The tile is missing.", about, field=tile.path())
            return None
        if len(data) != HASH_BYTES * width:
            message = f"The tile has {len(data)} bytes, not {HASH_BYTES * width}."
            self._findings.failed("tiles", "E_TILE", message, about, field=tile.path())
            return None
        return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]

    def _larger(self, tile: TileId) -> bytes | None:
        """Return a tile that begins like this one, for the log has grown: the full one, or that of the newest size."""
        found = self._read(tile.full().path())
        if found is None and self._newest.size > self._size:
            found = self._read(tile_at(tile.level, tile.index, self._newest.size).path())
        return found

    def _below(self, level: int, index: int) -> list[bytes]:
        """Return a tile's content as computed from the tiles below it."""
        if level == 0:
            width = tile_width(0, index, self._size)
            return [leaf_hash(entry) for entry in self._split(index, width)[0]]
        hashes = []
        for child in range(index * WIDTH, index * WIDTH + tile_width(level, index, self._size)):
            data = self._read(TileId(level=level - 1, index=child).path()) or b""
            hashes.append(root_hash([data[i : i + HASH_BYTES] for i in range(0, len(data) - 31, HASH_BYTES)]))
        return hashes

    def _split(self, index: int, width: int) -> tuple[list[bytes], str]:
        """Return a bundle's entries, and the problem of the bundle as a whole."""
        tile = TileId(level=ENTRIES, index=index, width=width)
        data = self._read(tile.path())
        if data is None and width < WIDTH:
            data = self._larger(tile)
        if data is None:
            return [], "The bundle is missing."
        entries: list[bytes] = []
        position, end = 0, len(data)
        while position < end and len(entries) <= WIDTH:
            start = position + 2
            stop = start + int.from_bytes(data[position:start], "big")
            if stop > end or start > end:
                return entries, f"The bundle is cut off in its entry {len(entries)}."
            entries.append(data[start:stop])
            position = stop
        if len(entries) != width and not (width < WIDTH and len(entries) > width):
            return entries, f"The bundle holds {len(entries)} entries, not {width}."
        return entries[:width], ""

    def _bundle(self, index: int, width: int, expected: list[bytes]) -> None:
        entries, wrong = self._split(index, width)
        begun = self._forms.begin(entries)
        self._ahead.append(_Bundle(index, width, expected, entries, wrong, begun))
        self._follow(self._forms.ahead)

    def _follow(self, ahead: int) -> None:
        """Follow the sessions through the bundles that were read, but for the last ``ahead`` of them."""
        while len(self._ahead) > ahead:
            read = self._ahead.popleft()
            first, entries, expected = read.index * WIDTH, read.entries, read.expected
            hashes = [leaf_hash(entry) for entry in entries]
            if hashes != expected or read.wrong:
                path = TileId(level=ENTRIES, index=read.index, width=read.width).path()
                self._entries.diagnose(first, entries, hashes, expected, path, read.wrong)
            forms = self._forms.end(read.begun, entries) if read.begun is not None else None
            self._entries.follow(first, entries, hashes, expected, forms)
            if self.second is not None:
                self.second.take(entries)
            if self._progress is not None:
                self._progress(first + read.width, self._size)

    def _entry(self, index: int) -> bytes | None:
        """Return the entry at an index, None where its bundle is damaged; keeps the last few bundles read."""
        number = index // WIDTH
        if number not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = self._split(number, tile_width(0, number, self._size))[0]
        entries = self._kept[number]
        return entries[index % WIDTH] if index % WIDTH < len(entries) else None

    def prefix_root(self, size: int) -> bytes:
        """Return the root of the log's first ``size`` leaves, as its tiles give it."""

        def perfect(start: int, end: int) -> bytes:
            level = ((end - start).bit_length() - 1) // HEIGHT
            first, count = start >> (HEIGHT * level), (end - start) >> (HEIGHT * level)
            wanted = self._newest.size if size > self._size else self._size
            hashes = self._tile(level, first // WIDTH, tile_width(level, first // WIDTH, wanted)) or []
            return root_hash(hashes[first % WIDTH : first % WIDTH + count])

        return fold_peaks([perfect(low, high) for low, high in peaks(0, size)])
