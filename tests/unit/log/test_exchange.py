"""A deadline is for the whole exchange, whatever the peer does, and one slow peer holds up no other."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.dripping import HEAD, dripping
from support.log_faults import SIGNER, grow
from support.log_media import LogMedium, PosixMedium
from support.witness_server import COSIGNER
from support.witness_server import serving as serving_logs
from zaichang.core.errors import ConfigError, StorageError
from zaichang.log import witnessing
from zaichang.log.exchange import Exchange, in_daemon, side_by_side
from zaichang.log.http_source import HttpSource
from zaichang.log.reader import LogReader
from zaichang.log.witness_client import ask, known_size
from zaichang.log.witnessing import cosign_round, largest_known, parse_peer

WRONG = ConfigError("x.url", "No address.")
DEADLINE_S = 0.3
LONG_S = 10.0
"""Far above the deadlines here, far below the time that the dripping server needs."""


@pytest.mark.parametrize("head", [HEAD, b"HTTP/1.1 200 OK\r\nX-Long: ", b""], ids=["body", "headers", "nothing"])
def test_a_dripping_answer_ends_at_the_deadline(head: bytes) -> None:
    with dripping(head) as url:
        exchange = Exchange(url, WRONG)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            exchange.request("GET", "/", None, 1_000_000, DEADLINE_S)
        assert time.monotonic() - began < LONG_S
        exchange.close()


def test_an_answer_is_read_up_to_its_limit() -> None:
    with dripping(HEAD + b"b" * 50) as url:
        exchange = Exchange(url, WRONG)
        assert exchange.request("GET", "/", None, 10, LONG_S) == (200, b"b" * 10)
        exchange.close()
    for url in ("ftp://x", "http://", "http://x:port", "http://user:secret@x"):
        with pytest.raises(ConfigError, match=r"x\.url"):
            Exchange(url, WRONG)


def test_the_query_of_an_address_is_sent_with_every_request() -> None:
    asked = list[str]()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        exchange = Exchange(f"http://127.0.0.1:{server.server_port}/tsa/?account=7&key=a", WRONG)
        for path in ("", "/more"):
            exchange.request("GET", path, None, 10, LONG_S)
    finally:
        server.shutdown()
        server.server_close()
    assert asked == ["/tsa?account=7&key=a", "/tsa/more?account=7&key=a"]


def test_a_mirror_and_a_witness_request_end(medium: LogMedium) -> None:
    grow(medium, 5)
    reader = LogReader(medium.place.published)
    with dripping() as url:
        with pytest.raises(StorageError, match=r"mirror\.source"):
            HttpSource(url, DEADLINE_S).get("checkpoint")
        for request in (ask, known_size):
            with pytest.raises(StorageError, match=r"witness\.unreachable"):
                request(url, reader, deadline_s=DEADLINE_S)


def test_requests_that_are_given_up_leave_no_socket() -> None:
    """An error keeps the frames of the request's thread alive, and with them an answer that is still open."""
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for head in (HEAD, b"HTTP/1.1 200 OK\r\nX-Long: "):
            with dripping(head) as url:
                before = set(threading.enumerate())
                for _ in range(12):
                    with pytest.raises(TimeoutError):
                        Exchange(url, WRONG).request("GET", "/", None, 1_000_000, 0.05)
                for thread in set(threading.enumerate()) - before:
                    thread.join(LONG_S)
                gc.collect()
    assert [str(warning.message) for warning in told] == []


def test_peers_are_asked_side_by_side() -> None:
    both = threading.Barrier(2)
    answers = side_by_side([lambda: both.wait(LONG_S) >= 0, lambda: both.wait(LONG_S) >= 0], LONG_S)
    assert answers == [True, True]

    def bad() -> int:
        raise StorageError("x.y", "no")

    ended = threading.Event()
    slow, failed, good = side_by_side([lambda: int(ended.wait(LONG_S)), bad, lambda: 7], DEADLINE_S)
    ended.set()
    assert isinstance(slow, TimeoutError) and isinstance(failed, StorageError) and good == 7


def test_a_dripping_witness_holds_up_no_other_and_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(witnessing, "ROUND_S", DEADLINE_S * 3)
    monkeypatch.setattr(witnessing, "START_DEADLINE_S", DEADLINE_S)
    log = PosixMedium(tmp_path / "log")
    grow(log, 5)
    with dripping() as bad, serving_logs(tmp_path, [SIGNER.vkey]) as good:
        peers = [parse_peer(f"{url} {COSIGNER.vkey}") for url in (bad, good)]
        began = time.monotonic()
        assert largest_known(log.place, peers) == 5
        found = cosign_round(log.place, peers, {})
        assert time.monotonic() - began < LONG_S
    assert found is not None and found.checkpoint.size == 5
    assert "starting without asking" in caplog.text and "is not reached" in caplog.text


def test_a_round_that_was_given_up_writes_nothing(tmp_path: Path) -> None:
    log = PosixMedium(tmp_path / "log")
    grow(log, 5)
    given_up = threading.Event()
    given_up.set()
    with serving_logs(tmp_path, [SIGNER.vkey]) as url:
        peers = [parse_peer(f"{url} {COSIGNER.vkey}")]
        assert cosign_round(log.place, peers, {}, given_up=given_up) is None
    assert log.place.published.get("checkpoint.witnessed") is None


async def test_work_in_a_daemon_is_left_alone_on_cancellation() -> None:
    go_on = threading.Event()
    task = asyncio.ensure_future(in_daemon(lambda: go_on.wait(LONG_S)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert await in_daemon(lambda: 5) == 5
    with pytest.raises(ValueError, match="no"):
        await in_daemon(lambda: int("no"))
