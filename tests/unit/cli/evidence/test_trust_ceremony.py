"""``zaichang trust ceremony``: two people sign in one sitting, or nothing is written."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from support.signed_trust import ceremony, draft, prepare, said, update
from zaichang.cli.evidence.trust_ceremony import _signer


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    return prepare(tmp_path, capsys)


def test_two_people_sign_in_one_sitting_and_the_protocol_is_written(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = draft(place, capsys, serial=5)
    typed = f"{digest[:16]}\n"
    assert ceremony(place, typed, monkeypatch, 1) == 1, "one person is no ceremony"
    assert ceremony(place, typed + "0123456789abcdef\n", monkeypatch, 1, 2) == 1, "another copy"
    assert ceremony(place, typed, monkeypatch, 1, 2) == 1, "the second person typed nothing"
    assert ceremony(place, typed * 2, monkeypatch, 1, 1) == 1, "one person signs once"
    assert not (place / "signed").exists() and not (place / "protocol").exists()
    assert ceremony(place, typed * 2, monkeypatch, 1, 2) == 0
    written = (place / "protocol").read_text(encoding="utf-8")
    assert digest in written and "still needed: 0" in written and written.count("签字 signature") == 2
    assert written.splitlines()[0] in said(capsys)
    assert update(place, "signed") == 0


def test_a_signer_is_a_name_and_a_file() -> None:
    assert _signer("root-1.example.org=a=b") == ("root-1.example.org", Path("a=b"))
    for text in ("root-1.example.org", "=key", "name="):
        with pytest.raises(ArgumentTypeError):
            _signer(text)
