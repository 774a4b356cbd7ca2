"""``zaichang trust``: two people sign, a third party takes it over, and it ends."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from support.dripping import dripping
from support.evidence_bundle import SIGNER, sample
from support.hook import serving
from support.signed_trust import ceremony, draft, prepare, said, sign, update
from zaichang.cli import main
from zaichang.cli.evidence import trust as command
from zaichang.cli.evidence import trust_signing


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    return prepare(tmp_path, capsys)


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
    future_ms = trust_signing.now_ms() + 92 * 86_400_000
    monkeypatch.setattr(command, "now_ms", lambda: future_ms)
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


def test_an_update_comes_from_an_address_and_only_a_newer_one(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def signed(serial: int) -> None:
        typed = f"{draft(place, capsys, serial)[:16]}\n" * 2
        assert ceremony(place, typed, monkeypatch, 1, 2, serial=serial) == 0

    def fetched(url: str, deadline_s: str = "120") -> int:
        into = ["--roots", str(place / "roots"), "--into", str(place / "trust"), "--deadline-s", deadline_s]
        return main(["trust", "update", url, *into])

    signed(5)
    assert fetched((place / "signed").as_uri()) == 0
    with dripping() as slow:
        assert fetched(f"{slow}/trust", "0.3") != 0, "the deadline is for the whole answer"
    assert "trust.source" in capsys.readouterr().err
    signed(6)
    with serving({"/a b/trust?x=1": (place / "signed").read_bytes(), "/big": bytes(2_000_000)}) as url:
        assert fetched(f"{url}/a%20b/trust?x=1") == 0
        assert fetched(f"{url}/none") != 0 and fetched(f"{url}/big") != 0
    assert "serial 6" in (place / "trust").read_text()
    assert fetched("ftp://example.org/trust") != 0 and fetched("https:///trust") != 0
    signed(5)
    assert fetched(str(place / "signed")) == 1, "an older one"
    (place / "lines").write_text(f"log {SIGNER.vkey}\n# another text\nquorum none\n")
    signed(6)
    capsys.readouterr()
    assert fetched(str(place / "signed")) == 1, "another one of the same number"
    assert "Two texts of serial 6" in capsys.readouterr().err
