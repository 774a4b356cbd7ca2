"""The outbox: whole lines only, each durable, a torn one cut off."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from support.stores import ROW
from zaichang.adapters.posix import outbox as outbox_module
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.outbox import PosixOutbox
from zaichang.core.civil import parse_moment
from zaichang.core.errors import StorageError
from zaichang.live.publishing import outbox_line
from zaichang.ports.records import StoredMinute

DAY_MS = 86_400_000
RECORD = b'{"from_ms":0,"index":3,"reasons":[],"to_ms":60000,"verdict":"V","verified":[[0,60000]],"verified_ms":60000}'


def outbox(tmp_path: Path) -> PosixOutbox:
    folder = DataFolder(tmp_path)
    folder.prepare()
    return PosixOutbox(folder)


def line(number: int) -> bytes:
    return outbox_line(ROW, StoredMinute(minute=number, body=RECORD), "log.example/inst/2026", 17)


def test_lines_go_to_the_file_of_their_day(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    midnight_ms = parse_moment("2027-01-01").ms
    box.append([line(0)], midnight_ms - DAY_MS)
    box.append([line(1)], midnight_ms - 1)
    box.append([line(2)], midnight_ms)
    box.append([], midnight_ms + 5 * DAY_MS)
    files = {path.name: path.read_bytes().count(b"\n") for path in (tmp_path / "outbox").iterdir()}
    assert files == {"2026-12-31.jsonl": 2, "2027-01-01.jsonl": 1}, "a day begins at midnight in China"
    assert box.holds([("s1", 0), ("s1", 2), ("s1", 9)]) == {("s1", 0), ("s1", 2)}
    assert box.holds([]) == set()


def test_a_torn_last_line_is_cut_off_and_whole_ones_stay(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append([line(0)], 0)
    path = tmp_path / "outbox" / "1970-01-01.jsonl"
    for torn in (b"{", line(1)[:-1]):
        path.write_bytes(line(0) + torn)
        box.repair()
        assert path.read_bytes() == line(0)
    path.write_bytes(b"never finished")
    box.repair()
    assert path.read_bytes() == b""


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = outbox(tmp_path)
    box.append([line(0)], 0)
    real, calls = outbox_module.os.write, []

    def fills_up(fd: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return real(fd, data[:10])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(outbox_module.os, "write", fills_up)
    with pytest.raises(StorageError) as caught:
        box.append([line(1)], 0)
    assert caught.value.code == "storage.disk_full"
    assert len(calls) == 2
    assert (tmp_path / "outbox" / "1970-01-01.jsonl").read_bytes() == line(0)
