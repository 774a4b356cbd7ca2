"""Entries about certificates, projects and activities fit the log before them; an altered one is named."""

from __future__ import annotations

from typing import Any

import pytest

from support.certificates import ISSUED_MS, PROOF, issued, logged
from support.evidence_bundle import ORIGIN
from support.small_logs import files_of, scan
from zaichang.audit.check import Status
from zaichang.audit.findings import Findings
from zaichang.audit.whole.papers import Papers
from zaichang.core.civil import date_text
from zaichang.core.enums import LeafKind
from zaichang.tlog.leaf import parse_leaf, record
from zaichang.tlog.merkle import leaf_hash

FIRST = PROOF.index
ISSUED = issued()


def found(*later: bytes) -> list[tuple[str | None, int | None, str | None]]:
    return [
        (check.code, check.index, check.field)
        for check in scan(files_of(logged([ISSUED, *later])))
        if check.status is not Status.PASS
    ]


def revoking(target: int = FIRST, target_hash: bytes = leaf_hash(ISSUED), at_ms: int = ISSUED_MS + 60_000) -> bytes:
    fields = {"action": "revoke", "cert_c": bytes(32), "target": target, "target_hash": target_hash}
    return record(LeafKind.CERTIFICATE, ORIGIN, at_ms, reason="REVOKED_ERROR", **fields)  # type: ignore[arg-type]


def replacing(target: int, data: bytes, **more: Any) -> bytes:
    fields = {"action": "replace", "cert_c": b"\x01" * 32, "target": target, "target_hash": leaf_hash(data)}
    return record(LeafKind.CERTIFICATE, ORIGIN, ISSUED_MS + 60_000, **{**fields, **more})  # type: ignore[arg-type]


def test_honest_entries_pass_and_those_that_ended_are_named() -> None:
    second = replacing(FIRST, ISSUED)
    third = replacing(FIRST + 1, second, cert_c=b"\x02" * 32)
    revoked = revoking(target=FIRST + 2, target_hash=leaf_hash(third))
    assert found(second, third, revoked) == []
    (told,) = [
        check for check in scan(files_of(logged([ISSUED, second, third, revoked]))) if check.check == "certificates"
    ]
    assert told.message == (
        f"3 certificates were issued, 2 of them replaced and 1 revoked: at {FIRST + 2} (by {FIRST + 3})."
    )
    many = Findings()
    papers = Papers(ORIGIN, many, lambda place: ISSUED)
    for place in range(0, 60, 2):
        papers.take(place, parse_leaf(ISSUED), b"")
        papers.take(place + 1, parse_leaf(revoking(target=place, target_hash=leaf_hash(ISSUED))), b"")
    papers.finish()
    assert "58 (by" not in many.checks[-1].message and "and 10 more" in many.checks[-1].message


@pytest.mark.parametrize(
    ("later", "field"),
    [
        (revoking(target=0), "target"),  # a session's start
        (revoking(target=FIRST + 1), "target"),  # itself
        (revoking(target=FIRST + 9), "target"),
        (revoking(target_hash=b"\x05" * 32), "target_hash"),
        (replacing(FIRST, b"another"), "target_hash"),
    ],
)
def test_the_end_of_a_certificate_names_one_that_was_issued(later: bytes, field: str) -> None:
    assert found(later) == [("E_CONSISTENCY", FIRST + 1, field)]


def test_a_certificate_ends_once_and_not_before_its_issue() -> None:
    assert found(revoking(), revoking()) == [("E_CONSISTENCY", FIRST + 2, "target")]
    assert found(revoking(), replacing(FIRST, ISSUED)) == [("E_CONSISTENCY", FIRST + 2, "target")]
    revocation = revoking()
    assert found(revocation, revoking(target=FIRST + 1, target_hash=leaf_hash(revocation))) == [
        ("E_CONSISTENCY", FIRST + 2, "target")
    ], "a revocation is no certificate"
    early = revoking(at_ms=ISSUED_MS - 1)
    assert ("E_CONSISTENCY", FIRST + 1, "at") in found(early)


def test_an_entry_whose_target_cannot_be_read_is_undecided() -> None:
    for data, status in ((None, Status.UNDECIDED), (b"no leaf", Status.FAIL)):
        findings = Findings()
        papers = Papers(ORIGIN, findings, lambda place, data=data: data)  # type: ignore[misc]
        papers.take(9, parse_leaf(revoking(target=3)), b"")
        assert [(check.status, check.field) for check in findings.checks] == [(status, "target")]


def test_a_project_is_not_published_after_its_entry() -> None:
    def project(published: str) -> bytes:
        days = {"published": published, "from_day": "2026-01-01", "to_day": "2026-12-31"}
        return record(LeafKind.PROJECT, ORIGIN, ISSUED_MS, course="c", filing="f", **days)

    assert found(project(date_text(ISSUED_MS))) == []
    assert found(project("2031-01-01")) == [("E_CONSISTENCY", FIRST + 1, "published")]


def step(seq: int, before: bytes | None, aid: str = "a") -> bytes:
    prev = "" if before is None else leaf_hash(before)
    return record(
        LeafKind.ACTIVITY, ORIGIN, ISSUED_MS, aid=aid, seq=seq, prev=prev, stage="hand_in", document_c=bytes([seq] * 32)
    )


def test_the_steps_of_an_activity_follow_from_one_another() -> None:
    one, two, three = (lambda a: (a, step(1, a), step(2, step(1, a))))(step(0, None))
    assert found(one, step(0, None, "b"), two, three) == []
    assert found(one, three) == [("E_SEQ_GAP", FIRST + 2, "seq")]
    assert found(two) == [("E_SEQ_GAP", FIRST + 1, "seq")]
    assert found(one, one) == [("E_SEQ_GAP", FIRST + 2, "seq")]
    assert found(one, step(1, b"another")) == [("E_CHAIN", FIRST + 2, "prev")]
