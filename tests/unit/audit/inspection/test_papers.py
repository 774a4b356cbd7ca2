"""Certificates and statements held against the copy of the log: the honest pass, and each alteration is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from support.certificates import CERTIFICATE, ISSUED_MS, SALT, drawn, issued
from support.evidence_bundle import ORIGIN, SIGNER
from support.log_sessions import SmallLog
from zaichang.audit.certificate.document import Certificate, Earned
from zaichang.audit.certificate.proof import CertificateProof, write_proof
from zaichang.audit.check import Status
from zaichang.audit.inspection.papers import KnownRules, Paper, PaperLine, hold_papers
from zaichang.audit.inspection.statement_file import read_statement
from zaichang.audit.sample.produced import OwnCopy
from zaichang.core.enums import LeafKind
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Status as Duty
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.leaf import record
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.trust import trust_log

TRUST = trust_log(SIGNER.vkey)
HOUR_MS = 45 * 60_000


def statement(*lines: tuple[str, int], total: str | None = None, **more: Any) -> bytes:
    """Return a statement that counts milliseconds of sessions."""
    counted = [(entry, Fraction(ms, HOUR_MS)) for entry, ms in lines]
    value = {
        "format": "zaichang-statement@1",
        "rules": "cq-pharmacist-2025",
        "version": "2026.1",
        "year": "2026",
        "status": "met",
        "rules_digest": "ab" * 32,
        "facts_digest": "cd" * 32,
        "total": total or str(sum((amount for _, amount in counted), Fraction(0))),
        "lines": [
            {"entry": entry, "item": "study", "unit": "hour", "claimed": str(amount), "counted": str(amount)}
            for entry, amount in counted
        ],
        "readings": {"study_hour_min": "45"},
        **more,
    }
    return json.dumps(value).encode()


STATED = statement(("study/one", 100_000), ("amend/one/3", 30_000), ("study/two", 100_000))


def certificate_of(data: bytes, **changes: Any) -> Certificate:
    read = read_statement(data)
    sums = ((Measure.TOTAL, Fraction(read.sums["total"])),)
    certificate = replace(CERTIFICATE, name_c="", needs=(), earned=(), statement=read.digest, sums=sums)
    return replace(certificate, **changes)


KNOWN = KnownRules(version="2026.1", digest="ab" * 32, hour_min="45")


def log_of(*entries: bytes) -> list[bytes]:
    """Return a log of two sessions, of which 30 s of the first were granted later, and more entries."""
    log = SmallLog()
    _, segment, _ = log.whole("one")
    log.whole("two")
    log.amend("one", segment)
    return [*log.leaves, *entries]


def proof_of(certificate: Certificate, log: list[bytes]) -> CertificateProof:
    hashes = [leaf_hash(entry) for entry in log]
    index = log.index(issued(certificate))
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(log), root=root_hash(hashes)), [SIGNER])
    return CertificateProof(
        certificate=certificate, salt=SALT, checkpoint=note, index=index, leaf=log[index],
        proof=tuple(inclusion_proof(hashes, index)),
    )  # fmt: skip


def held(
    log: list[bytes], *papers: bytes, learners: Mapping[str, str] | None = None, rules: KnownRules | None = KNOWN
) -> tuple[PaperLine, ...]:
    copy = OwnCopy.read(ORIGIN, 0, set(), [log])
    named = [Paper(name=f"paper-{n}", data=data) for n, data in enumerate(papers)]
    return hold_papers(
        named, copy, [log[:3], log[3:]], TRUST, lambda sid: (learners or {}).get(sid, ""), lambda name: rules
    )


def bad(line: PaperLine) -> list[tuple[str | None, str | None, str | None]]:
    return [(check.code, check.sid, check.field) for check in line.checks if check.status is not Status.PASS]


def test_an_honest_certificate_and_its_statement_pass() -> None:
    certificate = certificate_of(STATED)
    log = log_of(issued(certificate))
    paper, stated = held(log, write_proof(proof_of(certificate, log)), STATED, learners={"one": "learner-17"})
    assert (paper.result, paper.kind, bad(paper)) == ("pass", "certificate", [])
    assert (stated.result, stated.kind, bad(stated)) == ("pass", "statement", [])
    assert "2 sessions agree with the log" in stated.said and "9F3A" in paper.said
    (alone,) = held(log, write_proof(proof_of(certificate, log)))
    assert alone.result == "pass"
    assert [check.check for check in alone.checks][-1] == "statement not compared"
    pdf = drawn(proof_of(certificate, log))
    assert held(log, pdf)[0].result == "pass"


def test_a_certificate_that_ended_or_is_of_another_state_is_named() -> None:
    certificate = certificate_of(STATED)
    log = log_of(issued(certificate))
    proof = proof_of(certificate, log)
    ends = {"cert_c": bytes(32), "target": proof.index, "target_hash": leaf_hash(proof.leaf)}
    for action, more in (("revoke", {"reason": "REVOKED_ERROR"}), ("replace", {})):
        end = record(LeafKind.CERTIFICATE, ORIGIN, ISSUED_MS + 1, action=action, **ends, **more)  # type: ignore[arg-type]
        assert bad(held([*log, end], write_proof(proof))[0]) == [("E_CERTIFICATE", None, None)]
    other = issued(certificate_of(STATED, learner="learner-18"))
    assert bad(held(log_of(other), write_proof(proof))[0]) == [("E_FORK", None, "root"), ("E_LEAF_HASH", None, None)]
    assert bad(held(log_of(), write_proof(proof))[0]) == [("E_CONSISTENCY", None, "size")]
    elsewhere = certificate_of(STATED, origin="hours.example.org/log/2027")
    assert ("E_ORIGIN", None, "origin") in bad(held(log, write_proof(replace(proof, certificate=elsewhere)))[0])
    assert bad(held(log, b"%PDF-1.4 no certificate")[0])[0][0] == "E_FORMAT"
    assert held(log, b"nothing")[0].result == "undecided"


@pytest.mark.parametrize(
    ("lines", "more", "found"),
    [
        ((("study/one", 101_000), ("study/two", 100_000)), {}, []),  # 30 s of the first were granted
        ((("study/one", 131_000), ("study/two", 100_000)), {}, [("E_MINUTES", "one", "counted")]),
        ((("study/two", 100_001),), {}, [("E_MINUTES", "two", "counted")]),
        ((("study/two", 60_000), ("study/two", 60_000)), {}, [("E_MINUTES", "two", "counted")]),
        ((("study/three", 1),), {}, [("E_NOT_PRODUCED", "three", "entry")]),
        ((("study/three", 0),), {}, []),
        ((("study/two", 100_000),), {"total": "9"}, [("E_MINUTES", None, "total")]),
        ((("study/two", 100_000),), {"total": "9", "status": "deemed_met"}, []),
        ((("bulk-1", 60_000),), {}, [("E_NOT_PRODUCED", None, "entry")]),
        ((("bulk-1", 0),), {}, []),
        ((("study/two", 100_000),), {"readings": {"study_hour_min": "30"}}, [("E_RULES", None, "study_hour_min")]),
        ((("study/two", 100_000),), {"rules_digest": "00" * 32}, [("E_RULES", None, "rules_digest")]),
        ((("study/two", 100_000),), {"version": "2020.1"}, [("E_RULES", None, "version")]),
        ((("study/two", 100_000),), {"lines": ["no line"]}, [("E_FORMAT", None, None)]),
        ((("study/two", 100_000),), {"readings": {"study_hour_min": "-45"}}, [("E_FORMAT", None, None)]),
        ((("study/two", 100_000),), {"format": "zaichang-statement@2", "x": "zaichang-statement@1"},
         [("E_FORMAT", None, None)]),
    ],
)  # fmt: skip
def test_a_statement_counts_no_more_than_the_log(
    lines: tuple[tuple[str, int], ...], more: dict[str, Any], found: list[tuple[str, str | None, str | None]]
) -> None:
    assert bad(held(log_of(), statement(*lines, **more))[0]) == found


def test_time_that_was_taken_back_or_voided_is_named_so() -> None:
    log = SmallLog()
    _, segment, final = log.whole("one")
    log.amend("one", segment, delta_ms=-40_000)
    assert bad(held(log.leaves, statement(("study/one", 100_000)))[0]) == [("E_REVOKED", "one", "counted")]
    assert bad(held(log.leaves, statement(("study/one", 60_000)))[0]) == []
    log.void("one", final)
    assert bad(held(log.leaves, statement(("study/one", 1)))[0]) == [("E_REVOKED", "one", "counted")]


def test_a_certificate_states_its_statement_and_its_learner() -> None:
    more = certificate_of(STATED, sums=((Measure.TOTAL, Fraction(90)),))
    log = log_of(issued(more))
    assert bad(held(log, write_proof(proof_of(more, log)), STATED)[0]) == [("E_OPENING", None, "total")]
    certificate = certificate_of(STATED)
    log = log_of(issued(certificate))
    paper, _ = held(log, write_proof(proof_of(certificate, log)), STATED, learners={"two": "learner-18"})
    assert bad(paper) == [("E_OPENING", "two", "learner")]
    second = certificate_of(STATED, learner="learner-18", number="9f3a01bc77d20e42")
    log = log_of(issued(certificate), issued(second))
    papers = [write_proof(proof_of(each, log)) for each in (certificate, second)]
    assert [bad(line) for line in held(log, *papers, STATED)] == [
        [], [("E_DOUBLE", "one", "entry"), ("E_DOUBLE", "two", "entry")], []
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"year": "2025"}, "year"),
        ({"status": Duty.NOT_MET}, "status"),
        ({"facts": "00" * 32}, "facts"),
        ({"rules": replace(CERTIFICATE.rules, version="2020.1")}, "version"),
        ({"rules": replace(CERTIFICATE.rules, digest="00" * 32)}, "rules_digest"),
        ({"rules": replace(CERTIFICATE.rules, name="sc-pharmacist-2025")}, "rules"),
        ({"earned": (Earned(item="study", unit="hour", counted=Fraction(90)),)}, "study"),
        ({"earned": (Earned(item="award", unit="credit", counted=Fraction(5)),)}, "award"),
        ({"sums": ((Measure.TOTAL, Fraction(90)),)}, "total"),
        ({"sums": ((Measure.POST, Fraction(1)),)}, "post"),
    ],
)
def test_each_field_of_a_certificate_is_its_statement_s(changes: dict[str, Any], field: str) -> None:
    certificate = certificate_of(STATED, **changes)
    log = log_of(issued(certificate))
    assert bad(held(log, write_proof(proof_of(certificate, log)), STATED)[0]) == [("E_OPENING", None, field)]


def test_rules_that_are_not_shipped_are_said_not_to_be_compared() -> None:
    (line,) = held(log_of(), STATED, rules=None)
    assert line.result == "pass" and "rules not compared" in {check.check for check in line.checks}


def test_a_file_that_is_no_statement_is_undecided() -> None:
    for data in (b'["zaichang-statement@1"', b'["zaichang-statement@1"]', b'{"format":"zaichang-statement@1","x":1.5}'):
        (line,) = held(log_of(), data)
        assert line.result == "undecided"
