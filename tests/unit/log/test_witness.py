"""A witness over HTTP and as files, and the attacks that it detects."""

import http.client
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER, open_writer
from support.log_media import LogMedium, PosixMedium
from support.witness_server import COSIGNER, NOW_S
from support.witness_server import serving as serving_logs
from zaichang.adapters.sql.witness_store import WitnessStore
from zaichang.cli import main
from zaichang.log.reader import LogReader
from zaichang.log.witness import PATH, Witness, keys_by_origin
from zaichang.log.witness_client import (
    make_request,
    witnessed,
)
from zaichang.tlog.trust import parse_trust


def grow(log: LogMedium, first: int, count: int) -> LogReader:
    writer = open_writer(log)
    writer.recover()
    writer.commit([(("s", n), b"leaf %d" % n) for n in range(first, first + count)])
    writer.close()
    log.place.keys.publish(SIGNER.vkey)
    return LogReader(log.place.published)


def serving(folder: Path) -> AbstractContextManager[str]:
    return serving_logs(folder, [SIGNER.vkey])


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
