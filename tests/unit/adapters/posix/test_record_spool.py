"""Records that wait: kept whole, listed, forgotten when they are logged."""

from pathlib import Path

import pytest

from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.record_spool import PosixRecordSpool
from zaichang.core.errors import PeerViolation


def test_a_record_waits_until_it_is_done(tmp_path: Path) -> None:
    spool = PosixRecordSpool(DataFolder(tmp_path))
    assert spool.all() == []
    entry = spool.put("inst-1", b'{"a":1}')
    assert spool.put("inst-1", b'{"a":1}') == entry, "the same record waits once"
    other = spool.put("inst-2", b'{"a":1}')
    (tmp_path / "log-spool/inst-1/.half.leaf").write_bytes(b"{")
    assert {(e.institution_id, e.leaf) for e in spool.all()} == {("inst-1", b'{"a":1}'), ("inst-2", b'{"a":1}')}
    assert entry.key[0].startswith("record-") and entry.key != spool.put("inst-1", b'{"a":2}').key
    spool.done(other)
    spool.done(other)
    assert {e.institution_id for e in spool.all()} == {"inst-1"}
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "log-spool/inst-1").iterdir() if path.stem[0] != "."
    )
    with pytest.raises(PeerViolation):
        spool.put("../up", b"{}")
