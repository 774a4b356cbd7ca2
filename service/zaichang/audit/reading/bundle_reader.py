"""Reads a bundle line by line, within limits: a line that cannot be read is named, and the rest is kept."""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, TypeAlias

from zaichang.audit.bundle import (
    EVENT,
    FORMAT,
    MAX_BUNDLE_BYTES,
    MAX_LINE_BYTES,
    RECORD,
    Bundle,
    BundleLeaf,
    Capture,
    Commitments,
    FieldOpening,
    Opening,
    Period,
    Produced,
    Rules,
    Seen,
)
from zaichang.audit.reading.line_fields import LineFields
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.ids import CaptureId
from zaichang.tlog.keys import decode_base64
from zaichang.tlog.schema import ID, ORIGIN, RELEASE, WORD

MAX_BAD_LINES: Final = 1_000
"""After so many lines that cannot be read, the rest is not read: it is no damaged bundle, but something else."""


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
    period: Period | None = None
    beside: list[tuple[int, bytes]] = field(default_factory=list)
    produced: list[Produced] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    ended_at: int | None = None

    def drop_items(self) -> list[str]:
        """Forget the parts of single sessions; return those sessions."""
        lists = (self.commitments, self.openings, self.fields, self.produced, self.captures)
        found = [entry.sid for entries in lists for entry in entries]
        for entries in lists:
            entries.clear()
        return found

    def bundle(self) -> Bundle:
        """Return the bundle as far as it was read."""
        return Bundle(
            origin=self.origin,
            checkpoint=self.checkpoint,
            leaves=tuple(self.leaves),
            commitments=tuple(self.commitments),
            openings=tuple(self.openings),
            fields=tuple(self.fields),
            policies=tuple(self.policies),
            seen=tuple(self.seen),
            rules=tuple(self.rules),
            period=None if self.period is None else replace(self.period, beside=tuple(self.beside)),
            produced=tuple(self.produced),
            captures=tuple(self.captures),
        )


def read_bundle(data: bytes) -> tuple[Bundle, tuple[BadLine, ...]]:
    """Read a bundle. Unreadable lines are reported one by one, and the rest is kept.

    Raises:
        EvidenceError: ``E_FORMAT`` if it is no bundle at all.
    """
    reading = _Reading()
    bad = _read(io.BytesIO(data), reading, lambda place: None)
    return reading.bundle(), bad


Source: TypeAlias = "bytes | BinaryIO | BundleFile"
"""A bundle's bytes, its open file (seekable, and open as long as it is used), or that file read before."""


class BundleFile:
    """A bundle that is read session by session, so its openings and captures are never in memory together.

    Args:
        source: The bundle's bytes, or its open file.

    Raises:
        EvidenceError: ``E_FORMAT`` if it is no bundle at all.

    Attributes:
        whole: The parts that stand for all sessions: checkpoint, leaves, policies, times, rules, period.
        bad: Lines that cannot be read.
    """

    def __init__(self, source: bytes | BinaryIO) -> None:
        """Read every line once, and remember the places of each session's lines."""
        stream = self._stream = io.BytesIO(source) if isinstance(source, bytes) else source
        self._places: dict[str, array[int]] = {}
        reading = _Reading()

        def dropped(place: tuple[int, int]) -> None:
            for sid in reading.drop_items():
                self._places.setdefault(sid, array("Q")).extend(place)

        self.bad = _read(stream, reading, dropped)
        self.whole = reading.bundle()

    def sessions(self) -> Set[str]:
        """Return the sessions of which anything is opened here."""
        return self._places.keys()

    def part(self, sid: str) -> Bundle:
        """Return a session's openings, fields and captures.

        Raises:
            EvidenceError: The file was changed since it was opened.
        """
        reading = _Reading()
        places = self._places.get(sid, array("Q"))
        for start, length in zip(places[::2], places[1::2], strict=True):
            self._stream.seek(start)
            _take(reading, parse_canonical_object(self._stream.read(length), MAX_LINE_BYTES))
        found, whole = reading.bundle(), self.whole
        return replace(found, origin=whole.origin, checkpoint=whole.checkpoint, rules=whole.rules)


def bundle_file(source: Source) -> BundleFile:
    """Return a bundle that is read session by session; one that was opened so before is not read again.

    Args:
        source: The bundle.

    Raises:
        EvidenceError: ``E_FORMAT`` if it is no bundle at all.
    """
    return source if isinstance(source, BundleFile) else BundleFile(source)


def _read(stream: BinaryIO, reading: _Reading, taken: Callable[[tuple[int, int]], None]) -> tuple[BadLine, ...]:
    """Read every line; ``taken`` is told the place of each good one. Return the others."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > MAX_BUNDLE_BYTES:
        raise EvidenceError("E_FORMAT", f"{size} bytes are more than the {MAX_BUNDLE_BYTES} that are read.")
    if not size:
        raise EvidenceError("E_FORMAT", "There is nothing to read.")
    bad: list[BadLine] = []
    number, whole = 0, False
    for number, (start, raw, ended) in enumerate(_lines(stream), 1):
        whole = ended
        try:
            _take(reading, parse_canonical_object(raw, MAX_LINE_BYTES))
            taken((start, len(raw)))
        except EvidenceError as error:
            if number == 1:
                raise EvidenceError("E_FORMAT", f"The first line is not that of a {FORMAT}.") from error
            bad.append(_bad_line(number, raw, error))
            if len(bad) == MAX_BAD_LINES:
                break
    if len(bad) == MAX_BAD_LINES:
        many = EvidenceError("E_FORMAT", f"{MAX_BAD_LINES} lines cannot be read; the rest was not read.")
        bad.append(BadLine(number=number, error=many))
    elif reading.ended_at != number or not whole:
        cut = EvidenceError("E_FORMAT", "The end of the bundle is missing or miscounts its lines.")
        bad.append(BadLine(number=number, error=cut))
    return tuple(bad)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Yield each line's place, its bytes (of one that is too long, a few too many) and whether a newline ends it."""
    start = 0
    while raw := stream.readline(MAX_LINE_BYTES + 2):
        end = raw
        while not end.endswith(b"\n") and (more := stream.readline(MAX_LINE_BYTES)):
            end = more
        ended = end.endswith(b"\n")
        yield start, raw[:-1] if raw.endswith(b"\n") else raw, ended
        start = stream.tell()


def _take(reading: _Reading, line: dict[str, CanonicalValue]) -> None:
    get = LineFields(line)
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
        case "period" if reading.period is None:
            reading.period = Period(
                from_ms=get.number("from_ms"),
                to_ms=get.number("to_ms"),
                first=get.number("first"),
                end=get.number("end"),
                left=get.hashes("left"),
                right=get.hashes("right"),
            )
        case "beside":
            reading.beside.append((get.number("index"), get.blob("leaf")))
        case "commitments":
            place = Commitments(
                sid=get.fitting("sid", ID),
                seq=get.number("seq"),
                kind=get.one_of("kind", (EVENT, RECORD)),
                first=get.number("first"),
                values=get.hashes("values"),
            )
            reading.commitments.append(place)
        case "field":
            reading.fields.append(
                FieldOpening(
                    sid=get.fitting("sid", ID),
                    seq=get.number("seq"),
                    field=get.fitting("field", WORD),
                    kind=get.fitting("kind", WORD),
                    salt=get.hash("salt"),
                    payload=get.blob("payload"),
                )
            )
        case "opening":
            reading.openings.append(
                Opening(
                    sid=get.fitting("sid", ID),
                    kind=get.one_of("kind", (EVENT, RECORD)),
                    n=get.number("n"),
                    salt=get.hash("salt"),
                    payload=get.blob("payload"),
                )
            )
        case "captures":
            reading.produced.append(Produced(sid=get.fitting("sid", ID), at_ms=get.number("at_ms")))
        case "capture":
            name = CaptureId(get.fitting("capture", ID))
            picture = decode_base64(get.text("picture"))
            reading.captures.append(Capture(sid=get.fitting("sid", ID), capture_id=name, picture=picture))
        case "end" if reading.ended_at is None:
            reading.ended_at = get.number("lines")
        case _:
            raise EvidenceError("E_FORMAT", "A line of a kind that does not belong here.")
    get.finish()


def _bad_line(number: int, raw: bytes, error: EvidenceError) -> BadLine:
    def find(name: bytes) -> int | None:
        match = re.search(rb'"' + name + rb'":([0-9]{1,15})\b', raw[:MAX_LINE_BYTES])
        return int(match[1]) if match else None

    sid = re.search(rb'"sid\\?":\\?"([A-Za-z0-9._-]{1,64})\\?"', raw[:MAX_LINE_BYTES])
    return BadLine(
        number=number, error=error, index=find(b"index"), event=find(b"n"), sid=sid[1].decode() if sid else None
    )
