"""Entries of a whole log: names each entry that differs from the signed one, and follows each session's chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from zaichang.audit.changes.amend_checks import CHANGES, Changes
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.log_statements import LogStatements, check_statement
from zaichang.audit.reading.leaf_forms import Forms as LeafForms
from zaichang.audit.reading.leaf_forms import forms_of
from zaichang.audit.time_checks import check_born
from zaichang.audit.whole.chains import Chains
from zaichang.audit.whole.dates import Dates
from zaichang.audit.whole.forms import Forms
from zaichang.audit.whole.later import Later
from zaichang.audit.whole.leaf_head import decode_head, latest_ms
from zaichang.audit.whole.papers import KINDS as PAPERS
from zaichang.audit.whole.papers import Papers
from zaichang.audit.whole.periods import check_period
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

MAX_NAMED: Final = 50
"""Entries of one bundle that are named one by one."""


_STATEMENTS: Final = (LeafKind.KEY, LeafKind.POLICY)
_DEEP_STATEMENTS: Final = (*_STATEMENTS, LeafKind.UPLOAD, LeafKind.SAMPLING, LeafKind.ERASURE, *PAPERS)
_ROOTS_KEPT: Final = 10_000
"""Roots of earlier sizes that are remembered at once, for the leaves that name them."""


class EntryScan:
    """Checks a log's entries in their order.

    Args:
        origin: The log.
        findings: Takes the results.
        chains: Whether sessions are followed.
        deep: Whether every leaf is checked against its schema.
        prefix_root: Returns the root of the log's first leaves, as a leaf's anchor must name it (deep only).
        entry: Returns the entry at an index, for the leaves that a change of credit names.
        later: Takes the changes of credit that fit, or None.
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
        later: Later | None = None,
    ) -> None:
        """Start with no session."""
        self._prefix_root = prefix_root
        self._roots: dict[int, bytes] = {}
        self._origin = origin
        self._findings = findings
        self._chains = chains
        self._deep = deep
        self._links = Chains(origin, findings)
        self._leaves = 0
        self.statements = LogStatements(origin, findings)
        self.dates = Dates(origin, findings)
        self._strangers: list[tuple[int, EvidenceError]] = []
        self._starts = 0
        self._entry = entry
        self._papers = Papers(origin, findings, entry)
        self._later = later
        self._changes = Changes(origin, findings)
        self._empty = 0
        self._forms = Forms(findings)

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

    def follow(
        self,
        first: int,
        entries: Sequence[bytes],
        hashes: Sequence[bytes],
        expected: Sequence[bytes],
        forms: LeafForms | None = None,
    ) -> None:
        """Follow the sessions through a bundle's entries.

        Args:
            first: Index of the bundle's first entry.
            entries: As they are.
            hashes: Their leaf hashes.
            expected: The leaf hashes that were signed.
            forms: Their checks against the schemas (deep only); None makes them here.
        """
        if not self._chains and not self._deep:
            return
        forms = forms or (forms_of(entries) if self._deep else LeafForms({}, {}))
        good = list(hashes) == list(expected)
        chains = self._chains
        for place, entry in enumerate(entries):
            # A damaged entry was named already. Following it would report every later entry too.
            if not good and (place >= len(expected) or hashes[place] != expected[place]):
                self._forget(entry)
                continue
            try:
                head = decode_head(entry)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._strange(entry, first + place)
                continue
            self._leaves += 1
            if self._deep and not self._fits(place, first + place, forms):
                continue
            if head.origin != self._origin:
                about = About(origin=self._origin, index=first + place)
                self._findings.failed(
                    "leaf", "E_ORIGIN", "The leaf names another log.", about, field="origin", got=head.origin
                )
            if head.t == "session.start":
                self._starts += 1
                check_period(head.period, head.at, About(origin=self._origin, index=first + place), self._findings)
            elif head.t == "session.final" and not head.verified_ms:
                self._empty += 1
            if head.t in (_DEEP_STATEMENTS if self._deep else _STATEMENTS):
                self._state(entry, first + place)
            elif head.policy:
                self.statements.session(first + place, head.sid, head.policy, head.v)
            self.dates.take(head, first + place)
            if head.v != self._forms.version or head.at < self._forms.since_ms:
                about = About(origin=self._origin, index=first + place, sid=head.sid or None)
                self._forms.take(about, head.v, head.at, latest_ms(head))
            if head.sid and self.statements.born_ms is not None:
                about = About(origin=self._origin, index=first + place, sid=head.sid)
                check_born(about, latest_ms(head), self.statements.born_ms, self._findings)
            if chains and head.sid:
                self._links.take(head, first + place, hashes[place])
            if head.t in CHANGES:
                self._change(entry, first + place)

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
        self.dates.finish()
        self._changes.finish(about)
        self._papers.finish()
        if self._chains:
            self._links.finish()
        if self._empty:
            # Each start draws another schedule, so many discarded starts would amount to a choice (threat model).
            message = f"{self._empty} of {self._starts} sessions ended without a verified second."
            self._findings.passed("starts", about, message)

    def _forget(self, entry: bytes) -> None:
        try:
            head = decode_head(entry)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if head.sid:
            self._links.forget(head.sid)

    def _fits(self, place: int, index: int, forms: LeafForms) -> bool:
        about = About(origin=self._origin, index=index)
        if place in forms.wrong:
            code, message = forms.wrong[place]
            self._findings.failed("leaf", code, message, about)
            return False
        if place in forms.anchors:
            size, root = forms.anchors[place]
            if size > index:
                message = "The leaf names a checkpoint that did not exist before it."
                self._findings.failed("time", "E_TIME_LOW", message, about, field="anchor", got=size)
            elif self._root_of(size).hex() != root:
                message = f"The leaf names a checkpoint of size {size} that is not of this log."
                self._findings.failed("time", "E_FORK", message, about, field="anchor", expected=self._root_of(size))
        return True

    def _state(self, entry: bytes, index: int) -> None:
        try:
            value = parse_leaf(entry)
            self.statements.take(index, value)
            if self._deep:
                check_statement(self._origin, index, value, self._root_of, self._findings)
                self._papers.take(index, value, leaf_hash(entry))
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
        before = self._changes.count
        self._changes.take(leaf, target, self._links.started_ms(leaf.sid))
        if target is not None and self._changes.count > before:
            self._links.change(leaf, target)
            if self._later is not None:
                self._later.take(leaf, target)

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
            if len(self._roots) >= _ROOTS_KEPT:
                self._roots.clear()
            self._roots[size] = self._prefix_root(size)
        return self._roots[size]

    def _fail(self, about: About, path: str, message: str) -> None:
        self._findings.failed("entry", "E_LEAF_HASH", message, about, field=path)
