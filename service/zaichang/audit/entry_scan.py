"""Entries of a whole log: names each entry that differs from the signed one, and follows each session's chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from zaichang.audit.amend_checks import CHANGES, Changes
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.log_statements import LogStatements
from zaichang.audit.time_checks import SeenAt, check_delay
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

MAX_NAMED: Final = 50
"""Entries of one bundle that are named one by one."""


_STATEMENTS: Final = ("key", "policy")
_UNFINISHED: Final = ("session.start", "session.segment")


class _Head(msgspec.Struct, gc=False):
    """The fields of a leaf that the chain needs. The rest is skipped for speed."""

    t: str
    origin: str
    at: int
    sid: str = ""
    seq: int = 0
    prev: str = ""
    policy: str = ""
    verified_ms: int = 0


class EntryScan:
    """Checks a log's entries in their order.

    Args:
        origin: The log.
        findings: Takes the results.
        chains: Whether sessions are followed.
        deep: Whether every leaf is checked against its schema.
        prefix_root: Returns the root of the log's first leaves, as a leaf's anchor must name it (deep only).
        entry: Returns the entry at an index, for the leaves that a change of credit names.
    """

    def __init__(
        self,
        origin: str,
        findings: Findings,
        *,
        chains: bool,
        deep: bool,
        prefix_root: Callable[[int], bytes] = lambda size: b"",
        entry: Callable[[int], bytes | None] = lambda index: None,
    ) -> None:
        """Start with no session."""
        self._prefix_root = prefix_root
        self._roots: dict[int, bytes] = {}
        self._origin = origin
        self._findings = findings
        self._chains = chains
        self._deep = deep
        self._decode = msgspec.json.Decoder(_Head).decode
        self._open: dict[str, tuple[int, bytes, int, bool]] = {}
        self._leaves = 0
        self.statements = LogStatements(origin, findings)
        self.seen: list[SeenAt] = []
        self._seen_next = 0
        self._strangers: list[tuple[int, EvidenceError]] = []
        self._starts = 0
        self._entry = entry
        self._changes = Changes(origin, findings)
        self._started: dict[str, int] = {}
        self._empty = 0

    def diagnose(
        self,
        first: int,
        entries: Sequence[bytes],
        hashes: Sequence[bytes],
        expected: Sequence[bytes],
        path: str,
        wrong: str,
    ) -> None:
        """Name the entries of a bundle that differ from the signed ones.

        Args:
            first: Index of the bundle's first entry.
            entries: As they are.
            hashes: Their leaf hashes.
            expected: The leaf hashes that were signed.
            path: The bundle's.
            wrong: The problem of the bundle as a whole, or empty.
        """
        named = 0
        place = 0
        differs = [n for n in range(max(len(hashes), len(expected))) if hashes[n : n + 1] != expected[n : n + 1]]
        while differs and named < MAX_NAMED:
            place = differs[0]
            named += 1
            about = About(origin=self._origin, index=first + place)
            tail = list(expected[place + 1 :])
            if list(hashes[place:]) == tail:
                self._fail(about, path, "The entry was removed.")
                return
            if list(hashes[place + 1 :]) == list(expected[place:]):
                self._fail(about, path, "An entry was inserted here.")
                return
            partner = next((n for n in differs[1:] if hashes[place : place + 1] == expected[n : n + 1]), None)
            if partner is not None and hashes[partner : partner + 1] == expected[place : place + 1]:
                self._fail(about, path, f"The entry was swapped with entry {first + partner}.")
                differs = [n for n in differs[1:] if n != partner]
                continue
            if place >= len(entries):
                self._fail(about, path, wrong or "The entry is missing.")
                return
            if place >= len(expected):
                self._fail(about, path, wrong or "An entry that was never signed.")
                return
            signed = expected[place]
            self._findings.changed(
                "entry",
                "E_LEAF_HASH",
                f"Entry {first + place} does not hash to its leaf. {wrong}".strip(),
                about,
                data=entries[place],
                good=lambda data, signed=signed: leaf_hash(data) == signed,  # type: ignore[misc]  # early binding
                field=path,
            )
            differs = differs[1:]
        if wrong and not named:
            self._findings.failed("entry", "E_TILE", wrong, About(origin=self._origin, index=first), field=path)

    def follow(self, first: int, entries: Sequence[bytes], hashes: Sequence[bytes], expected: Sequence[bytes]) -> None:
        """Follow the sessions through a bundle's entries."""
        if not self._chains and not self._deep:
            return
        good = list(hashes) == list(expected)
        opened, decode, chains = self._open, self._decode, self._chains
        for place, entry in enumerate(entries):
            # A damaged entry was named already. Following it would report every later entry too.
            if not good and (place >= len(expected) or hashes[place] != expected[place]):
                self._forget(entry)
                continue
            try:
                head = decode(entry)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._strange(entry, first + place)
                continue
            self._leaves += 1
            if self._deep and not self._fits(entry, first + place):
                continue
            if head.origin != self._origin:
                about = About(origin=self._origin, index=first + place)
                self._findings.failed(
                    "leaf", "E_ORIGIN", "The leaf names another log.", about, field="origin", got=head.origin
                )
            if head.t == "session.start":
                self._starts += 1
                self._started[head.sid] = head.at
            elif head.t == "session.final" and not head.verified_ms:
                self._empty += 1
            if head.t in _STATEMENTS:
                self._state(entry, first + place)
            elif head.policy:
                self.statements.session(first + place, head.sid, head.policy)
            if head.t in CHANGES:
                self._change(entry, first + place)
            if self.seen and head.sid:
                self._delay(head, first + place)
            if not chains or not head.sid:
                continue
            before = opened.get(head.sid)
            opened[head.sid] = (head.seq, hashes[place], head.at, head.t not in _UNFINISHED)
            if before is None:
                if head.seq:
                    self._link(head, (-1, b"", 0, False), first + place)
            elif before[0] >= 0 and (head.seq != before[0] + 1 or head.at < before[2] or head.prev != before[1].hex()):
                self._link(head, before, first + place)

    def finish(self) -> None:
        """Report the sessions that the end of the log leaves open."""
        about = About(origin=self._origin)
        if self._strangers and not self._leaves:
            # Another program's log: its tree can be checked, its entries have no meaning here.
            message = "The entries are not records of Zaichang; only signature, tree and files were checked."
            self._findings.passed("leaf", about, message)
        else:
            for index, error in self._strangers:
                self._findings.error("leaf", error, About(origin=self._origin, index=index))
        self._changes.finish(about)
        waiting = sum(1 for _, _, _, ended in self._open.values() if not ended)
        if waiting:
            self._findings.passed("chain", about, f"{waiting} sessions have no final leaf (yet).")
        if self._empty:
            # Each start draws another schedule, so many discarded starts would amount to a choice (threat model).
            message = f"{self._empty} of {self._starts} sessions ended without a verified second."
            self._findings.passed("starts", about, message)

    def _link(self, head: _Head, before: tuple[int, bytes, int, bool], index: int) -> None:
        about = About(origin=self._origin, index=index, sid=head.sid)
        seq, prev, at, _ = before
        if head.seq != seq + 1:
            message = "A leaf of the session is missing, or stands elsewhere."
            self._findings.failed("chain", "E_SEQ_GAP", message, about, field="seq", expected=seq + 1, got=head.seq)
        elif head.prev != prev.hex():
            message = "The leaf does not follow from the session's leaf before it."
            self._findings.failed("chain", "E_CHAIN", message, about, field="prev", expected=prev, got=head.prev)
        if head.at < at:
            message = "The leaf is dated before its predecessor."
            self._findings.failed("chain", "E_TIME_LOW", message, about, field="at", expected=f">= {at}", got=head.at)

    def _forget(self, entry: bytes) -> None:
        try:
            head = self._decode(entry)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if head.sid:
            self._open[head.sid] = (-1, b"", 0, True)

    def _fits(self, entry: bytes, index: int) -> bool:
        about = About(origin=self._origin, index=index)
        try:
            value = parse_leaf(entry)
        except EvidenceError as error:
            self._findings.error("leaf", error, about)
            return False
        anchor = value.get("anchor")
        if self._deep and isinstance(anchor, dict) and isinstance(size := anchor.get("size"), int):
            if size > index:
                message = "The leaf names a checkpoint that did not exist before it."
                self._findings.failed("time", "E_TIME_LOW", message, about, field="anchor", got=size)
            elif self._root_of(size).hex() != anchor.get("root"):
                message = f"The leaf names a checkpoint of size {size} that is not of this log."
                self._findings.failed("time", "E_FORK", message, about, field="anchor", expected=self._root_of(size))
        return True

    def _delay(self, head: _Head, index: int) -> None:
        """Check a leaf's date against the first kept checkpoint that covers it; leaves come in order."""
        while self._seen_next < len(self.seen) and self.seen[self._seen_next].size <= index:
            self._seen_next += 1
        if self._seen_next < len(self.seen):
            about = About(origin=self._origin, index=index, sid=head.sid)
            check_delay(about, head.at, self.seen[self._seen_next], self._findings)

    def _state(self, entry: bytes, index: int) -> None:
        try:
            self.statements.take(index, parse_leaf(entry))
        except EvidenceError as error:
            self._findings.error("leaf", error, About(origin=self._origin, index=index))

    def _change(self, entry: bytes, index: int) -> None:
        """Check a change of credit against the leaf that it names."""
        try:
            leaf = self._known(index, entry)
        except EvidenceError as error:
            if not self._deep:  # Otherwise the schema's own check has reported it.
                self._findings.error("leaf", error, About(origin=self._origin, index=index))
            return
        place = leaf.number("target")
        found = self._entry(place) if place < index else None
        if found is None and place < index:
            # Its file is damaged, which is named by itself.
            message = f"The leaf {place} that the change names cannot be read."
            about = leaf.about(self._origin)
            self._findings.undecided("changes", "E_AMEND", message, about, field="target")
            return
        try:
            target = None if found is None else self._known(place, found)
        except EvidenceError:
            target = None
        self._changes.take(leaf, target, self._started.get(leaf.sid))

    @staticmethod
    def _known(index: int, entry: bytes) -> KnownLeaf:
        return KnownLeaf(index=index, data=entry, hash=leaf_hash(entry), value=parse_leaf(entry))

    def _strange(self, entry: bytes, index: int) -> None:
        if len(self._strangers) < MAX_NAMED:
            try:
                parse_leaf(entry)
            except EvidenceError as error:
                self._strangers.append((index, error))

    def _root_of(self, size: int) -> bytes:
        if size not in self._roots:
            self._roots[size] = self._prefix_root(size)
        return self._roots[size]

    def _fail(self, about: About, path: str, message: str) -> None:
        self._findings.failed("entry", "E_LEAF_HASH", message, about, field=path)
