"""A session with changes of credit and their decisions, made with every key: leaf and document say anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, BundleLeaf, FieldOpening, write_bundle
from zaichang.audit.changes.rulings import intervals
from zaichang.audit.changes.session_changes import check_changes
from zaichang.audit.check import Check
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import ROUND_MS
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import Minute, Verdict
from zaichang.session.events import HeartbeatReceived
from zaichang.session.playhead import total_ms
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.commit import commit_all, commitment, commitments_root, salt, schedule_commitment
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)
AT = sample_of.AT_MS
MINUTE = 60_000
REFUSED, UNDECIDED = 2, 4
"""Minutes of the sample: V V F, V U."""
VERDICTS = {"V": Verdict.VERIFIED, "F": Verdict.REFUSED, "U": Verdict.INDETERMINATE}


def record(n: int, letter: str) -> bytes:
    span = ((n * MINUTE, n * MINUTE + 50_000),)
    minute = Minute(
        index=n,
        from_ms=AT + n * MINUTE,
        to_ms=AT + (n + 1) * MINUTE,
        verdict=VERDICTS[letter],
        verified=span if letter == "V" else (),
        undecided=span if letter == "U" else (),
        reasons=(ReasonCode.LIVENESS_MISSING,) if letter == "U" else (),
    )
    return canonical_bytes(encode_minute(minute))


def beat(n: int) -> bytes:
    """Report every 20 s, played all the time, so that minute 2 is shown as played too."""
    event = HeartbeatReceived(at_ms=AT + n * 20_000, seq=n + 1, nonce="n", playhead_ms=n * 20_000, playing=True)
    return canonical_bytes(encode_event(event))


def session() -> tuple[list[bytes], Bundle]:
    """Return the sample's leaves and openings with whole minute records and reports."""
    sample = sample_of.sample(((12, "VVF"), (7, "VU")), opened={n: beat(n) for n in range(19)})
    bundle, leaves = sample.bundle, [entry.leaf for entry in sample.bundle.leaves]
    openings, groups = list(bundle.openings), list(bundle.commitments)
    for at, (first, letters) in enumerate([(0, "VVF"), (3, "VU")], 1):
        payloads = [record(first + i, letter) for i, letter in enumerate(letters)]
        values = commit_all("record", sample_of.KEY, payloads, first)
        value = leaf.parse_leaf(leaves[at])
        verified_ms = 50_000 * letters.count("V")
        leaves[at] = canonical_bytes(
            {**value, "records_root": commitments_root(values).hex(), "verified_ms": verified_ms}
        )
        groups = [replace(g, values=tuple(values)) if (g.kind, g.seq) == ("record", at) else g for g in groups]
        openings = [
            replace(o, payload=payloads[o.n - first])
            if o.kind == "record" and first <= o.n < first + len(letters)
            else o
            for o in openings
        ]
    leaves[3] = canonical_bytes({**leaf.parse_leaf(leaves[3]), "verified_ms": 150_000})
    for at in range(1, len(leaves)):
        leaves[at] = canonical_bytes({**leaf.parse_leaf(leaves[at]), "prev": leaf_hash(leaves[at - 1]).hex()})
    return leaves, replace(bundle, openings=tuple(openings), commitments=tuple(groups))


LEAVES, BUNDLE = session()

Change = dict[str, Any]


def honest(minute: int = UNDECIDED, granted: Sequence[Sequence[int]] | None = None, **more: Any) -> Change:
    """Return a decision and the leaf's fields that follow from it; ``leaf_`` names change the leaf alone."""
    parts = [[minute * MINUTE, minute * MINUTE + 50_000]] if granted is None else [list(part) for part in granted]
    return {
        "v": 3, "session": sample_of.SID, "minute": minute, "reviewer": "r1", "outcome": "grant",
        "reason": "REVIEW_GRANTED", "verdict": "V", "granted": parts, **more,
    }  # fmt: skip


END = AT + 3 * 300_000
U0, U1 = UNDECIDED * MINUTE, UNDECIDED * MINUTE + 50_000
"""The undecided media."""
APPEAL = {"number": 0, "at_ms": END + 60_000, "minutes": [REFUSED], "text_c": "ab" * 32}


def changed_leaf(leaves: Sequence[bytes], document: Change, request: bytes, change: Change) -> bytes:
    """Return the leaf of a decision behind ``leaves``; ``leaf_`` names of the change are its fields."""
    seq, void = len(leaves), document.get("outcome") == "void"
    target = document.get("target", 1 if document.get("minute", 0) in (0, 1, 2) else 2)
    value: Change = {
        "v": 3, "t": "session.void" if void else "session.amend", "origin": sample_of.ORIGIN, "sid": sample_of.SID,
        "seq": seq, "at": (AT + seq * 300_000) // ROUND_MS * ROUND_MS, "prev": leaf_hash(leaves[-1]).hex(),
        "target": target, "target_hash": leaf_hash(leaves[target] if 0 <= target < seq else b"").hex(),
        "reason": document.get("reason", "NO_FACE"), "request": request.hex(),
    }  # fmt: skip
    if not void:
        value |= {"minute": document.get("minute", 0), "verdict": document.get("verdict", "V")}
        granted, revoked = (intervals(document.get(name, [])) or () for name in ("granted", "revoked"))
        value["delta_ms"] = total_ms(granted) - total_ms(revoked)
    altered = {name[5:]: value for name, value in change.items() if name.startswith("leaf_")}
    return canonical_bytes({**value, **altered})


def void_of(target: int, **more: Any) -> Change:
    """Return the document of a void."""
    return {
        "v": 3, "session": sample_of.SID, "target": target, "reviewer": "r1", "outcome": "void",
        "reason": "NOT_SAME_PERSON", "proposer": "r2", **more,
    }  # fmt: skip


def leaves_of(*changes: Change) -> tuple[list[bytes], list[FieldOpening]]:
    """Return the session's leaves with these changes behind them, and the opened fields."""
    leaves, fields = list(LEAVES), list(BUNDLE.fields)
    for change in changes:
        document = {name: value for name, value in change.items() if not name.startswith("leaf_")}
        seq = len(leaves)
        document = {"at_ms": AT + seq * 300_000, **document}
        body, grain = canonical_bytes(document), salt(sample_of.KEY, "ruling", seq)
        leaves.append(changed_leaf(leaves, document, commitment("ruling", grain, body), change))
        fields.append(
            FieldOpening(sid=sample_of.SID, seq=seq, field="request", kind="ruling", salt=grain, payload=body)
        )
    return leaves, fields


def checked(*changes: Change, keep: str = "everything", drop: bool = False, now_s: int | None = None) -> list[Check]:
    """Verify a bundle of the session with these changes behind it."""
    leaves, fields = leaves_of(*changes)
    hashes = [leaf_hash(data) for data in leaves]
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=root_hash(hashes))
    entries = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(leaves)
    )
    kinds = {"everything": ("event", "record"), "records": ("record",), "nothing": ()}[keep]
    bundle = replace(
        BUNDLE,
        checkpoint=sign_checkpoint(checkpoint, [sample_of.SIGNER]),
        leaves=entries,
        openings=tuple(o for o in BUNDLE.openings if o.kind in kinds),
        fields=tuple(fields[: len(BUNDLE.fields)] if drop else fields),
    )
    return verify_bundle(write_bundle(bundle), replace(TRUST, now_s=now_s))


def held(*changes: Change) -> list[Check]:
    """Hold the changes alone against the record: quicker than a bundle, without its signatures and openings."""
    leaves, fields = leaves_of(*changes)
    known = [
        KnownLeaf(index=n, data=data, hash=leaf_hash(data), value=parse_canonical_object(data))
        for n, data in enumerate(leaves)
    ]
    items = {kind: {o.n: o.payload for o in BUNDLE.openings if o.kind == kind} for kind in ("event", "record")}
    opened = {(field.seq, field.field): parse_canonical_object(field.payload) for field in fields}
    findings = Findings()
    check_changes(sample_of.ORIGIN, known, items["record"], items["event"], opened, findings)
    return findings.checks


def two_sessions_of_one_learner() -> tuple[Bundle, Bundle]:
    """Return the bundles of two sessions in one log, with the same media and the same time."""
    second = "fe" * 16
    log = [*LEAVES]
    for data in LEAVES:
        value = {**parse_canonical_object(data), "sid": second, "prev": leaf_hash(log[-1]).hex()}
        if len(log) == len(LEAVES):
            value["prev"] = ""
            value["sched_c"] = schedule_commitment(second, sample_of.SECRET).hex()
        log.append(canonical_bytes(value))
    hashes = [leaf_hash(data) for data in log]
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=len(log), root=root_hash(hashes))
    entries = [BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(log)]
    note, own = sign_checkpoint(checkpoint, [sample_of.SIGNER]), len(LEAVES)
    one = replace(BUNDLE, checkpoint=note, leaves=tuple(entries[:own]))
    moved = {
        name: tuple(replace(each, sid=second) for each in getattr(BUNDLE, name))
        for name in ("openings", "commitments", "fields")
    }
    return one, replace(BUNDLE, checkpoint=note, leaves=tuple(entries[own:]), **moved)
