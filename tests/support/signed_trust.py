"""A folder with root keys, and the commands of a signing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from support.evidence_bundle import SIGNER
from zaichang.cli import main


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def prepare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a folder with two root keys, the pinned roots, the lines of a trust file and a draft."""
    roots = ["threshold 2"]
    for n in (1, 2):
        assert main(["trust", "key", "--name", f"root-{n}.example.org", "--key", str(tmp_path / f"key-{n}")]) == 0
        roots.append(said(capsys).strip())
    (tmp_path / "roots").write_text("\n".join(roots) + "\n")
    (tmp_path / "lines").write_text(f"log {SIGNER.vkey}\nquorum none\n")
    return tmp_path


def draft(place: Path, capsys: pytest.CaptureFixture[str], serial: int = 1) -> str:
    options = ["--serial", str(serial), "--lines", str(place / "lines"), "--roots", str(place / "roots")]
    assert main(["trust", "draft", "--name", "regulator.example", *options, "--out", str(place / "draft")]) == 0
    return said(capsys).strip()[-64:]


def sign(place: Path, n: int, digest: str, source: str, out: str) -> int:
    key = ["--name", f"root-{n}.example.org", "--key", str(place / f"key-{n}")]
    return main(["trust", "sign", str(place / source), *key, "--digest", digest, "--out", str(place / out)])


def update(place: Path, name: str) -> int:
    pinned = ["--roots", str(place / "roots")]
    return main(["trust", "update", str(place / name), *pinned, "--into", str(place / "trust")])


def ceremony(place: Path, typed: str, monkeypatch: pytest.MonkeyPatch, *signers: int, serial: int = 5) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    options = ["--serial", str(serial), "--lines", str(place / "lines"), "--roots", str(place / "roots")]
    who = [part for n in signers for part in ("--signer", f"root-{n}.example.org={place / f'key-{n}'}")]
    files = ["--protocol", str(place / "protocol"), "--out", str(place / "signed")]
    return main(["trust", "ceremony", "--name", "regulator.example", *options, *who, *files])
