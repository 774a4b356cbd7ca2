"""A signature is added to a text that the signer knows, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.cli.evidence.trust_signing import add_signature, digest, write
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import format_note

KEYS = [Ed25519Signer(f"root-{n}.example.org", bytes([n]) * 32) for n in (1, 2, 3)]
TEXT = (
    "zaichang-trust@v1\nname regulator.example\nserial 1\nissued 2026-11-01\nexpires 2026-12-01\nthreshold 2\n"
    + "".join(f"root {key.vkey}\n" for key in KEYS[:2])
    + f"\nlog {KEYS[2].vkey}\nquorum none\n"
).encode()


def test_two_keys_sign_one_text(capsys: pytest.CaptureFixture[str]) -> None:
    first = add_signature(TEXT, digest(TEXT)[:16].upper(), KEYS[0])
    second = add_signature(format_note(first.text, first.signatures), digest(TEXT), KEYS[1])
    assert [entry.name for entry in second.signatures] == [key.name for key in KEYS[:2]]
    assert second.text == TEXT and capsys.readouterr().err == ""
    add_signature(TEXT, digest(TEXT), KEYS[2])
    assert "not among the roots" in capsys.readouterr().err


@pytest.mark.parametrize("digits", ["", "0" * 16, digest(TEXT)[:15]])
def test_another_text_is_not_signed(digits: str) -> None:
    with pytest.raises(EvidenceError, match="not the text of your copy"):
        add_signature(TEXT, digits, KEYS[0])


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"trust\.not_writable"):
        write(tmp_path / "none" / "file", b"")
