"""A copy of a log: checked, resumed, and never taken in by a log that changed its past."""

import http.server
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.audit.check import exit_code
from zaichang.audit.source import verify_path
from zaichang.cli import main
from zaichang.core.errors import ConfigError, EvidenceError, StorageError
from zaichang.log.mirror import FolderSource, HttpSource, Mirror
from zaichang.log.writer import LogWriter
from zaichang.tlog.trust import parse_trust, trust_log

TRUST = trust_log(SIGNER.vkey)


def grow(root: Path, to: int, text: str = "leaf") -> None:
    """Bring the log in ``root`` to a size."""
    root.mkdir(exist_ok=True)
    writer = LogWriter(ORIGIN, [SIGNER], PosixLogStore(root), SqliteHeadStore(root / "head"), lambda: 1)
    size = writer.recover().checkpoint.size
    while size < to:
        count = min(700, to - size)
        writer.commit([(("s", n), f"{text} {n}".encode()) for n in range(size, size + count)])
        size += count
    writer.close()


def copy_of(root: Path, into: Path) -> tuple[int, int, int]:
    done = Mirror(FolderSource(root), into, TRUST).run()
    return done.before, done.size, done.fetched


def test_a_copy_grows_with_its_log_and_is_a_log_itself(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "copy"
    for size, before, fetched in ((5, 0, 1), (5, 5, 1), (300, 5, 2), (256 * 65 + 3, 300, 65)):
        grow(log, size)
        assert copy_of(log, copy) == (before, size, fetched)
        assert exit_code(verify_path(copy, TRUST)) == 0
    for path in (log / "public").rglob("*"):
        if path.is_file() and ".p" not in str(path.relative_to(log)):
            assert (copy / "public" / path.relative_to(log / "public")).read_bytes() == path.read_bytes()
    assert copy_of(copy, tmp_path / "third")[1] == 256 * 65 + 3, "a copy can be copied"


def test_an_interrupted_copy_goes_on_where_it_was(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "copy"
    grow(log, 2_000)

    class Broken(FolderSource):
        asked = 0

        def get(self, name: str) -> bytes | None:
            if "entries" in name:
                type(self).asked += 1
                if self.asked > 3:
                    raise StorageError("mirror.source", "gone")
            return super().get(name)

    with pytest.raises(StorageError):
        Mirror(Broken(log), copy, TRUST).run()
    assert not (copy / "public/checkpoint").exists(), "nothing is published before everything is checked"
    assert copy_of(log, copy) == (0, 2_000, 8 - 3)
    assert not (copy / "incoming").exists()


def test_a_log_that_changed_is_not_copied(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "copy"
    grow(log, 600)
    copy_of(log, copy)
    kept = (copy / "public/checkpoint").read_bytes()
    other = tmp_path / "other"
    for size, code in ((599, "E_CONSISTENCY"), (600, "E_FORK"), (900, "E_CONSISTENCY")):
        shutil.rmtree(other, ignore_errors=True)
        grow(other, size, "rewritten")
        with pytest.raises(EvidenceError) as caught:
            copy_of(other, copy)
        assert caught.value.code == code
        assert (copy / "public/checkpoint").read_bytes() == kept
    grow(log, 900)
    assert copy_of(log, copy)[:2] == (600, 900), "and the honest one goes on after that"


def test_damage_on_the_way_is_refused_and_fetched_again(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "copy"
    grow(log, 600)
    path = log / "public/tile/entries/001"
    good = path.read_bytes()
    for bad in (good.replace(b"leaf 300", b"leaf 3OO"), good[:-5]):
        path.write_bytes(bad)
        with pytest.raises(EvidenceError) as caught:
            copy_of(log, copy)
        assert caught.value.code == "E_TILE"
    path.unlink()
    with pytest.raises(EvidenceError, match="does not hand out"):
        copy_of(log, copy)
    path.write_bytes(good)
    assert copy_of(log, copy)[1] == 600
    (copy / "public/tile/0/000").unlink()
    (copy / "public/tile/1/000.p/2").write_bytes(bytes(64))
    with pytest.raises(EvidenceError, match="copy itself is damaged"):
        copy_of(log, copy)


def test_whom_the_copy_believes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 5)
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        copy_of(tmp_path, tmp_path / "copy")
    from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer

    witness = Ed25519Cosigner("w.example", b"\x01" * 32)
    strict = parse_trust(f"log {SIGNER.vkey}\nwitness w {witness.vkey}\nquorum w\n".encode())
    with pytest.raises(EvidenceError, match="E_QUORUM"):
        Mirror(FolderSource(log), tmp_path / "copy", strict).run()
    stranger = trust_log(Ed25519Signer(ORIGIN, b"\x02" * 32).vkey)
    with pytest.raises(EvidenceError, match="E_NOTE_SIG"):
        Mirror(FolderSource(log), tmp_path / "copy", stranger).run()


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
    grow(tmp_path / "log", 700)
    trust = tmp_path / "trust"
    trust.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    command = ["log", "mirror", served, "--into", str(tmp_path / "copy"), "--trust", str(trust)]
    assert main(command) == 0
    assert "from 0 to 700 leaves (3 bundles fetched)" in capsys.readouterr().out
    grow(tmp_path / "log", 720)
    source = HttpSource(served)
    assert Mirror(source, tmp_path / "copy", TRUST).run().size == 720
    source.close()
    assert main(["verify", str(tmp_path / "copy"), "--trust", str(trust)]) == 0
    for url in ("ftp://x/", "http://"):
        with pytest.raises(ConfigError, match=r"mirror\.url"):
            HttpSource(url)
    with pytest.raises(StorageError, match=r"mirror\.source"):
        HttpSource("http://127.0.0.1:9/").get("checkpoint")
