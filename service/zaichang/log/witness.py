"""A witness: answers over HTTP (C2SP tlog-witness), or through files for a regulator without a server.

It uses the standard library's HTTP server. A witness answers a few requests a second from known logs, and an inspector
can run
it with the base install.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from zaichang.core.errors import EvidenceError, StorageError
from zaichang.ports.log.witness import WitnessMemory
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, KeyVerifier, parse_vkey
from zaichang.tlog.note import cosign_note
from zaichang.tlog.witness import MAX_REQUEST_BYTES, TEXT_TYPE, Refused, judge, origin_of, parse_request

PATH: Final = "/add-checkpoint"
_RACES: Final = 5
_IDLE_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. The file variant writes its body."""

    status: int
    content_type: str
    body: bytes


def keys_by_origin(vkeys: Iterable[str]) -> Mapping[str, tuple[KeyVerifier, ...]]:
    """Return log keys by their names, which are the origins of the logs.

    Raises:
        EvidenceError: ``E_VKEY``.
    """
    keys: dict[str, tuple[KeyVerifier, ...]] = {}
    for text in vkeys:
        key = parse_vkey(text)
        keys[key.name] = (*keys.get(key.name, ()), key)
    return keys


class Witness:
    """Cosigns the checkpoints of the logs it knows.

    Args:
        memory: The last checkpoint that it cosigned of each log.
        cosigner: Its key.
        keys: Log keys by origin.
        now_s: POSIX time in seconds.
        beacons: A second key, where it also makes beacons for capture schedules; each answer then has a second line.
    """

    def __init__(
        self,
        memory: WitnessMemory,
        cosigner: Ed25519Cosigner,
        keys: Mapping[str, tuple[KeyVerifier, ...]],
        now_s: Callable[[], int] = lambda: int(time.time()),
        beacons: BeaconSigner | None = None,
    ) -> None:
        """Remember the parts."""
        self._beacons = beacons
        self._memory = memory
        self._cosigner = cosigner
        self._keys = keys
        self._now_s = now_s
        self._lock = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request. A checkpoint is remembered durably before it is signed."""
        try:
            request = parse_request(body)
            origin = origin_of(request.note)
        except EvidenceError as error:
            return Answer(status=400, content_type=TEXT_TYPE, body=f"{error.message}\n".encode())
        with self._lock:
            for _ in range(_RACES):
                verdict = judge(request, self._keys, self._memory.load(origin))
                if isinstance(verdict, Refused):
                    return Answer(status=verdict.status, content_type=verdict.content_type, body=verdict.body.encode())
                if self._memory.advance(origin, verdict.before, verdict.seen):
                    lines = cosign_note(verdict.text, self._cosigner, self._now_s()).line()
                    if self._beacons is not None:
                        lines += self._beacons.sign(parse_checkpoint(verdict.text)).line()
                    return Answer(status=200, content_type=TEXT_TYPE, body=lines.encode())
        return Answer(status=503, content_type=TEXT_TYPE, body=b"Too many requests for this log at once.\n")


def make_server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """Return an HTTP server that answers for ``witness``; the caller runs and closes it.

    Raises:
        StorageError: ``witness.port`` if the address cannot be listened on.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_S

        def do_POST(self) -> None:
            text = self.headers.get("Content-Length", "")
            length = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
            if self.path != PATH:
                self._answer(Answer(status=404, content_type=TEXT_TYPE, body=b"There is only /add-checkpoint.\n"))
            elif not 0 <= length <= MAX_REQUEST_BYTES:
                self._answer(Answer(status=413, content_type=TEXT_TYPE, body=b"The request is too long.\n"))
            else:
                try:
                    self._answer(witness.add_checkpoint(self.rfile.read(length)))
                except StorageError as error:
                    self._answer(Answer(status=503, content_type=TEXT_TYPE, body=f"{error.message}\n".encode()))

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.status == 413:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the witness's memory is its record."""

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise StorageError("witness.port", f"Cannot listen on {host}:{port} ({error.strerror}).") from error
