"""``zaichang trust``: two people sign, a third party takes it over, and it ends."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from support.evidence_bundle import SIGNER, sample
from zaichang.cli import main
from zaichang.cli.evidence import trust as command


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with two root keys, the pinned roots, the lines of a trust file and a draft."""
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


def test_two_people_sign_and_a_reader_takes_it_over(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = draft(place, capsys)
    assert sign(place, 1, digest[:16], "draft", "signed-1") == 0
    protocol = said(capsys)
    for part in (digest, "签字 signature", "still needed: 1", SIGNER.vkey):
        assert part in protocol
    assert update(place, "signed-1") == 1, "one person alone changes nothing"
    assert not (place / "trust").exists()
    assert sign(place, 1, digest, "signed-1", "again") == 1, "one person signs once"
    assert sign(place, 2, "0" * 64, "signed-1", "signed-2") == 1, "another text than that of the second person's copy"
    assert sign(place, 2, digest, "signed-1", "signed-2") == 0
    assert update(place, "signed-2") == 0
    capsys.readouterr()
    assert main(["trust", "show", str(place / "signed-2"), "--roots", str(place / "roots")]) == 0
    assert f"log {SIGNER.vkey}" in said(capsys)
    bundle = place / "bundle"
    bundle.write_bytes(sample().data)
    verify = ["verify", str(bundle), "--trust", str(place / "trust"), "--no-replay"]
    assert main(verify) == 0
    later = draft(place, capsys, serial=2)
    assert sign(place, 1, later, "draft", "newer-1") == 0 and sign(place, 2, later, "newer-1", "newer-2") == 0
    assert update(place, "newer-2") == 0
    assert update(place, "signed-2") == 1, "an older one is not taken back"
    future_ms = command._now_ms() + 92 * 86_400_000
    monkeypatch.setattr(command, "_now_ms", lambda: future_ms)
    assert update(place, "newer-2") == 1
    monkeypatch.setattr("time.time", lambda: datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC).timestamp())
    capsys.readouterr()
    assert main(verify) == 2
    assert "E_EXPIRED" in said(capsys)


def test_new_roots_are_pinned(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", "key", "--name", "root-3.example.org", "--key", str(place / "key-3")]) == 0
    third = said(capsys).strip()
    pinned = (place / "roots").read_text()
    following = "\n".join(["threshold 2", pinned.splitlines()[2], third]) + "\n"
    (place / "roots").write_text(following)
    digest = draft(place, capsys)
    (place / "roots").write_text(pinned)
    assert sign(place, 1, digest, "draft", "signed-1") == 0
    assert "not among the roots of this text" in capsys.readouterr().err
    assert sign(place, 2, digest, "signed-1", "signed-2") == 0
    assert update(place, "signed-2") == 0
    assert (place / "roots").read_text() == following
    pinned_now = ["--roots", str(place / "roots")]
    assert main(["trust", "update", str(place / "signed-2"), *pinned_now, "--into", "/no/where"]) != 0
