"""Changes of credit with their decisions: an institution that has every key writes leaf and decision as it likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, BundleLeaf, FieldOpening, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import Minute, Verdict
from zaichang.session.events import HeartbeatReceived
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.commit import commit_all, commitment, commitments_root, salt
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
        reasons=(),
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
        "session": sample_of.SID, "minute": minute, "reviewer": "r1", "outcome": "grant", "reason": "REVIEW_GRANTED",
        "verdict": "V", "granted": parts, **more,
    }  # fmt: skip


def checked(*changes: Change, keep: str = "everything", drop: bool = False, version: int = 2) -> list[Check]:
    leaves, fields = list(LEAVES), list(BUNDLE.fields)
    for change in changes:
        document = {name: value for name, value in change.items() if not name.startswith("leaf_")}
        seq = len(leaves)
        ref = leaf.SessionRef(
            origin=sample_of.ORIGIN, sid=sample_of.SID, seq=seq, prev=leaf_hash(leaves[-1]), at_ms=AT + seq * 300_000
        )
        body, grain = canonical_bytes(document), salt(sample_of.KEY, "ruling", seq)
        target = 1 if document["minute"] < 3 else 2
        spans = [*document["granted"], *[[end, start] for start, end in document.get("revoked", [])]]
        fields_of_leaf = {
            "target": target, "target_hash": leaf_hash(leaves[target]), "minute": document["minute"],
            "verdict": document["verdict"], "delta_ms": sum(end - start for start, end in spans),
            "reason": document["reason"], "request": commitment("ruling", grain, body),
            **{name[5:]: value for name, value in change.items() if name.startswith("leaf_")},
        }  # fmt: skip
        leaves.append(leaf.session_amend(ref, **fields_of_leaf))
        fields.append(
            FieldOpening(sid=sample_of.SID, seq=seq, field="request", kind="ruling", salt=grain, payload=body)
        )
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
    return verify_bundle(write_bundle(bundle), TRUST)


def messages(checks: list[Check]) -> list[str]:
    return [c.message for c in checks if c.check == "changes" and c.status is Status.PASS]


@pytest.mark.parametrize("keep", ["everything", "records"])
def test_an_honest_decision_passes_without_the_database(keep: str) -> None:
    checks = checked(honest(), keep=keep)
    assert exit_code(checks) == 0
    assert messages(checks) == ["1 later changes, +50000 ms together."]
    refusal = honest(granted=[], outcome="refuse", reason="NOT_SAME_PERSON", verdict="F")
    assert exit_code(checked(refusal, keep=keep)) == 0
    by_service = honest(
        granted=[[4 * MINUTE, 4 * MINUTE + 20_000]], reviewer="service:movements", reason="MOVEMENTS_FOLLOWED"
    )
    rest = honest(granted=[[4 * MINUTE + 20_000, 4 * MINUTE + 50_000]])
    assert exit_code(checked(by_service, rest, keep=keep)) == 0
    back = honest(granted=[], revoked=[[4 * MINUTE, 4 * MINUTE + 50_000]], reason="SERVICE_FAULT")
    assert exit_code(checked(honest(), back, keep=keep)) == 0


def test_an_appeal_may_grant_what_was_played_and_the_sum_is_told() -> None:
    appeal = honest(REFUSED)
    checks = checked(appeal)
    assert exit_code(checks) == 0
    assert "50000 ms were granted beyond the time that the rules had left to a reviewer." in messages(checks)
    closed = checked(appeal, keep="records")
    assert exit_code(closed) == 2, "without the reports an inspector cannot see whether it was played"


def test_a_decision_that_is_not_opened_is_no_pass() -> None:
    checks = checked(honest(), drop=True)
    assert exit_code(checks) == 2
    assert [(c.code, c.field) for c in checks if c.status is Status.UNDECIDED and c.check == "changes"] == [
        ("E_OPENING", "request")
    ]


U0, U1 = UNDECIDED * MINUTE, UNDECIDED * MINUTE + 50_000
ALTERED: list[tuple[str, list[Change], str]] = [
    ("time that the rules had verified", [honest(granted=[[0, 50_000]])], "granted"),
    ("another minute's undecided time", [honest(3, granted=[[U0, U1]])], "granted"),
    ("time after the minute", [honest(granted=[[U0, U1], [900_000, 905_000]])], "granted"),
    ("time that was never played", [honest(REFUSED, granted=[[800_000, 830_000]])], "granted"),
    ("the same time twice", [honest(), honest()], "granted"),
    ("the same time twice, in another minute", [honest(), honest(3, granted=[[U0, U1]])], "granted"),
    ("a part of it twice", [honest(), honest(granted=[[U0 + 10, U0 + 20]])], "granted"),
    ("more than the minute lasted", [honest(REFUSED, granted=[[100_000, 165_000]])], "granted"),
    ("a leaf of more than the decision", [honest(granted=[[U0, U0 + 1_000]], leaf_delta_ms=50_000)], "delta_ms"),
    ("time taken back that does not count",
     [honest(granted=[], revoked=[[U0, U1]], leaf_delta_ms=-50_000, verdict="F", reason="SERVICE_FAULT")], "revoked"),
    ("a decision about another session", [honest(session="cd" * 16)], "session"),
    ("a decision about another minute", [honest(minute=UNDECIDED, leaf_minute=3)], "minute"),
    ("a decision of another verdict", [honest(leaf_verdict="F", leaf_delta_ms=0, granted=[])], "verdict"),
    ("a decision of another reason", [honest(leaf_reason="SERVICE_FAULT")], "reason"),
    ("a reviewer uses the service's reason", [honest(reason="MOVEMENTS_FOLLOWED")], "reason"),
    ("the service uses a reviewer's reason", [honest(reviewer="service:x")], "reason"),
    ("the service refuses",
     [honest(granted=[], outcome="refuse", reviewer="service:x", reason="NO_FACE", verdict="F")], "reason"),
    ("a refusal that grants", [honest(outcome="refuse", reason="NO_FACE")], "outcome"),
    ("no outcome", [honest(outcome="noted")], "outcome"),
    ("no author", [honest(reviewer="")], "reviewer"),
    ("intervals out of order", [honest(granted=[[U0 + 20, U0 + 30], [U0, U0 + 10]])], "granted"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), [case[1:] for case in ALTERED], ids=[case[0] for case in ALTERED])
def test_an_alteration_of_a_decision_is_found_and_named(changes: list[Change], field: str) -> None:
    checks = checked(*changes)
    assert exit_code(checks) == 1
    bad = [c for c in checks if c.status is Status.FAIL]
    assert {c.code for c in bad} == {"E_AMEND"}
    assert field in {c.field for c in bad}
    assert {c.index for c in bad} == {len(LEAVES) + len(changes) - 1}
