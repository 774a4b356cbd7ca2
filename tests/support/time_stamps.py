"""A time-stamping authority of the tests' own, made and run by ``openssl ts``, and a web server in front of it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from zaichang.log.stamps.tokens import request

_EXTENSIONS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
_CONFIG = """[tsa]
default_tsa = t
[t]
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""
_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


@dataclass(frozen=True)
class LocalAuthority:
    """Its files: ``root.pem`` is the certificate that its chain ends in."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, query: bytes) -> bytes:
        """Return the authority's answer to a request, stamped with the machine's time."""
        (self.folder / "query").write_bytes(query)
        self._openssl("ts -reply -config tsa.cnf -queryfile query -signer tsa.pem -inkey tsa.key -out answer")
        return (self.folder / "answer").read_bytes()

    def stamp(self, data: bytes) -> bytes:
        """Return a stamp of some bytes."""
        return self.answer(request(data).as_bytes())

    def _openssl(self, line: str) -> None:
        subprocess.run(["openssl", *line.split(" ")], cwd=self.folder, check=True, capture_output=True, timeout=60)

    @classmethod
    def make(cls, folder: Path) -> LocalAuthority:
        """Make keys and certificates; skip the test where openssl is missing."""
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed, so there is no time-stamping authority to test with")
        folder.mkdir()
        made = cls(folder)
        (folder / "extensions").write_text(_EXTENSIONS)
        (folder / "tsa.cnf").write_text(_CONFIG)
        (folder / "serial").write_text("01\n")
        made._openssl(f"req -x509 {_KEY} -keyout root.key -out root.pem -days 3650 -subj /CN=root")
        made._openssl(f"req {_KEY} -keyout tsa.key -out tsa.csr -subj /CN=tsa")
        made._openssl(
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -days 3650"
            " -extfile extensions"
        )
        return made


@contextmanager
def answering(answer: Callable[[bytes], bytes | int | None]) -> Iterator[str]:
    """Serve an authority: ``answer`` returns the body, a status instead of one, or None for an answer without end."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(body if isinstance(body, int) else 200)
            self.end_headers()
            with suppress(OSError):
                while body is None and not done.wait(0.05):
                    self.wfile.write(b"\x30")
                self.wfile.write(body if isinstance(body, bytes) else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()
