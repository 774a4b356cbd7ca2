"""The range of the log that a period's bundle shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from support.log_sessions import SmallLog
from support.small_logs import files_of
from zaichang.log.period_range import MARGIN_MS, period_range, prove_period
from zaichang.log.reader import LogReader
from zaichang.main.logs import open_published
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.range_proof import range_root

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> LogReader:
    """A log with ten sessions in the first minutes of each of three days: 30 leaves a day."""
    log = SmallLog()
    for day in range(3):
        log.at_ms = AT_MS + day * DAY_MS
        for n in range(10):
            log.whole(f"{day}-{n}")
    root: Path = tmp_path_factory.mktemp("log")
    for path, data in files_of(log.leaves).items():
        place = root / "public" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (root / "vkey").write_text(SIGNER.vkey)
    assert ORIGIN in SIGNER.vkey
    return LogReader(open_published(root))


SECOND_DAY = (AT_MS + DAY_MS - MARGIN_MS * 2, AT_MS + 2 * DAY_MS - MARGIN_MS * 2)


def test_without_witnesses_the_dates_bound_the_range(reader: LogReader) -> None:
    assert period_range(reader, [], *SECOND_DAY) == (29, 61)
    assert period_range(reader, [], 0, 9 * DAY_MS + AT_MS) == (0, 90)


def test_cosigned_checkpoints_bound_the_range(reader: LogReader) -> None:
    assert period_range(reader, [12, 28, 30, 44, 60, 63, 90], *SECOND_DAY) == (30, 63)
    assert period_range(reader, [44, 60], *SECOND_DAY) == (0, 90)


def test_the_proof_holds_all_other_leaves(reader: LogReader) -> None:
    own = set(range(31, 40))
    period = prove_period(reader, (30, 63), *SECOND_DAY, own)
    assert [index for index, _ in period.beside] == [30, *range(40, 63)]
    hashes = [leaf_hash(reader.entry(index)) for index in range(30, 63)]
    assert range_root(hashes, 30, reader.size, period.left, period.right) == reader.checkpoint.checkpoint.root
