"""One session of an inspection: its part of a bundle, and the later changes of credit that the inspector's copy holds.

Theory. A bundle is made at one moment, and a person may change a session's credit afterwards. The inspector's copy
holds the leaf of such a change, and has checked it; the decision's document is only in a newer bundle. So a change that
takes time back counts as far as the leaf tells, always against the institution, and one that grants time counts
nothing before a new export.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from zaichang.audit.bundle import Bundle
from zaichang.audit.findings import Findings
from zaichang.audit.inspection.demand import Demand
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.reading.bundle_reader import BundleFile, Source, bundle_file
from zaichang.audit.sample.produced import OwnCopy
from zaichang.audit.whole.double_credit import Credited, credited_of
from zaichang.audit.whole.totals import total_of
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPart:
    """A session's part of a bundle.

    Attributes:
        file: The bundle.
        leaves: The session's leaves in it, in their order.
        later: The changes of credit that the inspector's copy holds and the bundle is too old for.
    """

    file: BundleFile
    leaves: tuple[KnownLeaf, ...]
    later: tuple[KnownLeaf, ...] = ()

    def now(self, copy: OwnCopy) -> SessionPart:
        """Return the part with the session's later changes of the copy."""
        own = {leaf.index for leaf in self.leaves}
        indexes = sorted(copy.leaves.get(self.leaves[0].sid, set()) - own)
        found = (_known(index, copy.changes[index]) for index in indexes if index in copy.changes)
        return replace(self, later=tuple(each for each in found if each is not None))

    @property
    def taking(self) -> tuple[KnownLeaf, ...]:
        """The leaves with those later changes that take time back. One that grants time counts once it is produced."""
        return (
            *self.leaves,
            *(each for each in self.later if each.kind == LeafKind.VOID or each.delta("delta_ms") < 0),
        )

    def counted_ms(self, opened: Bundle) -> int:
        """Return the time that counts.

        Which part of a minute a later decision took back is not in the log, so such a minute counts for nothing here.

        Args:
            opened: The session's openings.
        """
        at_the_export = total_of(self.leaves).counted_ms
        if not self.later:
            return at_the_export
        lost_ms = _media_ms(credited_of(opened, self.leaves)) - _media_ms(self.credited(opened))
        # Where no records are opened, the changes of the log are all that is known; the session is undecided then.
        return max(0, min(at_the_export - lost_ms, total_of(self.taking).counted_ms))

    def total(self, counted_ms: int) -> str:
        """Return the sums as a sentence, with the later changes.

        Args:
            counted_ms: The time that counts now.
        """
        sentence = total_of(self.leaves).sentence()
        if not self.later:
            return sentence
        granted_ms = sum(max(0, each.delta("delta_ms")) for each in self.later if each.kind == LeafKind.AMEND)
        places = ", ".join(str(each.index) for each in self.later)
        more = f" {granted_ms} ms granted there do not count before a new export." if granted_ms else ""
        return f"{sentence} Since the export changed at index {places}: {counted_ms} ms count now.{more}"

    @property
    def whole(self) -> Bundle:
        """The parts of the bundle that stand for all sessions."""
        return self.file.whole

    def read(self) -> Bundle:
        """Read the session's openings from the bundle; they are not kept in memory."""
        try:
            return self.file.part(self.leaves[0].sid)
        except EvidenceError:
            return replace(self.whole, leaves=())  # the check of the bundle names it

    def credited(self, opened: Bundle) -> Credited | None:
        """Return the session's credit, None where it counts for nothing.

        Args:
            opened: The session's openings.
        """
        return credited_of(opened, self.taking)

    def policy(self) -> str:
        """Return name and version of the session's policy, empty where the bundle does not hold it."""
        wanted = self.leaves[0].text("policy")
        for document in self.whole.policies:
            if hashlib.sha256(document).hexdigest() == wanted:
                value = parse_canonical_object(document)
                return f"{value.get('name')} {value.get('version')}"
        return ""

    def named_as(self, copy: OwnCopy, findings: Findings) -> None:
        """Hold the name of the session's policy against the name that the log gives to the same digest."""
        start = self.leaves[0]
        named, document = copy.policies.get(start.text("policy")), self.policy()
        if named is not None and document:
            message = "The log names the policy of this session differently from its document."
            about, got = start.about(self.whole.origin), document.rpartition(" ")[0]
            findings.equal("policy", "E_POLICY", about, "name", named, got, message)

    def ran_under(self, demand: Demand | None, findings: Findings) -> None:
        """Check that the session ran under the policy that the inspector demands."""
        if demand is not None:
            start = self.leaves[0]
            demand.check(self.policy(), start.text("policy"), start.about(self.whole.origin), findings)


def session_parts(source: Source) -> list[SessionPart]:
    """Return the sessions of a bundle; none where it cannot be read, which its own check names."""
    try:
        file = bundle_file(source)
    except EvidenceError:
        return []  # The check of the bundle names it.
    bundle = file.whole
    leaves: dict[str, list[KnownLeaf]] = {}
    for entry in bundle.leaves:
        leaf = _known(entry.index, entry.leaf)
        if leaf is not None and leaf.sid:
            leaves.setdefault(leaf.sid, []).append(leaf)
    found = []
    for own in leaves.values():
        own.sort(key=lambda leaf: (leaf.number("seq"), leaf.index))
        found.append(SessionPart(file=file, leaves=tuple(own)))
    return found


def _known(index: int, data: bytes) -> KnownLeaf | None:
    try:
        return KnownLeaf(index=index, data=data, hash=leaf_hash(data), value=parse_leaf(data))
    except EvidenceError:
        return None


def _media_ms(credited: Credited | None) -> int:
    minutes = () if credited is None else credited.minutes
    return sum(end_ms - start_ms for minute in minutes for start_ms, end_ms in minute.media)
