"""A fork file proves two histories of one log, and nothing else."""

from __future__ import annotations

import json

import pytest

from support.evidence_bundle import ORIGIN, SIGNER
from support.small_logs import TRUST, files_of, session_leaves
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.whole.fork import contradict, find_split, verify_fork, write_fork
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.tiles import TileId, TileTree

LEAVES = session_leaves(80)
OTHER = [*LEAVES[:300], LEAVES[300].replace(b'"course":"c"', b'"course":"d"'), *LEAVES[301:]]


def tree(leaves: list[bytes]) -> tuple[TileTree, bytes]:
    files = files_of(leaves)

    def read(tile: TileId) -> bytes:
        return files[tile.path()]

    return TileTree(len(leaves), read), files["checkpoint"]


def checked(data: bytes) -> tuple[int, Check]:
    (check,) = verify_fork(data, TRUST)
    return exit_code([check]), check


@pytest.mark.parametrize(("held", "shown"), [(400, 390), (350, 400), (301, 400)])
def test_two_histories_of_different_sizes_are_proven_by_one_leaf(held: int, shown: int) -> None:
    (own, old), (other, new) = tree(LEAVES[:held]), tree(OTHER[:shown])
    split = find_split(own, other)
    assert split is not None and split.index == 300
    code, check = checked(write_fork(old, new, split))
    assert (code, check.code, check.index, check.origin) == (1, "E_FORK", 300, ORIGIN)


def test_two_roots_of_one_size_are_proof_enough() -> None:
    (_, old), (_, new) = tree(LEAVES[:310]), tree(OTHER[:310])
    assert checked(write_fork(old, new, None))[0] == 1


def test_a_log_that_grew_is_no_fork() -> None:
    (own, old), (other, new) = tree(LEAVES[:310]), tree(LEAVES)
    assert find_split(own, other) is None
    code, check = checked(write_fork(old, new, None))
    assert (code, check.status) == (2, Status.UNDECIDED)
    one, two = (Checkpoint(origin=ORIGIN, size=1, root=bytes([n]) * 32) for n in (1, 2))
    assert (contradict(one, two), contradict(one, one)) == (True, False)


def test_a_false_file_proves_nothing() -> None:
    (own, old), (other, new) = tree(LEAVES[:350]), tree(OTHER)
    split = find_split(own, other)
    value = json.loads(write_fork(old, new, split))
    stranger = Ed25519Signer(ORIGIN, b"\x44" * 32)
    foreign = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=bytes(32)), [stranger]).decode()
    for change in (
        {"held_hash": value["shown_hash"]},
        {"held_hash": "no hex"},
        {"held_proof": None},
        {"shown_proof": value["shown_proof"][1:]},
        {"index": 299},
        {"index": "x"},
        {"shown": foreign},
    ):
        code, check = checked(canonical_bytes({key: v for key, v in {**value, **change}.items() if v is not None}))
        assert (code, check.check) == (2, "fork"), change
    assert checked(b"{}")[0] == 2


def test_two_logs_are_no_fork() -> None:
    second = Ed25519Signer("hours.example.org/log/2027", b"\x45" * 32)
    note = sign_checkpoint(Checkpoint(origin=second.name, size=310, root=bytes(32)), [second])
    from zaichang.tlog.trust import parse_trust

    trust = parse_trust(f"log {SIGNER.vkey}\nlog {second.vkey}\nquorum none\n".encode())
    (check,) = verify_fork(write_fork(tree(LEAVES[:310])[1], note, None), trust)
    assert check.code == "E_ORIGIN"


def test_a_missing_tile_is_raised() -> None:
    def read(tile: TileId) -> bytes:
        raise EvidenceError("E_TILE", "gone")

    with pytest.raises(EvidenceError):
        find_split(tree(LEAVES[:310])[0], TileTree(310, read))
