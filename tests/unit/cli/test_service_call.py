"""A command's request to a running service: the answer, the service's refusal, and services that give none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from zaichang.cli import main
from zaichang.cli.service_call import ask
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[Any]]]:
    met: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            met.append((self.path, self.headers["Authorization"], asked))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/base/", met
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_object_and_the_key_arrive_and_the_answer_comes_back() -> None:
    with answering(200, b'{"a": 1}') as (url, met):
        assert ask(url, "zk", "/v1/x", {"b": 2}) == {"a": 1}
    assert met == [("/base/v1/x", "Bearer zk", {"b": 2})]


def test_a_refusal_is_told_with_the_service_s_own_words() -> None:
    with (
        answering(403, b'{"error": {"code": "erase.hold", "message": "Held."}}') as (url, _),
        pytest.raises(NotAllowed, match=r"erase\.hold: Held"),
    ):
        ask(url, "zk", "/v1/x", {})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]"])
def test_an_answer_that_is_no_object_is_refused(body: bytes) -> None:
    with answering(200, body) as (url, _), pytest.raises((PeerViolation, NotAllowed)):
        ask(url, "zk", "/v1/x", {})


def test_no_address_and_no_service() -> None:
    for wrong in ("ftp://host", "host", ""):
        with pytest.raises(ConfigError, match=r"service\.address"):
            ask(wrong, "zk", "/v1/x", {})
    with pytest.raises(PeerViolation, match=r"service\.unreachable"):
        ask("http://127.0.0.1:9", "zk", "/v1/x", {})


def test_erase_proposes_and_confirms_at_a_running_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    key.write_text("zk-ren\n")
    more = ["--key-file", str(key)]
    made = {"erasure": "e1", "state": "proposed", "sessions": 0, "entry": None, "in_log_by_ms": None}
    with answering(200, json.dumps(made).encode()) as (url, met):
        assert main(["erase", "p1", "--scope", "biometrics", "--basis", "pipl-47", "--service", url, *more]) == 0
    wanted = {"learner": "p1", "scope": "biometrics", "basis": "pipl-47", "request": ""}
    assert met == [("/base/v1/erasures", "Bearer zk-ren", wanted)]
    assert "--confirm e1" in capsys.readouterr().out
    done = {**made, "state": "done", "sessions": 3, "entry": 9}
    with answering(200, json.dumps(done).encode()) as (url, met):
        assert main(["erase", "--confirm", "e1", "--service", url, *more]) == 0
    assert met == [("/base/v1/erasures/e1/confirm", "Bearer zk-ren", {})]
    assert "done: 3 sessions; told in the log at index 9" in capsys.readouterr().out
