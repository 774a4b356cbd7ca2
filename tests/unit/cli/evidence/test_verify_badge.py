"""``zaichang verify`` on a badge: with its certificate and its status list."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from support.certificates import CERTIFICATE, SALT, issued, proved
from support.evidence_bundle import SIGNER as LOG
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.certificate.status_list import list_claims, status_entry
from zaichang.cli import main
from zaichang.hours.badges import BadgeSigner

SIGNER, URL = BadgeSigner(SALT), "https://hours.example/v1/status-lists/inst/0"


def test_a_badge_is_checked_with_the_files_that_are_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificate = replace(CERTIFICATE, badge_key=SIGNER.public_key)
    proof = proved(issued(certificate), certificate, name="", name_salt=b"")
    badge, cert, listed = (tmp_path / name for name in ("x.badge.jwt", "x.json", "list.jwt"))
    badge.write_text(SIGNER.badge(proof, status_entry(URL, 5)))
    cert.write_bytes(write_proof(proof))
    command = ["verify", str(badge), "--log-key", LOG.vkey]
    assert main(command) == 2
    assert main([*command, "--certificate", str(cert)]) == 0
    assert "status not checked" in capsys.readouterr().out
    now_ms = time.time_ns() // 1_000_000
    for at_ms, ended, code in ((0, (), 2), (now_ms, (), 0), (now_ms, (5,), 1)):
        listed.write_text(SIGNER.sign(list_claims(URL, SIGNER.did, ended, at_ms)))
        assert main([*command, "--certificate", str(cert), "--status-list", str(listed)]) == code
    said = capsys.readouterr().out
    assert "lapsed" in said and "stands by the status list" in said and "revoked or replaced" in said
    assert main([*command, "--certificate", str(tmp_path / "none")]) == 2
    assert main(["verify", str(cert), "--log-key", LOG.vkey, "--certificate", str(cert)]) == 2
    assert "verify.not_a_badge" in capsys.readouterr().err
