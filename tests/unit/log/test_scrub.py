"""The scrub: a shard a night, and a damaged entry is named."""

from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.cli import main
from zaichang.log.reader import LogReader
from zaichang.log.scrub import NIGHTS, Scrub, scrub_bundles
from zaichang.log.writer import LogWriter

BUNDLES = 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "log/inst-1/2026"
    place.mkdir(parents=True)
    writer = LogWriter(ORIGIN, [SIGNER], PosixLogStore(place), SqliteHeadStore(place / "head"), lambda: 1)
    writer.recover()
    writer.commit([(("s", n), b"leaf %d" % n) for n in range(256 * BUNDLES + 9)])
    writer.close()
    (place / "vkey").write_text(SIGNER.vkey)
    return place


def damage(root: Path) -> None:
    path = root / "public/tile/entries/017"
    path.write_bytes(path.read_bytes().replace(b"leaf 4360", b"leaf 4363"))


def test_a_whole_log_passes_by_in_a_month_of_nights(root: Path) -> None:
    damage(root)
    found, nights = [], 0
    for night in range(NIGHTS):
        date = f"2026-11-{night + 1:02}"
        steps = 0
        while (part := Scrub(root).step(date, bundles=1)) is not None:
            found += part
            steps += 1
        assert 1 <= steps <= 2, "a night's shard is a part of the log"
        assert Scrub(root).step(date) is None, "once a night"
        nights += bool(steps)
    assert nights == NIGHTS
    assert {entry.index for entry in found} == {17 * 256 + 8}
    assert b'"damaged": [4360]' in (root / "scrub.json").read_bytes()


def test_a_changed_hash_in_a_tile_is_found_too(root: Path) -> None:
    assert scrub_bundles(LogReader(root), 17, 1) == []
    path = root / "public/tile/0/017"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    found = scrub_bundles(LogReader(root), 17, 1)
    assert len(found) == 1 and 17 * 256 <= found[0].index < 18 * 256


def test_by_hand(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["log", "scrub", "--data", str(root.parents[2])]
    assert main(data) == 0
    damage(root)
    assert [main([*data, "--shard", f"{k}/4"]) for k in range(1, 5)] == [0, 1, 0, 0]
    assert "index 4360: E_INCLUSION" in capsys.readouterr().err
    assert main([*data, "--shard", "5/4"]) == 3
