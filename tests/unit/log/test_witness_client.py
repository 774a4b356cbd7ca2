from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER, open_writer
from support.log_media import LogMedium
from support.witness_server import COSIGNER, NOW_S
from support.witness_server import serving as serving_logs
from zaichang.core.errors import EvidenceError, FatalLogError, NotFound, StorageError
from zaichang.log.reader import LogReader
from zaichang.log.witness_client import (
    add_cosignatures,
    ask,
    keep_witnessed,
    known_size,
    witnessed,
)
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.trust import parse_trust

NewLog = Callable[[str], LogMedium]


def grow(log: LogMedium, first: int, count: int) -> LogReader:
    writer = open_writer(log)
    writer.recover()
    writer.commit([(("s", n), b"leaf %d" % n) for n in range(first, first + count)])
    writer.close()
    log.place.keys.publish(SIGNER.vkey)
    return LogReader(log.place.published)


def serving(folder: Path) -> AbstractContextManager[str]:
    return serving_logs(folder, [SIGNER.vkey])


def test_a_growing_log_is_cosigned_over_http_and_the_quorum_is_met(medium: LogMedium, tmp_path: Path) -> None:
    trust = parse_trust(f"log {SIGNER.vkey}\nwitness w {COSIGNER.vkey}\nquorum w\n".encode())
    side_files = medium.place.side_files
    with serving(tmp_path) as url:
        for first, count in ((0, 3), (3, 300), (303, 1)):
            reader = grow(medium, first, count)
            with pytest.raises(EvidenceError) as caught:
                trust.open_checkpoint(reader.checkpoint.note)
            assert caught.value.code == "E_QUORUM"
            whole = add_cosignatures(reader.checkpoint.note, ask(url, reader), [parse_vkey(COSIGNER.vkey)])
            signed = trust.open_checkpoint(whole, ORIGIN)
            assert signed.checkpoint.size == first + count
            assert trust.witness_time_s(signed) == NOW_S
            keep_witnessed(side_files, whole)
            assert witnessed(side_files) == whole
        assert known_size(url, LogReader(medium.place.published)) == 304
        older = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=leaf_hash(b"leaf 0")), [SIGNER])
        keep_witnessed(side_files, older)
        assert witnessed(side_files) == whole


def test_a_log_restored_from_a_backup_finds_out_before_it_signs(new_log: NewLog, tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        ask(url, grow(new_log("log"), 0, 5))
        backup = new_log("backup")
        restored = grow(backup, 0, 3)
        assert known_size(url, restored) == 5
        writer = open_writer(backup, known=known_size(url, restored))
        with pytest.raises(FatalLogError) as caught:
            writer.recover()
        writer.close()
        assert caught.value.code == "log.rolled_back"
        with pytest.raises(EvidenceError) as refused:
            ask(url, restored)
        assert refused.value.code == "E_CONSISTENCY"
        rewritten = grow(new_log("fork"), 100, 9)
        with pytest.raises(EvidenceError) as refused:
            ask(url, rewritten)
        assert refused.value.code == "E_WITNESS_REFUSED"


def test_a_witness_that_does_not_answer_is_said(medium: LogMedium, tmp_path: Path) -> None:
    reader = grow(medium, 0, 1)
    with serving(tmp_path) as url:
        pass
    with pytest.raises(StorageError) as caught:
        ask(url, reader)
    assert caught.value.code == "witness.unreachable"
    with pytest.raises(NotFound):
        witnessed(medium.place.side_files)
