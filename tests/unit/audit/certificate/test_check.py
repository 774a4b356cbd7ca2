"""A certificate is checked against the log that was signed, and against a newer state of it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from support.certificates import CERTIFICATE, ISSUED_MS, NAME_SALT, PROOF, ended, issued, newer, proved
from support.evidence_bundle import ORIGIN, SIGNER
from support.small_logs import files_of, session_leaves
from zaichang.audit.certificate.check import changed_since, verify_certificate
from zaichang.audit.certificate.document import name_commitment
from zaichang.audit.certificate.proof import CertificateProof, write_proof
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.ledger.rules import Measure
from zaichang.tlog.keys import Ed25519Cosigner
from zaichang.tlog.leaf import record
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.trust import parse_trust, trust_log

TRUST = trust_log(SIGNER.vkey)
DATA = write_proof(PROOF)


def bad(checks: list[Check]) -> set[tuple[str, str | None]]:
    return {(check.check, check.code) for check in checks if check.status is not Status.PASS}


def found(proof: CertificateProof) -> set[tuple[str, str | None]]:
    return bad(verify_certificate(write_proof(proof), TRUST))


def test_a_certificate_passes_and_says_who_what_and_under_which_rules() -> None:
    checks = verify_certificate(DATA, TRUST)
    assert exit_code(checks) == 0
    [said] = [check.message for check in checks if check.check == "certificate"]
    for part in ("欧阳㛃（learner-17）", "总计 92.5 学时", "渝药监〔2025〕10号", "9F3A-01BC-77D2-0E41", "no witness"):
        assert part in said


def test_a_copy_without_the_name_says_that_one_was_given() -> None:
    checks = verify_certificate(write_proof(replace(PROOF, name="", name_salt=b"")), TRUST)
    assert exit_code(checks) == 0 and "name not opened" in {check.check for check in checks}


MORE = replace(CERTIFICATE, sums=((Measure.TOTAL, Fraction(99)),))
ALTERED: dict[str, tuple[CertificateProof, tuple[str, str]]] = {
    "more hours": (replace(PROOF, certificate=MORE), ("opening", "E_OPENING")),
    "another learner": (replace(PROOF, certificate=replace(CERTIFICATE, learner="l")), ("opening", "E_OPENING")),
    "another year": (replace(PROOF, certificate=replace(CERTIFICATE, year="2025")), ("opening", "E_OPENING")),
    "another name": (replace(PROOF, name="李四"), ("opening", "E_OPENING")),
    "another name with its own commitment": (
        replace(PROOF, name="李四", certificate=replace(CERTIFICATE, name_c=name_commitment("李四", NAME_SALT).hex())),
        ("opening", "E_OPENING"),
    ),
    "a name where none was given": (
        proved(
            issued(replace(CERTIFICATE, name_c="")), replace(CERTIFICATE, name_c=""), name="李四", name_salt=bytes(32)
        ),
        ("opening", "E_OPENING"),
    ),
    "another salt": (replace(PROOF, salt=bytes(32)), ("opening", "E_OPENING")),
    "another index": (replace(PROOF, index=4), ("inclusion", "E_INCLUSION")),
    "a shorter proof": (replace(PROOF, proof=PROOF.proof[:-1]), ("inclusion", "E_INCLUSION")),
    "an own entry": (
        replace(PROOF, certificate=MORE, leaf=issued(MORE)),
        ("inclusion", "E_INCLUSION"),
    ),
    "no entry": (replace(PROOF, leaf=b"{}"), ("leaf", "E_SCHEMA")),
    "another date": (replace(PROOF, certificate=replace(CERTIFICATE, issued_ms=1)), ("document", "E_ORIGIN")),
    "another log's document": (
        replace(PROOF, certificate=replace(CERTIFICATE, origin="other.example.org/x/2026")),
        ("document", "E_ORIGIN"),
    ),
    "an entry of another kind": (
        proved(record(LeafKind.POLICY, ORIGIN, ISSUED_MS, name="p", digest=bytes(32))),
        ("leaf", "E_SCHEMA"),
    ),
    "a revocation as a certificate": (proved(ended()), ("leaf", "E_SCHEMA")),
    "a replacement as an issue": (proved(ended(action="replace")), ("leaf", "E_SCHEMA")),
    "a checkpoint of another key": (
        replace(PROOF, checkpoint=PROOF.checkpoint.replace(b"\xe2\x80\x94 ", b"\xe2\x80\x94 x")),
        ("checkpoint", "E_NOTE_SIG"),
    ),
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_alteration_is_found(name: str) -> None:
    proof, expected = ALTERED[name]
    assert expected in found(proof)
    assert "certificate" not in {check.check for check in verify_certificate(write_proof(proof), TRUST)}


def test_a_damaged_file_is_undecided() -> None:
    for data in (b"", b"{}", DATA[:-1], canonical_bytes({"format": "zaichang-certificate@v1"})):
        assert exit_code(verify_certificate(data, TRUST)) == 2
        assert changed_since(data, None, TRUST) == []


def test_a_replacement_names_the_certificate_in_whose_place_it_stands() -> None:
    later = replace(CERTIFICATE, replaces="00112233445566aa")
    leaf = issued(later, action="replace", target=5, target_hash=leaf_hash(PROOF.leaf))
    assert found(proved(leaf, later)) == set()
    assert ("leaf", "E_SCHEMA") in found(proved(issued(later), later)), "the entry does not say that it replaces one"


def cosigned(at_s: int) -> tuple[bytes, Any]:
    witness = Ed25519Cosigner("witness.example.org/w", b"\x03" * 32)
    parsed = parse_note(PROOF.checkpoint)
    line = cosign_note(parsed.text, witness, at_s)
    note = format_note(parsed.text, (*parsed.signatures, line))
    text = f"log {SIGNER.vkey}\nwitness w {witness.vkey}\ngroup all all w\nquorum all\n"
    return note, parse_trust(text.encode())


def test_the_time_of_a_witness_is_told_and_an_entry_dated_after_it_found() -> None:
    note, trust = cosigned(ISSUED_MS // 1000 + 60)
    [said] = [
        check.message
        for check in verify_certificate(write_proof(replace(PROOF, checkpoint=note)), trust)
        if check.check == "certificate"
    ]
    assert "seen by a witness at 20" in said
    note, trust = cosigned((ISSUED_MS - SKEW_MS) // 1000 - 60)
    assert bad(verify_certificate(write_proof(replace(PROOF, checkpoint=note)), trust)) == {("time", "E_TIME_LATE")}


def test_a_certificate_stands_until_the_newer_log_says_otherwise() -> None:
    assert "later not checked" in {check.check for check in changed_since(DATA, None, TRUST)}
    stands = changed_since(DATA, newer(*session_leaves(2)[5:]).get, TRUST)
    assert exit_code(stands) == 0 and "neither replaced nor revoked up to size 11" in stands[-1].message
    revoked = changed_since(DATA, newer(ended()).get, TRUST)
    assert bad(revoked) == {("later", "E_CERTIFICATE")} and "revoked (REVOKED_ERROR)" in revoked[-1].message
    replaced = changed_since(DATA, newer(ended(action="replace")).get, TRUST)
    assert "replaced by a later one" in replaced[-1].message
    both = changed_since(DATA, newer(ended(action="replace"), ended()).get, TRUST)
    assert "by entry 7" in both[-1].message


def test_an_end_of_another_certificate_changes_nothing() -> None:
    other = ended(target_hash=bytes(32))
    assert exit_code(changed_since(DATA, newer(other).get, TRUST)) == 0


def test_another_log_or_an_older_state_is_no_answer() -> None:
    assert ("later", "E_ORIGIN") in bad(changed_since(DATA, files_of(session_leaves(1)).get, TRUST)) or (
        "consistency" in {check for check, _ in bad(changed_since(DATA, files_of(session_leaves(1)).get, TRUST))}
    )
    forked = newer(ended())
    forked["checkpoint"] = files_of([*session_leaves(1), *session_leaves(2)[5:]])["checkpoint"]
    assert exit_code(changed_since(DATA, forked.get, TRUST)) == 1


def test_the_file_is_json_that_a_person_can_read() -> None:
    assert json.loads(DATA)["document"]["rules"]["basis"].startswith("渝药监")
