"""Checks a certificate offline: only the keys in ``Trust`` are trusted.

Steps:
  1. the file is in its form                                             ``format``
  2. the checkpoint: log signature, then the quorum of witnesses         ``checkpoint``
  3. the entry is in the log that was signed, and is a certificate's     ``inclusion``, ``leaf``
  4. the document and the name are those that were committed to          ``opening``
  5. the document and the entry agree; the entry is not dated ahead      ``document``, ``time``
  6. who, what, how much, under which rules, seen when                   ``certificate``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from zaichang.audit.certificate.document import name_commitment
from zaichang.audit.certificate.proof import CertificateProof, read_proof
from zaichang.audit.certificate.words import number_text, summary
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.reading.log_entries import read_entries
from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.canonical import CanonicalValue
from zaichang.core.civil import time_text
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash, verify_inclusion
from zaichang.tlog.tiles import CHECKPOINT_PATH
from zaichang.tlog.trust import Trust

NOT_SEEN: Final = "Whether it was replaced or revoked since is not checked: give the log of now with --log."


def verify_certificate(data: bytes, trust: Trust) -> list[Check]:
    """Check the proof of a certificate.

    Args:
        data: The bytes of ``certificate.json``.
        trust: The trusted keys.
    """
    findings = Findings()
    try:
        proof = read_proof(data)
    except EvidenceError as error:
        findings.undecided("format", error.code, error.message, About())
        return findings.checks
    findings.passed("format", About(), f"{len(data)} bytes.")
    try:
        signed = trust.open_checkpoint(proof.checkpoint)
    except EvidenceError as error:
        findings.error("checkpoint", error, About(), field="checkpoint")
        return findings.checks
    checkpoint = signed.checkpoint
    findings.passed("checkpoint", About(origin=checkpoint.origin), f"Size {checkpoint.size}.")
    about = About(origin=checkpoint.origin, index=proof.index)
    try:
        verify_inclusion(leaf_hash(proof.leaf), proof.index, checkpoint.size, proof.proof, checkpoint.root)
        findings.passed("inclusion", about)
    except EvidenceError as error:
        findings.error("inclusion", error, about, field="leaf, index or proof")
    try:
        leaf = parse_leaf(proof.leaf)
    except EvidenceError as error:
        findings.error("leaf", error, about, field="leaf")
        return findings.checks
    seen_s = trust.witness_time_s(signed)
    if _entry_fits(findings, about, proof, leaf, checkpoint.origin) and _opens(findings, about, proof, leaf):
        _dated(findings, about, leaf, seen_s)
        if not any(check.code for check in findings.checks):
            said = summary(proof)
            when = "no witness" if seen_s is None else f"seen by a witness at {time_text(seen_s * 1000)} (UTC+8)"
            message = f"{said.zh} {said.en} Number {number_text(proof.certificate.number)}, {when}."
            findings.passed("certificate", about, message)
    return findings.checks


def _entry_fits(
    findings: Findings, about: About, proof: CertificateProof, leaf: Mapping[str, CanonicalValue], origin: str
) -> bool:
    document, before = proof.certificate, len(findings.checks)
    message = "The entry is none of a certificate that was issued."
    findings.equal("leaf", "E_SCHEMA", about, "t", LeafKind.CERTIFICATE.value, leaf["t"], message)
    wanted = "replace" if document.replaces else "issue"
    if leaf["t"] == LeafKind.CERTIFICATE:
        findings.equal("leaf", "E_SCHEMA", about, "action", wanted, leaf["action"], message)
    for name, expected, got in (
        ("origin", origin, leaf["origin"]),
        ("document.origin", origin, document.origin),
        ("document.issued_ms", leaf["at"], document.issued_ms),
    ):
        findings.equal("document", "E_ORIGIN", about, name, expected, got, "Document, entry and log do not agree.")
    return len(findings.checks) == before


def _opens(findings: Findings, about: About, proof: CertificateProof, leaf: Mapping[str, CanonicalValue]) -> bool:
    document = proof.certificate
    message = "The certificate does not say what was committed to when it was issued."
    opened = document.commitment(proof.salt).hex()
    whole = findings.equal("opening", "E_OPENING", about, "document", leaf["cert_c"], opened, message)
    if document.name_c and not proof.name:
        findings.passed("name not opened", about, "A name was given when it was issued; this copy does not show it.")
    elif proof.name:
        message = "The name is not the one that was given when the certificate was issued."
        opened = name_commitment(proof.name, proof.name_salt).hex()
        whole &= findings.equal("opening", "E_OPENING", about, "name", document.name_c, opened, message)
    if whole:
        findings.passed("opening", about)
    return whole


def _dated(findings: Findings, about: About, leaf: Mapping[str, CanonicalValue], seen_s: int | None) -> None:
    at = leaf["at"]
    if seen_s is not None and isinstance(at, int) and at > seen_s * 1000 + SKEW_MS:
        message = "The entry is dated after a witness had seen it."
        expected = f"<= {seen_s * 1000}"
        findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=expected, got=at)


def changed_since(data: bytes, read: Callable[[str], bytes | None] | None, trust: Trust) -> list[Check]:
    """Return the checks of a newer state of the log: whether the certificate still stands in it.

    Args:
        data: The bytes of ``certificate.json``, which ``verify_certificate`` checks by itself.
        read: Reads the files of the newer log; None where none was given, which is told.
        trust: The trusted keys.
    """
    findings = Findings()
    try:
        proof = read_proof(data)
        then = trust.open_checkpoint(proof.checkpoint).checkpoint
    except EvidenceError:
        return []  # the file's own check names it
    about = About(origin=then.origin, index=proof.index)
    if read is None:
        findings.passed("later not checked", about, NOT_SEEN)
        return findings.checks
    checks = scan_log(read, trust, ScanOptions(deep=False), [proof.checkpoint])
    if any(check.code for check in checks):
        return checks
    newest = trust.open_checkpoint(read(CHECKPOINT_PATH) or b"").checkpoint
    if newest.origin != then.origin or newest.size < then.size:
        message = f"This is not a newer state of {then.origin}."
        findings.undecided("later", "E_ORIGIN", message, about, field="origin")
        return checks + findings.checks
    target = leaf_hash(proof.leaf).hex()
    change = _change_of(read, newest.size, proof.index, target)
    if change is None:
        message = f"It stands: neither replaced nor revoked up to size {newest.size}."
        findings.passed("later", about, message)
    else:
        index, leaf = change
        what = "replaced by a later one" if leaf["action"] == "replace" else f"revoked ({leaf['reason']})"
        message = f"The certificate was {what} on {time_text(_number(leaf['at']))} (UTC+8), by entry {index}."
        findings.failed("later", "E_CERTIFICATE", message, about)
    return checks + findings.checks


def _change_of(
    read: Callable[[str], bytes | None], size: int, index: int, target_hash: str
) -> tuple[int, dict[str, CanonicalValue]] | None:
    """Return the last entry that replaces or revokes the certificate at an index, with its own index."""
    found, at = None, 0
    for entries in read_entries(read, size):
        for data in entries:
            # Most entries are of sessions: only those that can name a certificate are parsed.
            if at > index and b'"t":"certificate"' in data and target_hash.encode() in data:
                leaf = parse_leaf(data)
                if leaf["t"] == LeafKind.CERTIFICATE and leaf.get("target_hash") == target_hash:
                    found = (at, leaf)
            at += 1
    return found


def _number(value: CanonicalValue) -> int:
    return value if isinstance(value, int) else 0
