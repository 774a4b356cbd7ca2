"""A witness over HTTP and as files, and what it saves the reader from."""

import http.client
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER, open_writer
from support.log_media import LogMedium, PosixMedium
from support.witness_server import COSIGNER, NOW_S
from support.witness_server import serving as serving_logs
from zaichang.adapters.sql.witness_store import WitnessStore
from zaichang.cli import main
from zaichang.core.errors import EvidenceError, FatalLogError, NotFound, StorageError
from zaichang.log.reader import LogReader
from zaichang.log.witness import PATH, Witness, keys_by_origin
from zaichang.log.witness_client import (
    add_cosignatures,
    ask,
    keep_witnessed,
    known_size,
    make_request,
    witnessed,
)
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.trust import parse_trust
from zaichang.tlog.witness import NOTHING, Seen

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


def test_bad_http_requests_are_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        host = url.removeprefix("http://")

        def send(path: str, body: bytes, length: str | None = None) -> int:
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", length or str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status

        assert send("/other", b"") == 404
        assert send(PATH, b"") == 400
        assert send(PATH, b"nonsense\n\n") == 400
        assert send(PATH, b"", "2000000") == 413
        assert send(PATH, b"", "-1") == 413
        assert send(PATH, b"", "x") == 413


def test_a_witness_that_does_not_answer_is_said(medium: LogMedium, tmp_path: Path) -> None:
    reader = grow(medium, 0, 1)
    with serving(tmp_path) as url:
        pass
    with pytest.raises(StorageError) as caught:
        ask(url, reader)
    assert caught.value.code == "witness.unreachable"
    with pytest.raises(NotFound):
        witnessed(medium.place.side_files)


def test_the_memory_moves_only_from_what_it_was(tmp_path: Path) -> None:
    first, second = Seen(size=1, root=bytes(32)), Seen(size=2, root=b"\x01" * 32)
    store = WitnessStore(tmp_path / "w")
    assert store.load("a") == NOTHING
    assert not store.advance("a", first, second)
    assert store.advance("a", NOTHING, first)
    assert not store.advance("a", NOTHING, second)
    assert store.advance("a", first, second)
    store.close()
    store = WitnessStore(tmp_path / "w")
    assert store.load("a") == second
    assert store.load("b") == NOTHING
    store.close()


def test_two_requests_at_once_cannot_roll_the_memory_back(medium: LogMedium, tmp_path: Path) -> None:
    small = make_request(grow(medium, 0, 2), 0)
    large = make_request(grow(medium, 2, 5), 0)
    store = WitnessStore(tmp_path / "w")
    witness = Witness(store, COSIGNER, keys_by_origin([SIGNER.vkey]), lambda: NOW_S)
    threads = [threading.Thread(target=witness.add_checkpoint, args=(body,)) for body in (small, large) * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    size = store.load(ORIGIN).size
    assert size in (2, 7)
    answer = witness.add_checkpoint(small if size == 7 else large)
    assert (answer.status, answer.body) == (409, b"%d\n" % size)
    store.close()


def test_the_same_exchange_as_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, home = tmp_path / "log", str(tmp_path / "witness")
    log = PosixMedium(root)
    grow(log, 0, 4)
    logs, trust = tmp_path / "logs", tmp_path / "trust"
    logs.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    request, answer = str(tmp_path / "request"), str(tmp_path / "answer")
    name = ["--name", "witness.example.org", "--folder", home]
    assert main(["witness", "key", *name]) == 0
    trust.write_text(f"log {SIGNER.vkey}\nwitness w {capsys.readouterr().out.strip()}\nquorum w\n")
    assert main(["witness", "request", "--log", str(root), "--out", request]) == 0
    grow(log, 4, 2)
    assert main(["witness", "cosign", *name, "--logs", str(logs), request, "--out", answer]) == 0
    assert main(["witness", "add", "--log", str(root), "--trust", str(trust), answer]) == 0
    assert parse_trust(trust.read_bytes()).open_checkpoint(witnessed(log.place.side_files)).checkpoint.size == 4
    assert main(["witness", "request", "--log", str(root), "--old-size", "4", "--out", request]) == 0
    assert main(["witness", "cosign", *name, "--logs", str(logs), request, "--out", answer]) == 0
    assert main(["witness", "cosign", *name, "--logs", str(logs), request, "--out", answer]) == 1
    assert "refused (409): 6" in capsys.readouterr().err
    assert main(["witness", "add", "--log", str(root), "--trust", str(logs), answer]) == 1


def test_a_memory_that_is_closed_under_a_request_is_an_error_and_no_crash(tmp_path: Path) -> None:
    """A server that stops closes its memory while connections may still be answered."""
    for number in range(20):
        store = WitnessStore(tmp_path / f"witness-{number}.sqlite3")
        ended: list[str] = []

        def ask(store: WitnessStore = store, ended: list[str] = ended) -> None:
            seen = NOTHING
            try:
                for size in range(1, 10_000):
                    after = Seen(size=size, root=bytes(32))
                    assert store.advance("log", seen, after)
                    assert (seen := store.load("log")) == after
            except StorageError as error:
                ended.append(error.code)

        asking = threading.Thread(target=ask)
        asking.start()
        while store_size(store) < number % 4:
            pass
        store.close()
        asking.join()
        assert ended == ["witness.store"]


def store_size(store: WitnessStore) -> int:
    return store.load("log").size
