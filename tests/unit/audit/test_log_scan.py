"""The tamper matrix: for every change to a log's files, the finding has the index of the changed entry."""

import random
from collections.abc import Callable

import pytest

from support.evidence_bundle import ORIGIN, SIGNER
from support.small_logs import SIZE, TRUST, Files, at_ms, files_of, found, scan, session_leaves
from zaichang.audit.check import Status, exit_code
from zaichang.audit.log_scan import scan_log
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.tiles import decode_bundle, encode_bundle
from zaichang.tlog.trust import trust_log

LEAVES = session_leaves(SIZE // 5)


FILES = files_of(LEAVES)


def with_bundle(number: int, change: Callable[[list[bytes]], list[bytes]]) -> Files:
    path = f"tile/entries/{number:03}" + (f".p/{SIZE % 256}" if number == SIZE // 256 else "")
    width = SIZE % 256 if number == SIZE // 256 else 256
    return {**FILES, path: encode_bundle(change(list(decode_bundle(FILES[path], width))))}


def test_a_sound_log_passes_whatever_its_size() -> None:
    assert exit_code(scan(FILES, deep=True)) == 0
    for size in (1, 2, 255, 256, 257, 512):
        assert exit_code(scan(files_of(LEAVES[:size]))) == 0, size
    empty = {"checkpoint": sign_checkpoint(Checkpoint(origin=ORIGIN, size=0, root=root_hash([])), [SIGNER])}
    assert exit_code(scan(empty)) == 0


@pytest.mark.parametrize("bundle", [0, 1, 2])
@pytest.mark.parametrize("place", [0, 100, 180])
def test_any_change_of_an_entry_is_named_by_its_index(bundle: int, place: int) -> None:
    index = bundle * 256 + place
    changes: dict[str, Callable[[list[bytes]], list[bytes]]] = {
        "removed": lambda b: b[:place] + b[place + 1 :],
        "inserted": lambda b: [*b[:place], b"{}", *b[place:]],
        "swapped": lambda b: [*b[:place], b[place + 1], b[place], *b[place + 2 :]],
        "emptied": lambda b: [*b[:place], b"", *b[place + 1 :]],
        "doubled": lambda b: [*b[:place], b[place], *b[place:]],
        "re-dated": lambda b: [*b[:place], b[place].replace(b'"at":179', b'"at":178'), *b[place + 1 :]],
        "rewritten": lambda b: [*b[:place], b'{"t":"session.void","other":true}', *b[place + 1 :]],
    }
    for name, change in changes.items():
        first = found(with_bundle(bundle, change))[0]
        expected = index + 1 if name == "doubled" else index
        assert (first.code, first.index) == ("E_LEAF_HASH", expected), name
        if name == "re-dated":
            assert (first.field, first.expected) == ("at", str(at_ms(index // 5, index % 5)))


def test_any_flipped_bit_of_any_file_is_named_by_its_index() -> None:
    draw = random.Random(7)  # noqa: S311 - test data
    named = 0
    for path, data in sorted(FILES.items()):
        if path == "checkpoint":
            continue
        for _ in range(12):
            place = draw.randrange(len(data))
            bad = bytearray(data)
            bad[place] ^= 1 << draw.randrange(8)
            finding = found({**FILES, path: bytes(bad)})[0]
            number = int(path.split("/")[2][:3])
            if path.startswith("tile/0/"):
                assert (finding.code, finding.index, finding.field) == ("E_TILE", number * 256 + place // 32, path)
            elif path.startswith("tile/1/"):
                assert (finding.code, finding.index, finding.field) == ("E_TILE", place // 32 * 256, path)
            else:
                assert finding.index is not None
                assert number * 256 <= finding.index < number * 256 + 256
            named += 1
    assert named == 12 * (len(FILES) - 1)


@pytest.mark.parametrize("path", sorted(set(FILES) - {"checkpoint"}))
def test_a_missing_or_cut_off_file_is_named(path: str) -> None:
    for files in ({k: v for k, v in FILES.items() if k != path}, {**FILES, path: FILES[path][:-5]}):
        finding = found(files)[0]
        assert finding.field == path or finding.code == "E_LEAF_HASH"


def test_a_rewritten_history_that_was_signed_again_contradicts_what_was_seen_before() -> None:
    forged = files_of([*LEAVES[:300], LEAVES[300].replace(b'"course":"c"', b'"course":"d"'), *LEAVES[301:]])
    old = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=500, root=root_hash([leaf_hash(x) for x in LEAVES[:500]])), [SIGNER]
    )
    before = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=300, root=root_hash([leaf_hash(x) for x in LEAVES[:300]])), [SIGNER]
    )
    assert exit_code(scan_log(FILES.get, TRUST, older=[old, before, FILES["checkpoint"]])) == 0
    checks = scan_log(forged.get, TRUST, older=[old, before, FILES["checkpoint"]])
    assert [c.code for c in checks if c.check == "consistency"] == ["E_CONSISTENCY", None, "E_FORK"]
    shrunk = scan_log(files_of(LEAVES[:400]).get, TRUST, older=[old])
    assert shrunk[-1].code == "E_CONSISTENCY"
    stranger = Ed25519Signer(ORIGIN, b"\x33" * 32)
    foreign = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=leaf_hash(b"")), [stranger])
    assert scan_log(FILES.get, TRUST, older=[foreign])[-1].code == "E_NOTE_SIG"
    # The forgery itself is also visible inside: the session's next leaf does not follow from the changed one.
    assert {c.code for c in checks if c.index == 301} == {"E_CHAIN"}


def test_a_log_without_a_checkpoint_or_with_a_stranger_s_is_not_scanned() -> None:
    assert exit_code(scan({})) == 2
    stranger = trust_log(Ed25519Signer("hours.example.net/log/2026", b"\x33" * 32).vkey)
    checks = scan_log(FILES.get, stranger)
    assert [c.code for c in checks] == ["E_NOTE_SIG"]


def test_progress_is_told_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    scan_log(FILES.get, TRUST, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, SIZE), (512, SIZE), (SIZE, SIZE)]


def test_another_program_s_log_is_checked_as_far_as_its_tree_goes() -> None:
    entries = [b"entry %d" % n for n in range(300)]
    files = files_of(entries)
    checks = scan(files)
    assert exit_code(checks) == 0
    assert [c.message for c in checks if c.check == "leaf"] == [
        "The entries are not records of Zaichang; only signature, tree and files were checked."
    ]
    path = "tile/entries/000"
    bad = [c for c in scan({**files, path: files[path].replace(b"entry 7", b"entry 8", 1)}) if c.status is Status.FAIL]
    assert [(c.code, c.index) for c in bad] == [("E_LEAF_HASH", 7)]
