"""Checks the openings of a bundle: events and minute records under a segment's roots, and fields of leaves."""

from __future__ import annotations

from collections import Counter

from zaichang.audit.bundle import Bundle, Commitments, Opening
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.commit import commitment, commitments_root


class OpeningChecks:
    """The opening checks of one session.

    Args:
        bundle: What the bundle holds of the session.
        sid: The session.
        findings: Takes the results.
    """

    def __init__(self, bundle: Bundle, sid: str, findings: Findings) -> None:
        """Make no check yet."""
        self._bundle = bundle
        self._sid = sid
        self._findings = findings

    def items(self, kind: str, segments: list[KnownLeaf]) -> dict[int, bytes]:
        """Check the commitments and openings of a kind (5, 6); return the opened payloads by number."""
        sid = self._sid
        groups = {g.seq: g for g in self._bundle.commitments if g.kind == kind}
        openings: dict[int, Opening] = {o.n: o for o in self._bundle.openings if o.kind == kind}
        given = Counter(o.n for o in self._bundle.openings if o.kind == kind)
        for n in sorted(n for n, times in given.items() if times > 1):
            # Otherwise one could be checked and the other shown.
            self._findings.failed(
                "opening",
                "E_OPENING",
                f"{kind.capitalize()} {n} is opened twice.",
                About(origin=self._bundle.origin, sid=sid, event=n),
                field="n",
            )
        opened: dict[int, bytes] = {}
        first = 0
        for leaf in segments:
            about = leaf.about(self._bundle.origin)
            count = leaf.number(f"n_{kind}s")
            group = groups.pop(leaf.number("seq"), None)
            if group is None:
                if count:
                    self._findings.undecided(
                        "roots",
                        "E_EVENTS_ROOT",
                        f"The {kind}s of this segment are not in the bundle.",
                        about,
                        field=f"{kind}s_root",
                    )
            elif self._group(group, leaf, first, openings, opened):
                self._findings.passed("roots", about, f"{count} {kind}s.")
            first += max(count, 0)
        for seq in groups:
            self._findings.failed(
                "roots",
                "E_EVENTS_ROOT",
                f"Commitments for leaf {seq} of the session, which is no segment.",
                About(origin=self._bundle.origin, sid=sid),
                field=f"{kind}s_root",
            )
        for n in sorted(openings.keys() - opened.keys()):
            self._findings.failed(
                "opening",
                "E_OPENING",
                f"{kind.capitalize()} {n} is opened but no segment commits to it.",
                About(origin=self._bundle.origin, sid=sid, event=n),
                field="n",
            )
        return opened

    def _group(
        self, group: Commitments, leaf: KnownLeaf, first: int, openings: dict[int, Opening], opened: dict[int, bytes]
    ) -> bool:
        before = len(self._findings.checks)
        about, kind = leaf.about(self._bundle.origin), group.kind
        root = leaf.text(f"{kind}s_root")
        self._findings.equal(
            "roots", "E_EVENTS_ROOT", about, "first", first, group.first, f"The segment's {kind}s begin elsewhere."
        )
        self._findings.equal(
            "roots",
            "E_EVENTS_ROOT",
            about,
            f"n_{kind}s",
            leaf.number(f"n_{kind}s"),
            len(group.values),
            f"The segment has another number of {kind}s.",
        )
        values = list(group.values)
        whole = commitments_root(values).hex() == root
        wrong: list[tuple[int, Opening, bytes]] = []
        for position in range(len(values)):
            opening = openings.get(group.first + position)
            if opening is None:
                continue
            opened[opening.n] = opening.payload
            actual = commitment(kind, opening.salt, opening.payload)
            if actual != values[position]:
                wrong.append((position, opening, actual))
        for position, opening, actual in wrong:
            value = values[position]
            repaired = [*values[:position], actual, *values[position + 1 :]] if len(wrong) == 1 else []
            if not whole and repaired and commitments_root(repaired).hex() == root:
                # The opened text is the one under the root; it is the list of commitments that was changed.
                self._findings.failed(
                    "roots",
                    "E_EVENTS_ROOT",
                    f"The commitment to {kind} {opening.n} was changed.",
                    leaf.about(self._bundle.origin, opening.n),
                    field="commitment",
                    expected=actual,
                    got=value,
                )
                continue
            self._opening(kind, opening, value, leaf)
        if not whole and len(self._findings.checks) == before:
            self._findings.failed(
                "roots",
                "E_EVENTS_ROOT",
                f"The {kind}s do not give the root in the segment's leaf.",
                about,
                field=f"{kind}s_root",
                expected=root,
                got=commitments_root(values),
            )
        return len(self._findings.checks) == before

    def _opening(self, kind: str, opening: Opening, value: bytes, leaf: KnownLeaf) -> None:
        message = f"{kind.capitalize()} {opening.n} is not what was committed to."
        about = leaf.about(self._bundle.origin, opening.n)
        try:
            parse_canonical_object(opening.payload)
        except EvidenceError as error:
            message = f"{message} {error.message}"
        self._findings.changed(
            "opening",
            "E_OPENING",
            message,
            about,
            data=opening.payload,
            good=lambda data: commitment(kind, opening.salt, data) == value,
            field="payload or salt",
        )

    def fields(self, leaves: list[KnownLeaf]) -> None:
        """Check the opened fields of leaves (6)."""
        sid = self._sid
        by_seq = {leaf.number("seq"): leaf for leaf in leaves}
        for entry in self._bundle.fields:
            leaf = by_seq.get(entry.seq)
            about = About(origin=self._bundle.origin, sid=sid) if leaf is None else leaf.about(self._bundle.origin)
            actual = commitment(entry.kind, entry.salt, entry.payload).hex()
            expected = None if leaf is None else leaf.value.get(entry.field)
            if self._findings.equal(
                "opening", "E_OPENING", about, entry.field, expected, actual, "The opened value is another one."
            ):
                self._findings.passed("opening", about, entry.field)
