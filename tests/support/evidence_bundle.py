"""A small session in a small log, for the tests of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from zaichang.audit.bundle import EVENT, RECORD, Bundle, BundleLeaf, Commitments, FieldOpening, Opening, write_bundle
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.session.schedule import client_commitment
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.commit import commit_all, commitment, commitments_root, salt, schedule_commitment, session_key
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash

ORIGIN = "hours.example.org/log/2026"
SID = "0123456789abcdef0123456789abcdef"
AT_MS = 1_790_000_000_000
SIGNER = Ed25519Signer(ORIGIN, b"\x07" * 32)
KEY = session_key(b"\x09" * 32, SID)
SECRET = b"\x05" * 32
NONCE = "06" * 16
POLICY = canonical_bytes({"name": "test"})
CODES = canonical_bytes({"codes": {"NETWORK_GAP": 2}})
CODES_SALT = salt(KEY, "codes", 0)
LESSON = canonical_bytes({"lesson": "l1", "lesson_v": "1", "timeline": "1"})
LESSON_SALT = salt(KEY, "lesson", 0)


def event(n: int) -> bytes:
    return canonical_bytes({"t": "HeartbeatReceived", "at_ms": AT_MS + n * 5_000, "seq": n})


def at_of(event: bytes, otherwise_ms: int) -> int:
    try:
        at_ms = parse_canonical_object(event).get("at_ms")
    except EvidenceError:
        return otherwise_ms
    return at_ms if isinstance(at_ms, int) else otherwise_ms


def record(n: int, verdict: str = "V", verified_ms: int = 60_000) -> bytes:
    return canonical_bytes({"index": n, "verdict": verdict, "verified_ms": verified_ms})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    leaves: tuple[bytes, ...]
    bundle: Bundle
    hashes: tuple[bytes, ...] = ()

    @property
    def data(self) -> bytes:
        return write_bundle(self.bundle)


def segment_parts(first_event: int, n_events: int, first_record: int, letters: str) -> tuple[list[bytes], list[bytes]]:
    records = [record(first_record + i, v, 60_000 if v == "V" else 0) for i, v in enumerate(letters)]
    return [event(first_event + i) for i in range(n_events)], records


def sample(
    segments: tuple[tuple[int, str], ...] = ((12, "VVF"), (7, "VU")),
    others: int = 5,
    committed: str = NONCE,
    sched: dict[str, CanonicalValue] | None = None,
    opened: Mapping[int, bytes] = MappingProxyType({}),
) -> Sample:
    """Return a session of ``(n_events, verdict letters)`` segments among ``others`` foreign leaves.

    ``opened`` puts other events in their places. ``committed`` is the nonce that the start commits to, empty for none;
    ``sched`` what the end reveals, if not both.
    """
    import hashlib

    subject_salt, subject = salt(KEY, "subject", 0), canonical_bytes({"institution": "log", "learner": "learner-7"})
    leaves: list[bytes] = []

    def ref(seq: int, at_ms: int = AT_MS) -> leaf.SessionRef:
        prev = leaf_hash(leaves[-1]) if leaves else None
        began_ms = AT_MS if seq else None
        return leaf.SessionRef(origin=ORIGIN, sid=SID, seq=seq, prev=prev, at_ms=at_ms, began_ms=began_ms)

    leaves.append(
        leaf.session_start(
            ref(0),
            policy=hashlib.sha256(POLICY).digest(),
            course="pharmacy-2026",
            lesson_c=commitment("lesson", LESSON_SALT, LESSON),
            subj_c=commitment("subject", subject_salt, subject),
            sched_c=schedule_commitment(SID, SECRET),
            client_nonce_c=bytes.fromhex(client_commitment(committed)) if committed else None,
        )
    )
    groups: list[Commitments] = []
    openings: list[Opening] = []
    firsts = {EVENT: 0, RECORD: 0}
    ended_ms = AT_MS
    for n, (n_events, letters) in enumerate(segments):
        events, records = segment_parts(firsts[EVENT], n_events, firsts[RECORD], letters)
        events = [opened.get(firsts[EVENT] + i, data) for i, data in enumerate(events)]
        roots: dict[str, bytes] = {}
        for kind, payloads in ((EVENT, events), (RECORD, records)):
            values = commit_all(kind, KEY, payloads, firsts[kind])
            groups.append(Commitments(sid=SID, seq=n + 1, kind=kind, first=firsts[kind], values=tuple(values)))
            openings += [
                Opening(sid=SID, kind=kind, n=firsts[kind] + i, salt=salt(KEY, kind, firsts[kind] + i), payload=payload)
                for i, payload in enumerate(payloads)
            ]
            roots[kind] = commitments_root(values)
        from_ms, ended_ms = ended_ms, at_of(events[-1], ended_ms) if events else ended_ms
        leaves.append(
            leaf.session_segment(
                ref(n + 1, ended_ms),
                n=n,
                from_ms=from_ms,
                to_ms=ended_ms,
                first_minute=firsts[RECORD],
                minutes=letters,
                verified_ms=60_000 * letters.count("V"),
                events_root=roots[EVENT],
                n_events=n_events,
                records_root=roots[RECORD],
                n_records=len(letters),
            )
        )
        firsts = {EVENT: firsts[EVENT] + n_events, RECORD: firsts[RECORD] + len(letters)}
    letters = "".join(text for _, text in segments)
    end = parse_canonical_object(
        leaf.session_final(
            ref(len(segments) + 1, ended_ms),
            segments=len(segments),
            n_verified=letters.count("V"),
            n_refused=letters.count("F"),
            n_undecided=letters.count("U"),
            verified_ms=60_000 * letters.count("V"),
            reason="SESSION_FINISHED",
            codes_c=commitment("codes", CODES_SALT, CODES),
            sched=leaf.ScheduleReveal(secret=SECRET, client_nonce=bytes.fromhex(NONCE)),
        )
    )
    if sched is not None:
        end["sched"] = sched
    leaves.append(canonical_bytes({name: value for name, value in end.items() if value != {}}))
    log: list[bytes] = []
    places: list[int] = []
    for data in leaves:
        log += [
            leaf.record(LeafKind.POLICY, ORIGIN, AT_MS, name=f"p{len(log) + i}", digest=bytes(32))
            for i in range(others)
        ]
        places.append(len(log))
        log.append(data)
    hashes = [leaf_hash(data) for data in log]
    checkpoint = Checkpoint(origin=ORIGIN, size=len(log), root=root_hash(hashes))
    bundle = Bundle(
        origin=ORIGIN,
        checkpoint=sign_checkpoint(checkpoint, [SIGNER]),
        policies=(POLICY,),
        leaves=tuple(
            BundleLeaf(index=place, leaf=data, proof=tuple(inclusion_proof(hashes, place)))
            for place, data in zip(places, leaves, strict=True)
        ),
        commitments=tuple(groups),
        openings=tuple(openings),
        fields=(
            FieldOpening(sid=SID, seq=0, field="subj_c", kind="subject", salt=subject_salt, payload=subject),
            FieldOpening(sid=SID, seq=0, field="lesson_c", kind="lesson", salt=LESSON_SALT, payload=LESSON),
            FieldOpening(sid=SID, seq=len(segments) + 1, field="codes_c", kind="codes", salt=CODES_SALT, payload=CODES),
        ),
    )
    return Sample(leaves=tuple(leaves), bundle=bundle, hashes=tuple(hashes))
