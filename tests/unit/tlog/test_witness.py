import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog import merkle
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer, parse_vkey
from zaichang.tlog.witness import (
    NOTHING,
    SIZE_TYPE,
    Accepted,
    AddCheckpoint,
    Refused,
    Seen,
    format_request,
    judge,
    parse_request,
)

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)
STRANGER = Ed25519Signer("hours.example.net/log/2026", b"\x02" * 32)
THIEF = Ed25519Signer(LOG.name, b"\x03" * 32)
KEYS = {LOG.name: [parse_vkey(LOG.vkey)]}
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(9)]


def seen(size: int) -> Seen:
    return Seen(size=size, root=merkle.root_hash(LEAVES[:size]))


def request(old: int, size: int, signer: Ed25519Signer = LOG, leaves: list[bytes] = LEAVES) -> AddCheckpoint:
    root = merkle.root_hash(leaves[:size])
    proof = merkle.consistency_proof(leaves, old, size) if 0 < old <= size else []
    note = sign_checkpoint(Checkpoint(origin=signer.name, size=size, root=root), [signer])
    return AddCheckpoint(old_size=old, proof=tuple(proof), note=note)


def status(what: AddCheckpoint, before: Seen) -> int:
    verdict = judge(what, KEYS, before)
    return verdict.status if isinstance(verdict, Refused) else 200


def test_growth_is_cosigned_and_only_growth() -> None:
    for old in range(9):
        for size in range(old, 10):
            verdict = judge(request(old, size), KEYS, seen(old) if old else NOTHING)
            assert isinstance(verdict, Accepted), (old, size)
            assert verdict.seen == seen(size)
            assert verdict.before == (seen(old) if old else NOTHING)


def test_each_refusal_has_the_status_of_the_specification() -> None:
    assert status(request(0, 3, STRANGER), NOTHING) == 404
    assert status(request(0, 3, THIEF), NOTHING) == 403
    assert status(AddCheckpoint(old_size=5, proof=(), note=request(0, 3).note), seen(5)) == 400
    assert status(request(2, 5), seen(3)) == 409
    assert status(request(0, 5), seen(3)) == 409
    other = [merkle.leaf_hash(b"other"), *LEAVES[1:]]
    assert status(request(3, 3, leaves=other), seen(3)) == 409
    assert status(request(3, 5, leaves=other), seen(3)) == 422
    assert status(AddCheckpoint(old_size=3, proof=(), note=request(3, 5).note), seen(3)) == 422
    assert status(AddCheckpoint(old_size=0, proof=(LEAVES[0],), note=request(0, 5).note), NOTHING) == 422
    assert status(AddCheckpoint(old_size=0, proof=(), note=b"not a note"), NOTHING) == 400


def test_a_conflict_says_what_the_witness_has() -> None:
    verdict = judge(request(0, 5), KEYS, seen(3))
    assert isinstance(verdict, Refused)
    assert (verdict.body, verdict.content_type) == ("3\n", SIZE_TYPE)


def test_requests_survive_being_written_and_read() -> None:
    for old, size in ((0, 0), (0, 5), (3, 9), (4, 4)):
        assert parse_request(format_request(request(old, size))) == request(old, size)


NOTE = request(0, 1).note


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"old  1\n\n" + NOTE,
        b"new 0\n\n" + NOTE,
        b"old 1\nAAAA\n\n" + NOTE,
        b"old 1\n!!!!\n\n" + NOTE,
        b"old 1\n\xff\n\n" + NOTE,
        b"old 1\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\n" + NOTE,
        b"old 0\n\n" + b"x" * 1_000_001,
    ],
)
def test_malformed_requests_are_refused(body: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        parse_request(body)
    assert caught.value.code == "E_WITNESS_REQUEST"
