"""The scrub: a part of the log each night, and a damaged entry is named."""

from pathlib import Path

import pytest

from support.log_faults import grow
from support.log_media import LogMedium, PosixMedium
from zaichang.cli import main
from zaichang.log.reader import LogReader
from zaichang.log.scrub import NIGHTS, Scrub, scrub_bundles
from zaichang.ports.log.side_files import SideFile

BUNDLES = 40


@pytest.fixture
def log(medium: LogMedium) -> LogMedium:
    grow(medium, 256 * BUNDLES + 9)
    return medium


def changed(medium: LogMedium, path: str) -> bytearray:
    return bytearray(medium.place.published.get(path) or b"")


def damage(medium: LogMedium) -> None:
    path = "tile/entries/017"
    medium.write(path, bytes(changed(medium, path)).replace(b"leaf 4360", b"leaf 4363"))


def test_a_whole_log_passes_by_in_a_month_of_nights(log: LogMedium) -> None:
    damage(log)
    found, nights = [], 0
    for night in range(NIGHTS):
        date = f"2026-11-{night + 1:02}"
        steps = 0
        while (part := Scrub(log.place).step(date, bundles=1)) is not None:
            found += part
            steps += 1
        assert 1 <= steps <= 2, "a night's shard is a part of the log"
        assert Scrub(log.place).step(date) is None, "once a night"
        nights += bool(steps)
    assert nights == NIGHTS
    assert {entry.index for entry in found} == {17 * 256 + 8}
    assert b'"damaged": [4360]' in (log.place.side_files.read(SideFile.SCRUB_STATE) or b"")


def test_a_changed_hash_in_a_tile_is_found_too(log: LogMedium) -> None:
    assert scrub_bundles(LogReader(log.place.published), 17, 1) == []
    data = changed(log, "tile/0/017")
    data[40] ^= 1
    log.write("tile/0/017", bytes(data))
    found = scrub_bundles(LogReader(log.place.published), 17, 1)
    assert len(found) == 1 and 17 * 256 <= found[0].index < 18 * 256


def test_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = PosixMedium(tmp_path / "log/inst-1/2026")
    grow(log, 256 * BUNDLES + 9)
    data = ["log", "scrub", "--data", str(tmp_path)]
    assert main(data) == 0
    damage(log)
    assert [main([*data, "--shard", f"{k}/4"]) for k in range(1, 5)] == [0, 1, 0, 0]
    assert "index 4360: E_INCLUSION" in capsys.readouterr().err
    assert main([*data, "--shard", "5/4"]) == 3
