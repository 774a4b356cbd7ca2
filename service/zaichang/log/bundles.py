"""Exports sessions as a bundle. A person who has the bundle can check it offline (``audit``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang import __version__
from zaichang.audit.bundle import (
    EVENT,
    RECORD,
    Bundle,
    BundleLeaf,
    Capture,
    Commitments,
    FieldOpening,
    Opening,
    Produced,
    Rules,
)
from zaichang.audit.openings.capture_checks import promised
from zaichang.audit.openings.field_openings import LESSON, NO_SALT, REASONS, RULING, SUBJECT
from zaichang.audit.openings.lesson_opening import LESSON_FIELD, lesson_payload
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind, SessionState
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import CaptureId, SessionId
from zaichang.core.rules_version import rules_from
from zaichang.evidence.segments import codes_payload, subject_payload
from zaichang.evidence.voids import void_opening
from zaichang.log.period_range import period_range, prove_period
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.log.witness_history import read_history, seen_for
from zaichang.ports.encryption import LearnerKey, Vault
from zaichang.ports.evidence import EvidenceStore
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.ports.log.side_files import SideFiles
from zaichang.ports.records import SessionRow, StoredLeaf
from zaichang.ports.records_review import Amendment, Revocation
from zaichang.session.codec import decode_event
from zaichang.session.events import BeaconArrived
from zaichang.tlog.commit import commitment, salt, session_key
from zaichang.tlog.leaf import parse_leaf

NOTHING: Final = "nothing"
RECORDS: Final = "records"
EVERYTHING: Final = "everything"
"""The openings in a bundle: no item; the minute records; also events, pseudonym and policy, which allows a replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The source of kept captures.

    Attributes:
        at_ms: Server time now.
        read: Returns a capture of a session by name, decrypted with the learner's key; None where it is not kept any
            more.
    """

    at_ms: int
    read: Callable[[LearnerKey, SessionId, CaptureId], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    leaves: tuple[BundleLeaf, ...]
    commitments: tuple[Commitments, ...] = ()
    openings: tuple[Opening, ...] = ()
    fields: tuple[FieldOpening, ...] = ()


async def export_sessions(
    store: EvidenceStore,
    vault: Vault,
    reader: LogReader,
    rows: Sequence[SessionRow],
    openings: str = EVERYTHING,
    side_files: SideFiles | None = None,
    pictures: Pictures | None = None,
    period: tuple[int, int] | None = None,
) -> Bundle:
    """Return the bundle of some sessions of one log.

    Args:
        store: Holds the sessions.
        vault: Decrypts the learners' keys.
        reader: Reads their log.
        rows: The sessions.
        openings: ``NOTHING``, ``RECORDS`` or ``EVERYTHING``.
        side_files: The log's side files, for the checkpoints that witnesses had cosigned; None leaves these out.
        pictures: Adds the sessions' kept captures, which requires that everything is opened; None leaves them out.
        period: Begin and end of a period whose sessions ``rows`` are, all of them; None for chosen sessions. A period
            adds the
            proof of completeness. Of sessions that still run, or whose learner was erased, it has the leaves alone.

    Raises:
        NotAllowed: ``export.open_session`` if a session still runs: its events would reveal its schedule.
            ``learner.erased`` if openings are asked for and cannot exist any more.
        NotFound: ``export.not_logged`` if a leaf is not in the log yet.
    """
    parts = [await _any_session(store, vault, reader, row, openings, chosen=period is None) for row in rows]
    opened = [row for row, part in zip(rows, parts, strict=True) if part.fields]
    shown = [] if pictures is None else [await _captures(store, vault, pictures, row) for row in opened]
    leaves = tuple(sorted((leaf for part in parts for leaf in part.leaves), key=lambda leaf: leaf.index))
    leaves = (*_first_key(reader, leaves), *leaves)
    digests = sorted({row.policy_digest for row in rows}) if openings == EVERYTHING else []
    dated = [(leaf.index, _anchor(leaf.leaf)) for leaf in leaves]
    proof = None
    if period is not None:
        sizes = [] if side_files is None else [entry.size for entry in read_history(side_files)]
        first, end = place = period_range(reader, sizes, *period)
        proof = prove_period(reader, place, *period, {leaf.index for leaf in leaves})
        dated += [(max(0, first - 1), first), (max(0, end - 1), end)]
    return Bundle(
        origin=reader.checkpoint.checkpoint.origin,
        checkpoint=reader.checkpoint.note,
        policies=tuple([await store.policy(digest) for digest in digests]),
        leaves=leaves,
        seen=() if side_files is None else seen_for(side_files, reader, dated, _beacons(parts)),
        commitments=tuple(group for part in parts for group in part.commitments),
        openings=tuple(opening for part in parts for opening in part.openings),
        rules=_rules(leaves),
        period=proof,
        fields=tuple(entry for part in parts for entry in part.fields),
        produced=()
        if pictures is None
        else tuple(Produced(sid=row.session_id, at_ms=pictures.at_ms) for row in opened),
        captures=tuple(capture for captures in shown for capture in captures),
    )


def _first_key(reader: LogReader, leaves: Sequence[BundleLeaf]) -> tuple[BundleLeaf, ...]:
    """Return the log's first leaf, if it names the log's key: no session is older than that leaf."""
    if any(leaf.index == 0 for leaf in leaves) or parse_leaf(reader.entry(0))["t"] != "key":
        return ()
    return (BundleLeaf(index=0, leaf=reader.entry(0), proof=reader.prove(0)),)


def _rules(leaves: Sequence[BundleLeaf]) -> tuple[Rules, ...]:
    starts = [value for leaf in leaves if (value := parse_leaf(leaf.leaf))["t"] == "session.start"]
    versions = {found for value in starts if (found := rules_from(value.get("rules"))) is not None}
    ordered = sorted(versions, key=lambda version: tuple(version.parts().values()))
    return tuple(Rules(version=version, release=__version__) for version in ordered)


async def _captures(store: EvidenceStore, vault: Vault, pictures: Pictures, row: SessionRow) -> list[Capture]:
    """Return the session's captures that are still kept."""
    key = vault.unlock(await store.learner(row.institution_id, row.learner_id))
    promise = promised(enumerate(await store.events(row.session_id)))
    found = []
    for name, capture in promise.captures.items():
        picture = pictures.read(key, row.session_id, name) if promise.kept(capture) else None
        if picture is not None:
            found.append(Capture(sid=row.session_id, capture_id=name, picture=picture))
    return found


def _beacons(parts: Sequence[_Parts]) -> list[bytes]:
    """Return the checkpoints from which beacons came. Their proofs show that they belong to this log."""
    events = [opening.payload for part in parts for opening in part.openings if b'"BeaconArrived"' in opening.payload]
    found = [decode_event(parse_canonical_object(event)) for event in events]
    return [event.note.encode() for event in found if isinstance(event, BeaconArrived)]


def _anchor(leaf: bytes) -> int | None:
    anchor = parse_leaf(leaf).get("anchor")
    size = anchor.get("size") if isinstance(anchor, dict) else None
    return size if isinstance(size, int) else None


def place_of(places: LogPlaces, row: SessionRow) -> LogPlace:
    """Return the place of the log that holds a session."""
    return places.place(row.institution_id, log_year(row.opened_ms))


def log_trust(place: LogPlace) -> bytes:
    """Return a trust file that accepts the log's own key and requires no witness.

    It is for trying things out. An inspector must get the key from another source than the log that is to be checked.

    Raises:
        NotFound: ``log.none`` where the log does not exist yet.
    """
    return f"log {LogReader(place.published).verifier.vkey}\nquorum none\n".encode()


async def _any_session(
    store: EvidenceStore, vault: Vault, reader: LogReader, row: SessionRow, openings: str, *, chosen: bool
) -> _Parts:
    """Return a session's part; where a period asks for all sessions, one that cannot be opened has its leaves alone."""
    if chosen:
        return await _session(store, vault, reader, row, openings)
    if row.state is not SessionState.CLOSED:
        return await _session(store, vault, reader, row, NOTHING, all_logged=False)
    try:
        return await _session(store, vault, reader, row, openings)
    except NotAllowed as error:
        if error.code != "learner.erased":
            raise
        return await _session(store, vault, reader, row, NOTHING)


async def _session(
    store: EvidenceStore, vault: Vault, reader: LogReader, row: SessionRow, openings: str, *, all_logged: bool = True
) -> _Parts:
    if row.state is not SessionState.CLOSED and openings == EVERYTHING:
        raise NotAllowed(
            "export.open_session",
            f"Session {row.session_id} still runs; its events would give its capture schedule away.",
            "Export it when it has ended, or ask for --openings records.",
        )
    stored = await store.leaves(row.session_id)
    leaves = []
    for leaf in stored:
        if leaf.entry_index is None or leaf.entry_index >= reader.size:
            if not all_logged:
                break
            raise NotFound(
                "export.not_logged", f"Leaf {leaf.leaf_seq} of session {row.session_id} is not in the log yet."
            )
        # The log's own bytes, not the database's, so that a difference shows.
        data = reader.entry(leaf.entry_index)
        leaves.append(BundleLeaf(index=leaf.entry_index, leaf=data, proof=reader.prove(leaf.entry_index)))
    if openings == NOTHING:
        return _Parts(leaves=tuple(leaves))
    key = session_key(
        vault.unlock(await store.learner(row.institution_id, row.learner_id)).subject_key(), row.session_id
    )
    events = list(await store.events(row.session_id))
    records = [minute.body for minute in await store.minutes(row.session_id)]
    segments = [parse_leaf(leaf.body) for leaf in stored if leaf.kind is LeafKind.SEGMENT]
    groups: list[Commitments] = []
    opened: list[Opening] = []
    for kind, payloads in ((EVENT, events), (RECORD, records)):
        first = 0
        for segment in segments:
            count, seq = segment[f"n_{kind}s"], segment["seq"]
            if not isinstance(count, int) or not isinstance(seq, int):
                continue
            numbered = [(n, salt(key, kind, n), payloads[n]) for n in range(first, min(first + count, len(payloads)))]
            version = segment["v"] if isinstance(segment["v"], int) else 1
            values = tuple(commitment(kind, grain, payload, version) for _, grain, payload in numbered)
            groups.append(Commitments(sid=row.session_id, seq=seq, kind=kind, first=first, values=values))
            if kind == RECORD or openings == EVERYTHING:
                opened += [
                    Opening(sid=row.session_id, kind=kind, n=n, salt=grain, payload=payload)
                    for n, grain, payload in numbered
                ]
            first += count
    fields = _rulings(key, stored, await store.amendments(row.session_id), whole=openings == EVERYTHING)
    fields += _voids(key, stored, await store.void_of(row.session_id))
    if openings != EVERYTHING:
        return _Parts(leaves=tuple(leaves), commitments=tuple(groups), openings=tuple(opened), fields=tuple(fields))
    of_start = {"subj_c": (SUBJECT, subject_payload(row.institution_id, row.learner_id))}
    if LESSON_FIELD in parse_leaf(stored[0].body):
        of_start[LESSON_FIELD] = (LESSON, lesson_payload(row.lesson_id, row.lesson_version, row.timeline))
    named = [
        FieldOpening(sid=row.session_id, seq=0, field=name, kind=kind, salt=salt(key, kind, 0), payload=payload)
        for name, (kind, payload) in of_start.items()
    ]
    return _Parts(
        leaves=tuple(leaves),
        commitments=tuple(groups),
        openings=tuple(opened),
        fields=(*named, *_reasons(key, row.session_id, stored, records), *fields),
    )


def _reasons(key: bytes, sid: SessionId, stored: Sequence[StoredLeaf], records: Sequence[bytes]) -> list[FieldOpening]:
    """Return the opening of the reason counts in a session's end; none before version 2, whose leaves show them."""
    counts = Counter(code for record in records for code in _texts(parse_canonical_object(record).get("reasons")))
    return [
        FieldOpening(
            sid=sid,
            seq=leaf.leaf_seq,
            field="codes_c",
            kind=REASONS,
            salt=salt(key, REASONS, 0),
            payload=codes_payload(counts),
        )
        for leaf in stored
        if leaf.kind == LeafKind.FINAL and parse_leaf(leaf.body)["v"] != 1
    ]


def _rulings(
    key: bytes, stored: Sequence[StoredLeaf], amendments: Sequence[Amendment], *, whole: bool
) -> list[FieldOpening]:
    """Return the openings of the decisions behind a session's later changes.

    A decision of version 1 holds the reviewer's note, so it is shown only where everything is.
    """
    versions = {leaf.leaf_seq: parse_leaf(leaf.body)["v"] for leaf in stored}
    return [
        FieldOpening(
            sid=each.session_id,
            seq=each.leaf_seq,
            field="request",
            kind=RULING,
            salt=NO_SALT if versions.get(each.leaf_seq) == 1 else salt(key, RULING, each.leaf_seq),
            payload=each.body,
        )
        for each in amendments
        if whole or versions.get(each.leaf_seq) != 1
    ]


def _voids(key: bytes, stored: Sequence[StoredLeaf], decision: Revocation | None) -> list[FieldOpening]:
    """Return the openings of the decision behind a session's void."""
    if decision is None:
        return []
    return [
        FieldOpening(
            sid=decision.session_id,
            seq=leaf.leaf_seq,
            field="request",
            kind=RULING,
            salt=salt(key, RULING, leaf.leaf_seq),
            payload=void_opening(leaf, decision, key),
        )
        for leaf in stored
        if leaf.kind is LeafKind.VOID
    ]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
