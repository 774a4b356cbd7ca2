"""The bundles that an institution produced for a sample, checked against the regulator's own copy of the log. Pure.

A bundle states the indexes of its leaves and brings its own checkpoint, and the institution holds the log's key. So a
bundle that agrees with itself proves nothing about the frozen log. Each bundle is checked against the copy:

  1. it is of the frozen log: the same origin, which names institution and year      ``E_ORIGIN``
  2. its checkpoint is a state of the copy                                           ``E_FORK``, ``E_CONSISTENCY``
  3. each leaf of a drawn session is the copy's leaf at that index                   ``E_LEAF_HASH``
  4. no leaf that the copy holds of a drawn session is left out                      ``E_NOT_PRODUCED``;
     without a frozen size, a change of credit newer than the bundle is for the caller to take from the copy
  5. one session for each drawn index                                                ``E_DRAW``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import msgspec

from zaichang.audit.bundle import Bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import About, Findings
from zaichang.audit.reading.bundle_reader import BundleFile, Source, bundle_file
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.verify import verify_bundle
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import fold_peaks, leaf_hash, node_hash, peaks
from zaichang.tlog.trust import Trust


class _Head(msgspec.Struct):
    t: str = ""
    sid: str = ""


_DECODE = msgspec.json.Decoder(_Head).decode


@dataclass(slots=True)
class OwnCopy:
    """The regulator's own copy of the log: the frozen entries, and later ones as far as the copy goes.

    Attributes:
        origin: The log.
        frozen: Size of the frozen checkpoint, 0 where no size was announced before the bundles were made.
        hashes: The leaf hash of each entry.
        leaves: Session to the indexes of its leaves; only the sessions of ``starts`` are followed.
        policies: Digest of each policy that the log names to its name there.
        changes: The later changes of credit and the voids of those sessions, by index.
        starts: Index of each drawn ``session.start`` leaf to its session, empty where the entry is not readable.
    """

    origin: str
    frozen: int
    hashes: list[bytes] = field(default_factory=list)
    leaves: dict[str, set[int]] = field(default_factory=dict)
    starts: dict[int, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    changes: dict[int, bytes] = field(default_factory=dict)
    _levels: list[list[bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, origin: str, frozen: int, drawn: Iterable[int], entries: Iterable[Sequence[bytes]]) -> OwnCopy:
        """Return the copy of a log's entries.

        Args:
            origin: The log.
            frozen: Size of the frozen checkpoint, 0 for none.
            drawn: Indexes of the drawn ``session.start`` leaves.
            entries: The log's entries in order, bundle by bundle.
        """
        copy, wanted = cls(origin=origin, frozen=frozen), set(drawn)
        for group in entries:
            for entry in group:
                copy._take(entry, len(copy.hashes) in wanted)
        return copy

    def root(self, size: int) -> bytes:
        """Return the root of the first ``size`` entries."""
        if not self._levels:
            level = self.hashes
            self._levels.append(level)
            while len(level) > 1:
                level = [node_hash(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
                self._levels.append(level)

        def perfect(start: int, end: int) -> bytes:
            height = (end - start).bit_length() - 1
            return self._levels[height][start >> height]

        return fold_peaks([perfect(low, high) for low, high in peaks(0, size)])

    def _policy(self, entry: bytes) -> None:
        with suppress(EvidenceError):  # the scan of the copy names a damaged entry
            value = parse_leaf(entry)
            if value.get("t") == LeafKind.POLICY:
                self.policies.setdefault(str(value.get("digest")), str(value.get("name")))

    def _take(self, entry: bytes, drawn: bool) -> None:
        index = len(self.hashes)
        self.hashes.append(leaf_hash(entry))
        if b'"t":"policy"' in entry:
            self._policy(entry)
        if not drawn and not self.leaves:
            return
        try:
            head = _DECODE(entry)
        except (msgspec.DecodeError, UnicodeDecodeError):
            head = _Head()
        if drawn:
            self.starts[index] = head.sid
            self.leaves.setdefault(head.sid, set())
        if head.sid in self.leaves:
            self.leaves[head.sid].add(index)
            if head.t in (LeafKind.AMEND, LeafKind.VOID):
                self.changes[index] = entry


@dataclass(slots=True, kw_only=True)
class Produced:
    """One drawn session as it was produced.

    Attributes:
        sid: The session by the regulator's copy.
        checks: Every check that concerns it, of every bundle that it is in.
    """

    sid: str
    checks: list[Check] = field(default_factory=list)


def _no_one(file: BundleFile, sid: str, part: Bundle) -> None:
    """Take nothing."""


def hold_against(
    copy: OwnCopy,
    bundles: Sequence[Source],
    trust: Trust,
    replay: Replayer | None,
    opened: Callable[[BundleFile, str, Bundle], None] = _no_one,
) -> tuple[Mapping[int, Produced], list[Check]]:
    """Check the produced bundles, each by itself and against the copy.

    Args:
        copy: The regulator's own copy, read with the drawn indexes.
        bundles: The bundles that the institution produced.
        trust: The trusted keys.
        replay: Recomputes verdicts.
        opened: Given each bundle's sessions with their openings.

    Returns:
        The produced sessions by drawn index, and the findings that concern no drawn session.
    """
    found: dict[int, Produced] = {}
    findings = Findings()
    for number, source in enumerate(bundles, 1):
        try:
            file = bundle_file(source)
        except EvidenceError as error:
            findings.undecided("produced", error.code, f"Bundle {number}: {error.message}", About())
            continue
        checks, bundle = verify_bundle(file, trust, replay, partial(opened, file)), file.whole
        about = About(origin=copy.origin)
        message = f"Bundle {number} is of another log than the frozen one."
        if not findings.equal("produced", "E_ORIGIN", about, "origin", copy.origin, bundle.origin, message):
            continue
        before = len(findings.checks)
        size = _state(copy, bundle, number, trust, findings)
        whole = findings.checks[before:]
        _sessions(_Held(copy=copy, bundle=bundle, number=number, size=size), [*checks, *whole], found, findings)
    return found, findings.checks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    copy: OwnCopy
    bundle: Bundle
    number: int
    size: int


# (2)
def _state(copy: OwnCopy, bundle: Bundle, number: int, trust: Trust, findings: Findings) -> int:
    """Check the bundle's checkpoint; return its size, or the frozen one where it cannot be read."""
    about = About(origin=copy.origin)
    try:
        checkpoint = trust.open_checkpoint(bundle.checkpoint, copy.origin).checkpoint
    except EvidenceError:
        return copy.frozen  # The bundle's own check reports it.
    if checkpoint.size > len(copy.hashes):
        if any(leaf.index >= len(copy.hashes) for leaf in bundle.leaves):
            message = (
                f"Bundle {number} has leaves past the {len(copy.hashes)} entries of the regulator's copy. "
                "Mirror the log again, and repeat the report with the new copy."
            )
            findings.undecided("produced", "E_CONSISTENCY", message, about, field="size")
    elif copy.root(checkpoint.size) != checkpoint.root:
        message = (
            f"The checkpoint of bundle {number} (size {checkpoint.size}) is signed by the log's key, and is not a "
            "state of the regulator's copy: the log was forked."
        )
        expected = copy.root(checkpoint.size)
        findings.failed("produced", "E_FORK", message, about, field="root", expected=expected, got=checkpoint.root)
    return checkpoint.size


# (3) to (5)
def _sessions(held: _Held, checks: Sequence[Check], found: dict[int, Produced], findings: Findings) -> None:
    copy, bundle, number = held.copy, held.bundle, held.number
    indexes: dict[str, set[int]] = {}
    starts: list[tuple[int, str]] = []
    own = Findings()
    for entry in bundle.leaves:
        try:
            value = parse_leaf(entry.leaf)
        except EvidenceError:
            value = {}
        sid = value.get("sid")
        known = sid if isinstance(sid, str) else None
        indexes.setdefault(known or "", set()).add(entry.index)
        if value.get("t") == "session.start" and known is not None:
            starts.append((entry.index, known))
        if entry.index < len(copy.hashes) and leaf_hash(entry.leaf) != copy.hashes[entry.index]:
            about = About(origin=copy.origin, index=entry.index, sid=known)
            message = f"Bundle {number}: this is not the leaf that the regulator's copy has at index {entry.index}."
            own.failed("produced", "E_LEAF_HASH", message, about, field="leaf")
    drawn: list[tuple[int, str, str]] = []
    for index, sid in starts:
        if index not in copy.starts:
            continue
        expected = copy.starts[index]
        about = About(origin=copy.origin, index=index, sid=expected)
        message = f"Bundle {number} holds another session for drawn index {index}."
        own.equal("produced", "E_DRAW", about, "sid", expected, sid, message)
        for missing in sorted(copy.leaves.get(expected, set()) - indexes.get(sid, set())):
            message = f"Bundle {number} leaves out leaf {missing} of the session, which the regulator's copy holds."
            if missing < max(held.size, copy.frozen):
                own.failed("produced", "E_NOT_PRODUCED", message, about, field="leaf", expected=missing)
            elif missing in copy.changes and not copy.frozen:
                message = f"A change of credit that is newer than bundle {number}, at index {missing} of the own copy."
                own.passed("later", About(origin=copy.origin, index=missing, sid=expected), message)
            else:
                message += " The leaf is newer than the bundle: ask for a new export."
                own.undecided("produced", "E_NOT_PRODUCED", message, about, field="leaf")
        drawn.append((index, sid, expected))
    concerned = _Concerned([*checks, *own.checks], indexes)
    for index, sid, expected in drawn:
        found.setdefault(index, Produced(sid=expected)).checks.extend(concerned.by({sid, expected}, indexes[sid]))
    taken = {id(check) for produced in found.values() for check in produced.checks}
    findings.checks += [check for check in own.checks if id(check) not in taken]


class _Concerned:
    """Checks of a bundle by the session that they concern; one that is plainly about none concerns every session."""

    def __init__(self, checks: Sequence[Check], indexes: Mapping[str, set[int]]) -> None:
        owned = {place for places in indexes.values() for place in places}
        self._of_all: list[tuple[int, Check]] = []
        self._of_session: dict[str, list[tuple[int, Check]]] = {}
        self._of_place: dict[int, list[tuple[int, Check]]] = {}
        for order, check in enumerate(checks):
            if check.sid is not None:
                self._of_session.setdefault(check.sid, []).append((order, check))
            elif check.index is not None and check.index in owned:
                self._of_place.setdefault(check.index, []).append((order, check))
            else:
                self._of_all.append((order, check))

    def by(self, sids: set[str], places: set[int]) -> list[Check]:
        """Return the checks that concern a session, in their order."""
        found = [*self._of_all]
        for sid in sids:
            found += self._of_session.get(sid, [])
        for place in places:
            found += self._of_place.get(place, [])
        return [check for _, check in sorted(found, key=lambda entry: entry[0])]


def worst(checks: Iterable[Check]) -> tuple[str, list[Check]]:
    """Return the combined status of some checks, and those that did not pass."""
    bad = [check for check in checks if check.status is not Status.PASS]
    failed = any(check.status is Status.FAIL for check in bad)
    return "fail" if failed else "undecided" if bad else "pass", bad
