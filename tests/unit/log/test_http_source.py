"""A log on a plain web server, copied."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from support.log_faults import SIGNER, grow
from support.log_media import PosixMedium
from zaichang.cli import main
from zaichang.core.errors import ConfigError, StorageError
from zaichang.log.http_source import HttpSource
from zaichang.log.mirror import Mirror
from zaichang.tlog.trust import trust_log

TRUST = trust_log(SIGNER.vkey)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "log/public").mkdir(parents=True)
    handler = partial(_Quiet, directory=str(tmp_path / "log/public"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_a_plain_web_server_is_enough(served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = PosixMedium(tmp_path / "log")
    grow(log, 700)
    trust = tmp_path / "trust"
    trust.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    command = ["log", "mirror", served, "--into", str(tmp_path / "copy"), "--trust", str(trust)]
    assert main(command) == 0
    assert "from 0 to 700 leaves (3 bundles fetched)" in capsys.readouterr().out
    grow(log, 720)
    copy = PosixMedium(tmp_path / "copy")
    source = HttpSource(served)
    assert (
        Mirror(source, copy.place.open_store(), copy.place.keys.publish, copy.place.side_files, TRUST).run().size == 720
    )
    source.close()
    assert main(["verify", str(tmp_path / "copy"), "--trust", str(trust)]) == 0
    for url in ("ftp://x/", "http://"):
        with pytest.raises(ConfigError, match=r"mirror\.url"):
            HttpSource(url)
    with pytest.raises(StorageError, match=r"mirror\.source"):
        HttpSource("http://127.0.0.1:9/").get("checkpoint")
