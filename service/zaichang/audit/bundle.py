"""Bundles: everything an outsider needs to check sessions offline, as lines of canonical JSON.

A line holds one thing (a leaf with its proof, one opened event, ...), so a damaged byte spoils one line and the rest
still says which record that was. The last line counts the lines: a cut-off file is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.rules_version import RulesVersion, rules_from
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.schema import ID, ORIGIN, RELEASE, WORD, Field

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that could not be read.

    Attributes:
        number: Line number, from 1.
        error: Why.
        index: The leaf's index, if the damaged line still states it.
        event: The item's number, likewise.
        sid: The session, likewise.
    """

    number: int
    error: EvidenceError
    index: int | None = None
    event: int | None = None
    sid: str | None = None


@dataclass(slots=True)
class _Reading:
    origin: str = ""
    checkpoint: bytes = b""
    leaves: list[BundleLeaf] = field(default_factory=list)
    commitments: list[Commitments] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    fields: list[FieldOpening] = field(default_factory=list)
    policies: list[bytes] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    rules: list[Rules] = field(default_factory=list)
    ended_at: int | None = None


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
    lines.append({"k": "end", "lines": len(lines) + 1})
    return b"".join(canonical_bytes(line, MAX_LINE_BYTES) + b"\n" for line in lines)


def read_bundle(data: bytes) -> tuple[Bundle, tuple[BadLine, ...]]:
    """Read a bundle. Unreadable lines are reported one by one, and the rest is kept.

    Raises:
        EvidenceError: ``E_FORMAT`` if it is no bundle at all.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        raise EvidenceError("E_FORMAT", f"{len(data)} bytes are more than the {MAX_BUNDLE_BYTES} that are read.")
    raw_lines = data.split(b"\n")
    last = raw_lines.pop()
    if last:
        raw_lines.append(last)
    if not raw_lines:
        raise EvidenceError("E_FORMAT", "There is nothing to read.")
    reading = _Reading()
    bad: list[BadLine] = []
    for number, raw in enumerate(raw_lines, 1):
        try:
            _take(reading, parse_canonical_object(raw, MAX_LINE_BYTES))
        except EvidenceError as error:
            if number == 1:
                raise EvidenceError("E_FORMAT", f"The first line is not that of a {FORMAT}.") from error
            bad.append(_bad_line(number, raw, error))
    if reading.ended_at != len(raw_lines) or last:
        cut = EvidenceError("E_FORMAT", "The end of the bundle is missing or miscounts its lines.")
        bad.append(BadLine(number=len(raw_lines), error=cut))
    bundle = Bundle(
        origin=reading.origin,
        checkpoint=reading.checkpoint,
        leaves=tuple(reading.leaves),
        commitments=tuple(reading.commitments),
        openings=tuple(reading.openings),
        fields=tuple(reading.fields),
        policies=tuple(reading.policies),
        seen=tuple(reading.seen),
        rules=tuple(reading.rules),
    )
    return bundle, tuple(bad)


def _take(reading: _Reading, line: dict[str, CanonicalValue]) -> None:
    get = _Getter(line)
    match line.get("k"):
        case "head" if not reading.origin:
            if get.text("format") != FORMAT:
                raise EvidenceError("E_FORMAT", f"The format must be {FORMAT}.")
            reading.origin = get.fitting("origin", ORIGIN)
        case "checkpoint" if not reading.checkpoint:
            reading.checkpoint = get.blob("note")
        case "rules":
            reading.rules.append(Rules(version=get.rules("version"), release=get.fitting("release", RELEASE)))
        case "policy":
            reading.policies.append(get.blob("document"))
        case "seen":
            hashes = tuple(decode_base64(value) for value in get.texts("proof"))
            reading.seen.append(Seen(note=get.blob("note"), proof=hashes))
        case "leaf":
            proof = tuple(decode_base64(value) for value in get.texts("proof"))
            reading.leaves.append(BundleLeaf(index=get.number("index"), leaf=get.blob("leaf"), proof=proof))
        case "commitments":
            values = tuple(_unhex(value) for value in get.texts("values"))
            place = Commitments(
                sid=get.fitting("sid", ID),
                seq=get.number("seq"),
                kind=get.kind(),
                first=get.number("first"),
                values=values,
            )
            reading.commitments.append(place)
        case "field":
            reading.fields.append(
                FieldOpening(
                    sid=get.fitting("sid", ID),
                    seq=get.number("seq"),
                    field=get.fitting("field", WORD),
                    kind=get.fitting("kind", WORD),
                    salt=_unhex(get.text("salt")),
                    payload=get.blob("payload"),
                )
            )
        case "opening":
            reading.openings.append(
                Opening(
                    sid=get.fitting("sid", ID),
                    kind=get.kind(),
                    n=get.number("n"),
                    salt=_unhex(get.text("salt")),
                    payload=get.blob("payload"),
                )
            )
        case "end" if reading.ended_at is None:
            reading.ended_at = get.number("lines")
        case _:
            raise EvidenceError("E_FORMAT", "A line of a kind that does not belong here.")
    get.finish()


class _Getter:
    """Takes typed fields out of a line and refuses unknown ones."""

    def __init__(self, line: dict[str, CanonicalValue]) -> None:
        self._left = {name: value for name, value in line.items() if name != "k"}

    def text(self, name: str) -> str:
        value = self._left.pop(name, None)
        if not isinstance(value, str):
            raise EvidenceError("E_FORMAT", f"{name} must be text.")
        return value

    def fitting(self, name: str, field: Field) -> str:
        """Return a text that findings name; it must match the pattern that leaves have for it."""
        value = self.text(name)
        if not field.ok(value):
            raise EvidenceError("E_FORMAT", f"{name} must be {field.what}.")
        return value

    def kind(self) -> str:
        value = self.text("kind")
        if value not in (EVENT, RECORD):
            raise EvidenceError("E_FORMAT", f"kind must be {EVENT} or {RECORD}.")
        return value

    def rules(self, name: str) -> RulesVersion:
        found = rules_from(self._left.pop(name, False))
        if found is None:
            raise EvidenceError("E_FORMAT", f"{name} must be the versions of the three sets of rules.")
        return found

    def blob(self, name: str) -> bytes:
        return self.text(name).encode("utf-8")

    def number(self, name: str) -> int:
        value = self._left.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise EvidenceError("E_FORMAT", f"{name} must be an integer from 0.")
        return value

    def texts(self, name: str) -> Iterable[str]:
        values = self._left.pop(name, None)
        if not isinstance(values, list):
            raise EvidenceError("E_FORMAT", f"{name} must be a list of texts.")
        for value in values:
            if not isinstance(value, str):
                raise EvidenceError("E_FORMAT", f"{name} must be a list of texts.")
            yield value

    def finish(self) -> None:
        if self._left:
            raise EvidenceError("E_FORMAT", f"Unknown field {min(self._left)[:48]}.")


def _unhex(text: str) -> bytes:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise EvidenceError("E_FORMAT", "A salt or commitment must be 64 lower-case hex digits.")
    return bytes.fromhex(text)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError("E_CANON", "Only text can go into a bundle.") from error


def _bad_line(number: int, raw: bytes, error: EvidenceError) -> BadLine:
    def find(name: bytes) -> int | None:
        match = re.search(rb'"' + name + rb'":([0-9]{1,15})\b', raw[:MAX_LINE_BYTES])
        return int(match[1]) if match else None

    sid = re.search(rb'"sid\\?":\\?"([A-Za-z0-9._-]{1,64})\\?"', raw[:MAX_LINE_BYTES])
    return BadLine(
        number=number, error=error, index=find(b"index"), event=find(b"n"), sid=sid[1].decode() if sid else None
    )
