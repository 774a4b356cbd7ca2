"""A certificate of hours with its entry in a small signed log, and changes of both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from support.small_logs import Files, files_of, session_leaves
from zaichang.adapters.pdf.font import FontCuts
from zaichang.audit.certificate.document import Certificate, Earned, RulesRef, name_commitment
from zaichang.audit.certificate.page import Drawing
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.core.enums import LeafKind
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Flag, Status
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.leaf import record
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash

SALT, NAME_SALT = bytes(range(32)), bytes(range(32, 64))
NAME = "欧阳㛃"
ISSUED_MS = AT_MS + 3_600_000_000
RULES = RulesRef(
    name="cq-pharmacist-2025",
    version="2026.1",
    digest="ab" * 32,
    zh="重庆市执业药师继续教育学时（2025）",
    en="Hours of Chongqing licensed pharmacists (2025)",
    basis="渝药监〔2025〕10号《重庆市实施〈执业药师继续教育暂行规定〉办法》",
)
CERTIFICATE = Certificate(
    number="9f3a01bc77d20e41",
    origin=ORIGIN,
    institution="college",
    institution_zh="重庆某某继续教育学院",
    institution_en="A College of Continuing Education",
    learner="learner-17",
    year="2026",
    from_day="2026-01-01",
    to_day="2026-12-31",
    rules=RULES,
    unit="hour",
    status=Status.MET,
    sums=(
        (Measure.TOTAL, Fraction(185, 2)),
        (Measure.PROFESSIONAL, Fraction(187, 3)),
        (Measure.PUBLIC, Fraction(181, 6)),
    ),
    needs=((Measure.TOTAL, Fraction(90)), (Measure.PROFESSIONAL, Fraction(60))),
    earned=(
        Earned(item="study", unit="hour", counted=Fraction(173, 2)),
        Earned(item="face_to_face", unit="hour", counted=Fraction(6)),
    ),
    facts="cd" * 32,
    statement="ef" * 32,
    issued_ms=ISSUED_MS,
    name_c=name_commitment(NAME, NAME_SALT).hex(),
    flags=(Flag.OVERLAP_NOT_CHECKED,),
)


def issued(certificate: Certificate = CERTIFICATE, **changes: Any) -> bytes:
    """Return the entry of a certificate's issue."""
    fields: dict[str, Any] = {"action": "issue", "cert_c": certificate.commitment(SALT)}
    return record(LeafKind.CERTIFICATE, certificate.origin, certificate.issued_ms, **{**fields, **changes})


def logged(leaves: list[bytes]) -> list[bytes]:
    """Return a log of one session, then these leaves."""
    return [*session_leaves(1), *leaves]


def proved(
    leaf: bytes, certificate: Certificate = CERTIFICATE, later: tuple[bytes, ...] = (), **changes: Any
) -> CertificateProof:
    """Return the proof of a certificate whose entry is this leaf, in a log that ends with it and ``later``."""
    leaves = logged([leaf, *later])
    hashes = [leaf_hash(each) for each in leaves]
    index = leaves.index(leaf)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(leaves), root=root_hash(hashes)), [SIGNER])
    proof = CertificateProof(
        certificate=certificate,
        salt=SALT,
        checkpoint=note,
        index=index,
        leaf=leaf,
        proof=tuple(inclusion_proof(hashes, index)),
        name=NAME if certificate.name_c else "",
        name_salt=NAME_SALT if certificate.name_c else b"",
    )
    return replace(proof, **changes)


PROOF = proved(issued())


def ended(target: CertificateProof = PROOF, action: str = "revoke", **changes: Any) -> bytes:
    """Return an entry that revokes or replaces a certificate."""
    fields: dict[str, Any] = {"action": action, "cert_c": bytes(32), "target": target.index}
    fields |= {"target_hash": leaf_hash(target.leaf)} | ({"reason": "REVOKED_ERROR"} if action == "revoke" else {})
    return record(LeafKind.CERTIFICATE, ORIGIN, ISSUED_MS + 60_000, **{**fields, **changes})


def newer(*later: bytes) -> Files:
    """Return the files of the log with further entries."""
    return files_of(logged([issued(), *later]))


@cache
def fonts() -> FontCuts:
    """Return the font's cuts, which the tests of a process share."""
    from zaichang.adapters.pdf.font import read_font

    return FontCuts(read_font())


@cache
def drawn(proof: CertificateProof = PROOF) -> bytes:
    """Return the PDF of a proof; drawn once in a process, since the same proof gives the same bytes."""
    from zaichang.adapters.pdf.page import draw

    return draw(proof, fonts())


def drawing() -> Drawing:
    """Return the drawing of certificates."""
    from zaichang.adapters.pdf.font import versions

    return Drawing(draw=drawn, versions=versions())
