"""A badge passes with its own certificate and a status list of now, and with nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.certificates import CERTIFICATE, ISSUED_MS, PROOF, SALT, drawn, ended, issued, logged, proved
from support.evidence_bundle import SIGNER as LOG
from support.small_logs import files_of
from zaichang.audit.certificate.badge_check import BadgeFiles, verify_badge
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.certificate.status_list import list_claims, status_entry
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.source import verify_path
from zaichang.core.passkeys import base64url, from_base64url
from zaichang.hours.badges import BadgeSigner
from zaichang.tlog.trust import trust_log

SIGNER, OTHER = BadgeSigner(SALT), BadgeSigner(bytes(32))
URL, PLACE = "https://hours.example/v1/status-lists/inst/0", 4_711
NOW_S = ISSUED_MS // 1000 + 3_600
TRUST = replace(trust_log(LOG.vkey), now_s=NOW_S)
NAMED = replace(CERTIFICATE, badge_key=SIGNER.public_key)
ISSUED = proved(issued(NAMED), NAMED)
BARE = replace(ISSUED, name="", name_salt=b"")
ENTRY = status_entry(URL, PLACE)
BADGE = SIGNER.badge(BARE, ENTRY).encode()
CERT = write_proof(ISSUED)


def status_list(*places: int, signer: BadgeSigner = SIGNER, url: str = URL, at_ms: int = NOW_S * 1000) -> bytes:
    return signer.sign(list_claims(url, signer.did, places, at_ms)).encode()


def checked(data: bytes = BADGE, **files: bytes) -> list[Check]:
    return verify_badge(data, BadgeFiles(**{"certificate": CERT, **files}), TRUST)


def last(checks: list[Check]) -> tuple[str, Status, str | None]:
    return checks[-1].check, checks[-1].status, checks[-1].code


def test_a_badge_passes_with_its_certificate_and_the_list_of_now() -> None:
    checks = checked(status_list=status_list(1, 2))
    assert exit_code(checks) == 0
    assert [check.check for check in checks][-2:] == ["badge", "status"]
    assert "certificate" in {check.check for check in checks}
    assert last(checked()) == ("status not checked", Status.PASS, None)
    old = SIGNER.badge(BARE).encode()
    assert "ask the log" in checked(old)[-1].message


def test_a_revoked_certificate_s_badge_is_refused() -> None:
    assert last(checked(status_list=status_list(PLACE))) == ("status", Status.FAIL, "E_CERTIFICATE")


def test_without_its_certificate_or_with_another_s_a_badge_is_not_believed() -> None:
    assert last(checked(certificate=b"")) == ("badge", Status.UNDECIDED, "E_BADGE")
    assert last(checked(certificate=write_proof(PROOF))) == ("badge signature", Status.FAIL, "E_BADGE")
    forged = write_proof(ISSUED).replace(SIGNER.public_key.encode(), OTHER.public_key.encode())
    assert last(checked(OTHER.badge(replace(BARE, certificate=replace(NAMED, badge_key=OTHER.public_key))).encode(),
                        certificate=forged))[2] == "E_OPENING"  # fmt: skip


def altered(**changes: Any) -> bytes:
    """Return the badge signed by its own key with other claims."""
    claims = json.loads(from_base64url(BADGE.split(b".")[1].decode()))
    return SIGNER.sign({**claims, **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    ({"name": "x"}, {"evil": 1}, {"credentialStatus": "x"}, {"nbf": 0}, {"issuer": {"id": "did:key:z"}},
     {"credentialSubject": {}}),
)  # fmt: skip
def test_a_badge_that_says_more_or_else_than_its_certificate_is_found(changes: dict[str, Any]) -> None:
    [*_, found] = checked(altered(**changes))
    assert (found.check, found.status, found.code) == ("badge", Status.FAIL, "E_BADGE")
    assert next(iter(changes)) in found.message


@pytest.mark.parametrize(
    "data",
    (
        status_list(PLACE, signer=OTHER),
        status_list(url=f"{URL}1"),
        status_list(at_ms=(NOW_S - 8 * 86_400) * 1000),
        status_list(at_ms=(NOW_S + 86_400) * 1000),
        BADGE,
        b"eyJ.x.y",
    ),
)
def test_a_list_that_is_not_the_badge_s_of_now_decides_nothing(data: bytes) -> None:
    name, status, code = last(checked(status_list=data))
    assert (name, status) == ("status", Status.UNDECIDED) and code in ("E_BADGE", "E_FORMAT")


@pytest.mark.parametrize("place", ("", "x", None, "-1", "131072"))
def test_a_place_that_is_none_decides_nothing(place: str | None) -> None:
    badge = SIGNER.badge(BARE, {**ENTRY, "statusListIndex": place}).encode()
    assert last(checked(badge, status_list=status_list()))[:2] == ("status", Status.UNDECIDED)


def test_what_is_no_badge_is_no_badge() -> None:
    _, body, signature = BADGE.split(b".")
    unsigned = base64url(b'{"alg":"none"}').encode()
    tokens = (b"eyJ", b"eyJ.eyJ.eyJ", b".".join((unsigned, body, signature)), BADGE + b".x", b"eyJ" + bytes(200_000))
    for data in (*tokens, status_list()):
        assert last(checked(data)) == ("badge format", Status.UNDECIDED, "E_FORMAT")
    assert last(checked(certificate=b"%PDF-1.7"))[2] == "E_FORMAT"


def test_the_command_s_door_takes_a_pdf_as_certificate_and_the_log_of_now(tmp_path: Path) -> None:
    path = tmp_path / "x.badge.jwt"
    path.write_bytes(BADGE)
    files = BadgeFiles(certificate=drawn(ISSUED))
    assert exit_code(verify_path(path, TRUST, badge_files=files)) == 0
    assert exit_code(verify_path(path, TRUST)) == 2
    for name, data in files_of(logged([issued(NAMED), ended(ISSUED)])).items():
        (tmp_path / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "log" / name).write_bytes(data)
    checks = verify_path(path, TRUST, badge_files=files, newer=tmp_path / "log")
    assert last(checks) == ("later", Status.FAIL, "E_CERTIFICATE")
