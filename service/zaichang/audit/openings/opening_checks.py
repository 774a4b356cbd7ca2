"""Checks the openings of a bundle: events and minute records under a segment's roots, and fields of leaves."""

from __future__ import annotations

from collections import Counter

from zaichang.audit.bundle import Bundle, Commitments, Opening
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.field_openings import field_hash, opened_field
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
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
        values, version = list(group.values), leaf.number("v")
        whole = commitments_root(values).hex() == root
        wrong: list[tuple[int, Opening, bytes]] = []
        for position in range(len(values)):
            opening = openings.get(group.first + position)
            if opening is None:
                continue
            opened[opening.n] = opening.payload
            actual = commitment(kind, opening.salt, opening.payload, version)
            if actual != values[position]:
                wrong.append((position, opening, actual))
            else:
                self._canonical(kind, opening, leaf)
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
            good=lambda data: commitment(kind, opening.salt, data, leaf.number("v")) == value,
            field="payload or salt",
        )

    def _canonical(self, kind: str, opening: Opening, leaf: KnownLeaf) -> None:
        """Refuse a committed text that is no canonical object: it could be read in two ways."""
        try:
            parse_canonical_object(opening.payload)
        except EvidenceError as error:
            about = leaf.about(self._bundle.origin, opening.n)
            message = f"{kind.capitalize()} {opening.n} was committed to in another than the canonical form."
            self._findings.failed("opening", error.code, f"{message} {error.message}", about, field="payload")

    def fields(self, leaves: list[KnownLeaf]) -> dict[tuple[int, str], dict[str, CanonicalValue]]:
        """Check the opened fields of leaves (6); return the values of the good ones by leaf number and field."""
        by_seq = {leaf.number("seq"): leaf for leaf in leaves}
        opened: dict[tuple[int, str], dict[str, CanonicalValue]] = {}
        for entry in self._bundle.fields:
            leaf = by_seq.get(entry.seq)
            about = (
                About(origin=self._bundle.origin, sid=self._sid) if leaf is None else leaf.about(self._bundle.origin)
            )
            if (entry.seq, entry.field) in opened:
                self._findings.failed("opening", "E_OPENING", "The field is opened twice.", about, field=entry.field)
                continue
            version = 1 if leaf is None else leaf.number("v")
            try:
                value = opened_field(entry.field, entry.kind, entry.payload)
                actual = field_hash(version, entry.field, entry.kind, entry.salt, entry.payload)
            except EvidenceError as error:
                self._findings.error("opening", error, about, field=entry.field)
                continue
            expected = None if leaf is None else leaf.value.get(entry.field)
            message = "The opened value is another one."
            if self._findings.equal("opening", "E_OPENING", about, entry.field, expected, actual, message):
                self._findings.passed("opening", about, entry.field)
                opened[entry.seq, entry.field] = value
        return opened
