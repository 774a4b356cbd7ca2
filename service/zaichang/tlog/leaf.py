"""Leaves: the entries of the log. Builders take plain values and return the exact bytes to submit.

Hashes are given as 32 bytes and written as hex; times are milliseconds since the Epoch by the server's clock,
written as whole rounds in leaves of sessions (``tlog.leaf_dates``). ``prev``
is the leaf hash of the session's previous leaf (None for its first), so a session's leaves form a chain inside the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.civil import is_day
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf_dates import delay_ms, round_of
from zaichang.tlog.merkle import EMPTY_ROOT
from zaichang.tlog.schema import KINDS, SCHEMAS, VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The newest checkpoint that the server held when it wrote a leaf: the leaf cannot be older than it.

    Attributes:
        size: The checkpoint's size.
        root: Its root.
    """

    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRef:
    """The place of a leaf in a session's chain.

    Attributes:
        origin: The log.
        sid: The session's id (random, never a person's).
        seq: Number of the leaf within the session, from 0.
        prev: Leaf hash of the session's previous leaf; None for the first.
        at_ms: When the server wrote it.
        anchor: See ``Anchor``; None where no checkpoint was held.
        began_ms: When the session began, for every leaf after its start: these are dated as ``tlog.leaf_dates`` says.
            None dates the leaf by ``at_ms`` alone.
    """

    origin: str
    sid: str
    seq: int
    prev: bytes | None
    at_ms: int
    anchor: Anchor | None = None
    began_ms: int | None = None

    def dated(self, at_ms: int) -> int:
        """Return a time as the session's leaves state it."""
        return round_of(at_ms + (0 if self.began_ms is None else delay_ms(self.began_ms)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReveal:
    """The values that open the capture schedule's commitment.

    Attributes:
        secret: The server's 32 bytes.
        client_nonce: The player's 8 to 32 bytes, or None (level 0).
        beacon: The regulator's 32 bytes, or None (levels 0 and 1).
    """

    secret: bytes
    client_nonce: bytes | None = None
    beacon: bytes | None = None


def session_start(
    ref: SessionRef,
    *,
    policy: bytes,
    course: str,
    lesson_c: bytes,
    subj_c: bytes,
    sched_c: bytes,
    course_v: bytes | None = None,
    device_c: bytes | None = None,
    client_nonce_c: bytes | None = None,
    rules: Mapping[str, int] | None = None,
    period: str | None = None,
) -> bytes:
    """Build a ``session.start`` leaf.

    Args:
        ref: The place in the chain (``seq`` 0).
        policy: Digest of rules, thresholds and model ids in force.
        course: Course id.
        lesson_c: Commitment to the lesson, its version and its time line.
        subj_c: Commitment to the learner's pseudonym, fresh for each session.
        sched_c: Commitment to the capture schedule's secret (``schedule_commitment``).
        course_v: Digest of the course's version.
        device_c: Commitment to the device.
        client_nonce_c: Commitment to the player's nonce.
        rules: Versions of the rules (``core.rules_version``).
        period: The period in which each part of the lesson counts once (``core.periods``).

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    fields = {"policy": policy, "course": course, "lesson_c": lesson_c, "subj_c": subj_c, "sched_c": sched_c}
    optional = {
        "course_v": course_v,
        "device_c": device_c,
        "client_nonce_c": client_nonce_c,
        "rules": None if rules is None else dict(rules),
        "period": period,
    }
    return _session(LeafKind.START, ref, {**fields, **optional})


def session_segment(
    ref: SessionRef,
    *,
    n: int,
    from_ms: int,
    to_ms: int,
    first_minute: int,
    minutes: str,
    verified_ms: int,
    events_root: bytes = EMPTY_ROOT,
    n_events: int = 0,
    records_root: bytes = EMPTY_ROOT,
    n_records: int = 0,
) -> bytes:
    """Build a ``session.segment`` leaf.

    Args:
        ref: The place in the chain.
        n: Number of the segment, from 0.
        from_ms: Start of the stretch, server time.
        to_ms: End of it.
        first_minute: Number of the session's minute that ``minutes`` begins with.
        minutes: A letter per closed minute: V verified, F refused, U not decided.
        verified_ms: Exact verified playhead time of those minutes.
        events_root: ``commitments_root`` over the stretch's events.
        n_events: How many.
        records_root: ``commitments_root`` over the minute records, one for each letter.
        n_records: How many.

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    times = {"from_ms": ref.dated(from_ms), "to_ms": ref.dated(to_ms)}
    fields = {"n": n, **times, "first_minute": first_minute, "minutes": minutes}
    roots = {"events_root": events_root, "n_events": n_events, "records_root": records_root, "n_records": n_records}
    return _session(LeafKind.SEGMENT, ref, {**fields, "verified_ms": verified_ms, **roots})


def session_final(
    ref: SessionRef,
    *,
    segments: int,
    n_verified: int,
    n_refused: int,
    n_undecided: int,
    verified_ms: int,
    reason: str,
    codes_c: bytes,
    sched: ScheduleReveal | None = None,
) -> bytes:
    """Build a ``session.final`` leaf.

    Args:
        ref: The place in the chain.
        segments: How many segment leaves the session has.
        n_verified: Minutes verified.
        n_refused: Minutes refused.
        n_undecided: Minutes that went to review.
        verified_ms: Sum of the segments' ``verified_ms``.
        reason: Why the session ended (a reason code).
        codes_c: Commitment to how often each reason code was given.
        sched: Opens the schedule's commitment.

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    reveal: dict[str, object] | None = None
    if sched is not None:
        parts = {"s": sched.secret, "r": sched.client_nonce, "b": sched.beacon}
        level = 0 if sched.client_nonce is None else 1 if sched.beacon is None else 2
        reveal = {name: value.hex() for name, value in parts.items() if value is not None} | {"level": level}
    counts = {"segments": segments, "n_verified": n_verified, "n_refused": n_refused, "n_undecided": n_undecided}
    rest = {"verified_ms": verified_ms, "reason": reason, "codes_c": codes_c, "sched": reveal}
    return _session(LeafKind.FINAL, ref, {**counts, **rest})


def session_void(ref: SessionRef, *, target: int, target_hash: bytes, reason: str, request: bytes) -> bytes:
    """Build a ``session.void`` leaf: the leaf at index ``target`` no longer counts, and stays.

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    fields = {"target": target, "target_hash": target_hash, "reason": reason, "request": request}
    return _session(LeafKind.VOID, ref, fields)


def session_amend(
    ref: SessionRef,
    *,
    target: int,
    target_hash: bytes,
    minute: int,
    verdict: str,
    delta_ms: int,
    reason: str,
    request: bytes,
) -> bytes:
    """Build a ``session.amend`` leaf: a reviewer changed one minute of the segment at index ``target``.

    Args:
        ref: The place in the chain.
        target: Index of the segment leaf.
        target_hash: Its leaf hash.
        minute: The session's minute number.
        verdict: V, F or U.
        delta_ms: Change of verified time.
        reason: Reason code.
        request: Commitment to the decision's document.

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    fields = {"target": target, "target_hash": target_hash, "minute": minute, "verdict": verdict}
    rest = {"delta_ms": delta_ms, "reason": reason, "request": request}
    return _session(LeafKind.AMEND, ref, {**fields, **rest})


def record(kind: LeafKind, origin: str, at_ms: int, **fields: object) -> bytes:
    """Build a leaf outside any session.

    Args:
        kind: ``policy``, ``key``, ``upload``, ``erasure``, ``sampling``, ``certificate``, ``project`` or
            ``activity``.
        origin: The log.
        at_ms: Server time.
        **fields: As ``schema.KINDS`` lists them; bytes are written as hex.

    Raises:
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    # A policy is named at the start of the first session that runs under it, so it is dated like that session. The
    # exact moment of a person's step would help to tell whose it is.
    coarse = kind in (LeafKind.POLICY, LeafKind.ACTIVITY)
    return _build(kind, {"origin": origin, "at": round_of(at_ms) if coarse else at_ms, **fields})


def parse_leaf(data: bytes) -> dict[str, CanonicalValue]:
    """Read a leaf; refuse every field that the schema of its kind does not list.

    Raises:
        EvidenceError: ``E_CANON``; ``E_SCHEMA`` naming the field.
    """
    value = parse_canonical_object(data)
    _validate(value)
    return value


def _session(kind: LeafKind, ref: SessionRef, fields: Mapping[str, object]) -> bytes:
    common: dict[str, object] = {"origin": ref.origin, "sid": ref.sid, "seq": ref.seq, "at": ref.dated(ref.at_ms)}
    common["prev"] = "" if ref.prev is None else ref.prev
    if ref.anchor is not None:
        common["anchor"] = {"size": ref.anchor.size, "root": ref.anchor.root.hex()}
    return _build(kind, {**common, **fields})


def _build(kind: LeafKind, fields: Mapping[str, object]) -> bytes:
    value: dict[str, object] = {"v": VERSION, "t": kind.value}
    value |= {name: v.hex() if isinstance(v, bytes) else v for name, v in fields.items() if v is not None}
    _validate(value)
    return canonical_bytes(value)


def _validate(value: Mapping[str, object]) -> None:
    kind, version = value.get("t"), value.get("v")
    schema = SCHEMAS.get(version) if isinstance(version, int) and not isinstance(version, bool) else None
    if schema is None:
        _refuse("v", f"must be one of {', '.join(str(known) for known in SCHEMAS)}")
    fields = schema.get(LeafKind(kind)) if isinstance(kind, str) and kind in KINDS else None
    if fields is None:
        _refuse("t", f"must be one of {', '.join(schema)}")
    if not value.keys() <= fields.keys():
        _refuse(next(name for name in value if name not in fields)[:48], f"is no field of {kind}")
    for name, field in fields.items():
        item = value.get(name)
        if field.required if item is None else not field.ok(item):
            _refuse(name, f"of {kind} must be {field.what}")
    if kind == LeafKind.SEGMENT:
        if value["n_records"] != len(str(value["minutes"])):
            _refuse("n_records", "must be the number of letters in minutes")
    if kind == LeafKind.CERTIFICATE:
        later, revoked = value["action"] != "issue", value["action"] == "revoke"
        for name, wanted in (("target", later), ("target_hash", later), ("reason", revoked)):
            if (name in value) != wanted:
                _refuse(name, f"of certificate {'is missing' if wanted else 'does not belong'} in {value['action']}")
    if kind == LeafKind.PROJECT:
        for name in ("published", "from_day", "to_day"):
            if not is_day(str(value[name])):
                _refuse(name, "of project must be a day of the calendar")
        if str(value["to_day"]) < str(value["from_day"]):
            _refuse("to_day", "of project must not lie before from_day")
    if "prev" in fields and (value["seq"] == 0) != (value["prev"] == ""):
        _refuse("prev", "must be empty for the session's first leaf, and only there")


def _refuse(field: str, what: str) -> NoReturn:
    raise EvidenceError("E_SCHEMA", f"Leaf field {field} {what}.")
