"""A copy of a log: checked, resumed, and never taken in by a log that changed its past."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.cosigned import ONE, TWO, both, cosign
from support.log_faults import ORIGIN, SIGNER, grow
from support.log_media import LogMedium, PosixMedium
from zaichang.audit.check import exit_code
from zaichang.audit.history import history_line, parse_first_sights, parse_history
from zaichang.audit.log_scan import scan_log
from zaichang.audit.source import verify_path
from zaichang.core.errors import EvidenceError, StorageError
from zaichang.log.mirror import Mirror, Source
from zaichang.main.logs import open_mirror
from zaichang.ports.log.side_files import SideFile
from zaichang.ports.log.store import PublishedLog
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.trust import Trust, parse_trust, trust_log

TRUST = trust_log(SIGNER.vkey)
NewLog = Callable[[str], LogMedium]


def mirror(source: Source, into: LogMedium, trust: Trust = TRUST) -> Mirror:
    return Mirror(source, into.place.open_store(), into.place.keys.publish, into.place.side_files, trust)


def copy_of(log: LogMedium, into: LogMedium) -> tuple[int, int, int]:
    done = mirror(log.place.published, into).run()
    return done.before, done.size, done.fetched


def is_sound(log: LogMedium) -> bool:
    return exit_code(scan_log(log.place.published.get, TRUST)) == 0


def test_a_copy_grows_with_its_log_and_is_a_log_itself(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    for size, before, fetched in ((5, 0, 1), (5, 5, 1), (300, 5, 2), (256 * 65 + 3, 300, 65)):
        grow(log, size)
        assert copy_of(log, copy) == (before, size, fetched)
        assert is_sound(copy)
        assert copy.place.published.verifier_key() == SIGNER.vkey
    for path in log.paths():
        if ".p" not in path:
            assert copy.place.published.get(path) == log.place.published.get(path)
    assert copy_of(copy, new_log("third"))[1] == 256 * 65 + 3, "a copy can be copied"


def test_a_copy_takes_the_witnesses_times_and_keeps_its_own(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    trust, side = both(SIGNER), log.place.side_files
    grow(log, 5)
    old = cosign(log.place.published.get("checkpoint") or b"", (ONE, 1_000_000), (TWO, 2_000_000))
    one_only = cosign(log.place.published.get("checkpoint") or b"", (ONE, 1_000_000))
    grow(log, 300)
    newest = cosign(log.place.published.get("checkpoint") or b"", (ONE, 3_000_000), (TWO, 4_000_000))
    side.replace(SideFile.WITNESSED, newest)
    for note in (old, one_only, newest):
        side.append_line(SideFile.HISTORY, history_line(note))
    grow(log, 420)
    for _ in range(2):
        done = Mirror(
            log.place.published,
            copy.place.open_store(),
            copy.place.keys.publish,
            copy.place.side_files,
            trust,
            lambda: 77,
        ).run()
        assert done.size == 300, "the partial bundle of this size is gone, and the larger one is taken"
    held = parse_history(copy.place.side_files.read(SideFile.HISTORY) or b"")
    assert [entry.note for entry in held] == [old, newest], "what lacks the quorum is left out"
    sights = parse_first_sights(copy.place.side_files.read(SideFile.FIRST_SIGHT) or b"")
    assert [(entry.size, at_ms) for entry, at_ms in sights] == [(300, 77)]


class Broken:
    """A source that goes away after three bundles."""

    def __init__(self, log: PublishedLog) -> None:
        self._log = log
        self._asked = 0

    def get(self, name: str) -> bytes | None:
        if "entries" in name:
            self._asked += 1
            if self._asked > 3:
                raise StorageError("mirror.source", "gone")
        return self._log.get(name)


def test_an_interrupted_copy_goes_on_where_it_was(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    grow(log, 2_000)
    with pytest.raises(StorageError):
        mirror(Broken(log.place.published), copy).run()
    assert copy.paths() == [], "nothing is published before everything is checked"
    assert len(copy.staged()) == 3
    assert copy_of(log, copy) == (0, 2_000, 8 - 3)
    assert copy.staged() == []


def test_a_staged_bundle_that_was_damaged_is_fetched_again(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    grow(log, 2_000)
    with pytest.raises(StorageError):
        mirror(Broken(log.place.published), copy).run()
    copy.place.open_store().stage(copy.staged()[0], b"cut off")
    with pytest.raises(EvidenceError, match="E_TILE"):
        copy_of(log, copy)
    assert copy.staged() == []
    assert copy_of(log, copy) == (0, 2_000, 8)


def test_a_log_that_changed_is_not_copied(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    grow(log, 600)
    copy_of(log, copy)
    kept = copy.place.published.get("checkpoint")
    for size, code in ((599, "E_CONSISTENCY"), (600, "E_FORK"), (900, "E_CONSISTENCY")):
        other = new_log(f"other-{size}")
        grow(other, size, "rewritten")
        with pytest.raises(EvidenceError) as caught:
            copy_of(other, copy)
        assert caught.value.code == code
        assert copy.place.published.get("checkpoint") == kept
    grow(log, 900)
    assert copy_of(log, copy)[:2] == (600, 900), "and the honest one goes on after that"


def test_damage_on_the_way_is_refused_and_fetched_again(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    grow(log, 600)
    path = "tile/entries/001"
    good = log.place.published.get(path) or b""
    for bad in (good.replace(b"leaf 300", b"leaf 3OO"), good[:-5]):
        log.write(path, bad)
        with pytest.raises(EvidenceError) as caught:
            copy_of(log, copy)
        assert caught.value.code == "E_TILE"
    log.delete(path)
    with pytest.raises(EvidenceError, match="does not hand out"):
        copy_of(log, copy)
    log.write(path, good)
    assert copy_of(log, copy)[1] == 600
    copy.delete("tile/0/000")
    copy.write("tile/1/000.p/2", bytes(64))
    with pytest.raises(EvidenceError, match="copy itself is damaged"):
        copy_of(log, copy)


def test_whom_the_copy_believes(new_log: NewLog) -> None:
    log, copy = new_log("log"), new_log("copy")
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        copy_of(log, copy)
    grow(log, 5)
    witness = Ed25519Cosigner("w.example", b"\x01" * 32)
    strict = parse_trust(f"log {SIGNER.vkey}\nwitness w {witness.vkey}\nquorum w\n".encode())
    with pytest.raises(EvidenceError, match="E_QUORUM"):
        mirror(log.place.published, copy, strict).run()
    stranger = trust_log(Ed25519Signer(ORIGIN, b"\x02" * 32).vkey)
    with pytest.raises(EvidenceError, match="E_NOTE_SIG"):
        mirror(log.place.published, copy, stranger).run()


def test_a_folder_is_copied_to_a_folder(tmp_path: Path) -> None:
    log, copy = PosixMedium(tmp_path / "log"), tmp_path / "copy"
    grow(log, 300)
    for source in (log.root, log.root / "public"):
        assert open_mirror(str(source), copy, TRUST).run().size == 300
    assert exit_code(verify_path(copy, TRUST)) == 0
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        open_mirror(str(tmp_path), copy, TRUST).run()
    (tmp_path / "checkpoint").write_bytes(b"x" * 17_000_000)
    with pytest.raises(StorageError, match=r"mirror\.source"):
        open_mirror(str(tmp_path), copy, TRUST).run()
