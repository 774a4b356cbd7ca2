"""``zaichang verify --tsa`` and a mirror, with stamps of a true authority."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.log_faults import SIGNER, grow
from support.log_media import PosixMedium
from support.time_stamps import LocalAuthority
from zaichang.audit.whole.stamps import Stamp, stamp_line
from zaichang.cli import main
from zaichang.cli.evidence.stamp_roots import stamped_ms_of
from zaichang.ports.log.side_files import SideFile


def test_stamps_travel_with_a_mirror_and_are_checked_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = LocalAuthority.make(tmp_path / "tsa")
    log, copy = PosixMedium(tmp_path / "log"), tmp_path / "copy"
    grow(log, 5)
    note = log.place.published.get("checkpoint") or b""
    line = stamp_line(Stamp(note=note, response=authority.stamp(note)))
    log.place.side_files.append_line(SideFile.TIMESTAMPS, line)
    (tmp_path / "trust").write_text(f"log {SIGNER.vkey}\nquorum none\n")
    trust = ["--trust", str(tmp_path / "trust")]
    for _ in range(2):
        assert main(["log", "mirror", str(log.root), "--into", str(copy), *trust]) == 0
    assert (copy / "public" / "checkpoint.timestamps").read_bytes() == line
    capsys.readouterr()
    assert main(["verify", str(copy), *trust, "--tsa", str(authority.root)]) == 0
    assert "stamp: log hours.example.org" in (said := capsys.readouterr().out) and "1 time stamps, from 2" in said
    assert main(["verify", str(copy), *trust]) == 0
    assert "1 time stamps are not checked" in capsys.readouterr().out
    assert main(["verify", str(copy), *trust, "--tsa", str(tmp_path / "trust")]) == 3
    assert stamped_ms_of(None) is None
