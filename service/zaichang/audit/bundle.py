"""Bundles: everything an outsider needs to check sessions offline, as lines of canonical JSON.

A line holds one thing (a leaf with its proof, one opened event, ...), so a damaged byte spoils one line and the rest
still says which record that was. The last line counts the lines: a cut-off file is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.core.ids import CaptureId
from zaichang.core.rules_version import RulesVersion
from zaichang.tlog.keys import encode_base64

FORMAT: Final = "zaichang-bundle@v1"
MAX_LINE_BYTES: Final = 4_000_000
MAX_BUNDLE_BYTES: Final = 512_000_000

EVENT: Final = "event"
RECORD: Final = "record"
"""Kinds of committed items: a session's events, and its minute records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLeaf:
    """A leaf of the log with the proof that it is in it.

    Attributes:
        index: Its index.
        leaf: Its bytes.
        proof: Inclusion proof to the bundle's checkpoint, from the leaf up.
    """

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """The commitments under one segment's root.

    Attributes:
        sid: The session.
        seq: ``seq`` of the segment leaf.
        kind: ``event`` or ``record``.
        first: Number in the session of the first item.
        values: The commitments, 32 bytes each.
    """

    sid: str
    seq: int
    kind: str
    first: int
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opened item.

    Attributes:
        sid: The session.
        kind: ``event`` or ``record``.
        n: Its number in the session.
        salt: 32 bytes.
        payload: Its canonical bytes.
    """

    sid: str
    kind: str
    n: int
    salt: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOpening:
    """An opened commitment that stands in a leaf itself, like the learner's pseudonym.

    Attributes:
        sid: The session.
        seq: ``seq`` of the leaf.
        field: Its field, for example ``subj_c``.
        kind: Kind that was committed with.
        salt: 32 bytes.
        payload: Canonical bytes.
    """

    sid: str
    seq: int
    field: str
    kind: str
    salt: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A cosigned checkpoint of the same log from earlier: witnesses state when they saw it.

    Attributes:
        note: The signed checkpoint.
        proof: Consistency proof from it to the bundle's checkpoint.
    """

    note: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A version of the rules that sessions of the bundle were recorded under.

    Attributes:
        version: The version.
        release: The release that wrote the bundle; it replays this version.
    """

    version: RulesVersion
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """The statement that a session's kept captures are in the bundle, all of them.

    Attributes:
        sid: The session.
        at_ms: When they were taken out of storage, by the clock of the service.
    """

    sid: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One kept capture, decrypted.

    Attributes:
        sid: The session.
        capture_id: Its name in the session's events.
        picture: Its bytes.
    """

    sid: str
    capture_id: CaptureId
    picture: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The proof that no session of a period is left out: a range of the log, all of it (``audit.whole.completeness``).

    Attributes:
        from_ms: The period's begin.
        to_ms: Its end.
        first: Index of the range's first leaf.
        end: Index after its last.
        left: Hashes of the perfect subtrees left of the range.
        right: Hashes of those right of it.
        beside: Index and bytes of the range's leaves that are no session's of this bundle.
    """

    from_ms: int
    to_ms: int
    first: int
    end: int
    left: tuple[bytes, ...] = ()
    right: tuple[bytes, ...] = ()
    beside: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The content of a bundle.

    Attributes:
        origin: The log.
        checkpoint: The signed checkpoint that the proofs lead to.
        leaves: Leaves, by index.
        commitments: For each segment, of events and of records.
        openings: Opened items.
        fields: Opened fields of leaves.
        policies: Policy documents (canonical bytes); the start leaf names one by its SHA-256.
        seen: Earlier cosigned checkpoints: they bound in time when each leaf entered the log.
        rules: The versions of the rules, and the release that knows them; empty in bundles of earlier releases.
        period: The proof that the bundle of a period is complete; None in a bundle of chosen sessions.
        produced: The sessions whose captures are here.
        captures: These captures.
    """

    origin: str
    checkpoint: bytes
    leaves: tuple[BundleLeaf, ...] = ()
    commitments: tuple[Commitments, ...] = ()
    openings: tuple[Opening, ...] = ()
    fields: tuple[FieldOpening, ...] = ()
    policies: tuple[bytes, ...] = ()
    seen: tuple[Seen, ...] = ()
    rules: tuple[Rules, ...] = ()
    period: Period | None = None
    produced: tuple[Produced, ...] = ()
    captures: tuple[Capture, ...] = ()


def write_bundle(bundle: Bundle) -> bytes:
    """Return the bundle's bytes.

    Raises:
        EvidenceError: ``E_CANON`` if a part is not canonical text or too long.
    """
    lines: list[Mapping[str, object]] = [
        {"k": "head", "format": FORMAT, "origin": bundle.origin},
        {"k": "checkpoint", "note": _text(bundle.checkpoint)},
    ]
    lines += [{"k": "rules", "version": entry.version.parts(), "release": entry.release} for entry in bundle.rules]
    lines += [{"k": "policy", "document": _text(document)} for document in bundle.policies]
    for earlier in bundle.seen:
        proof = [encode_base64(value) for value in earlier.proof]
        lines.append({"k": "seen", "note": _text(earlier.note), "proof": proof})
    for leaf in bundle.leaves:
        proof = [encode_base64(value) for value in leaf.proof]
        lines.append({"k": "leaf", "index": leaf.index, "leaf": _text(leaf.leaf), "proof": proof})
    if bundle.period is not None:
        lines += _period_lines(bundle.period)
    for group in bundle.commitments:
        values = [value.hex() for value in group.values]
        place = {"sid": group.sid, "seq": group.seq, "kind": group.kind, "first": group.first}
        lines.append({"k": "commitments", **place, "values": values})
    for opened in bundle.fields:
        place = {"sid": opened.sid, "seq": opened.seq, "field": opened.field, "kind": opened.kind}
        lines.append({"k": "field", **place, "salt": opened.salt.hex(), "payload": _text(opened.payload)})
    for opening in bundle.openings:
        place = {"sid": opening.sid, "kind": opening.kind, "n": opening.n}
        lines.append({"k": "opening", **place, "salt": opening.salt.hex(), "payload": _text(opening.payload)})
    lines += [{"k": "captures", "sid": entry.sid, "at_ms": entry.at_ms} for entry in bundle.produced]
    for capture in bundle.captures:
        place = {"sid": capture.sid, "capture": capture.capture_id}
        lines.append({"k": "capture", **place, "picture": encode_base64(capture.picture)})
    lines.append({"k": "end", "lines": len(lines) + 1})
    return b"".join(canonical_bytes(line, MAX_LINE_BYTES) + b"\n" for line in lines)


def _period_lines(period: Period) -> list[Mapping[str, object]]:
    places = {name: getattr(period, name) for name in ("from_ms", "to_ms", "first", "end")}
    sides = {name: [value.hex() for value in getattr(period, name)] for name in ("left", "right")}
    beside = [{"k": "beside", "index": index, "leaf": _text(leaf)} for index, leaf in period.beside]
    return [{"k": "period", **places, **sides}, *beside]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError("E_CANON", "Only text can go into a bundle.") from error
