"""Retired and revoked keys in a trust file."""

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.note import NoteSignature, cosign_note, format_note, parse_note
from zaichang.tlog.trust import parse_trust

ORIGIN = "hours.example.org/log/2026"
OLD, NEW = Ed25519Signer(ORIGIN, b"\x01" * 32), Ed25519Signer(ORIGIN, b"\x02" * 32)
WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)
HEAD = f"log {OLD.vkey}\nlog {NEW.vkey}\n"


def checkpoint(size: int, *signers: Ed25519Signer, witnessed: bool = False) -> bytes:
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=b"\x09" * 32), signers)
    if not witnessed:
        return note
    parsed = parse_note(note)
    line: NoteSignature = cosign_note(parsed.text, WITNESS, 1_700_000_000)
    return format_note(parsed.text, (*parsed.signatures, line))


def opens(trust: str, note: bytes) -> str:
    try:
        parse_trust(trust.encode()).open_checkpoint(note)
    except EvidenceError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize(
    ("word", "size", "signers", "outcome"),
    [
        ("retired", 5, (OLD,), "ok"),
        ("retired", 6, (OLD,), "E_KEY"),
        ("retired", 6, (OLD, NEW), "ok"),
        ("retired", 6, (NEW,), "ok"),
        ("revoked", 5, (OLD,), "E_KEY"),
        ("revoked", 6, (OLD,), "E_KEY"),
        ("revoked", 6, (NEW, OLD), "ok"),
    ],
)
def test_what_an_ended_key_is_good_for(word: str, size: int, signers: tuple[Ed25519Signer, ...], outcome: str) -> None:
    assert opens(f"{HEAD}{word} {OLD.vkey} 5\nquorum none\n", checkpoint(size, *signers)) == outcome


def test_a_revoked_keys_earlier_checkpoints_stand_where_witnesses_saw_them() -> None:
    trust = f"{HEAD}revoked {OLD.vkey} 5\nwitness w {WITNESS.vkey}\nquorum w\n"
    assert opens(trust, checkpoint(5, OLD, witnessed=True)) == "ok"
    assert opens(trust, checkpoint(5, OLD)) == "E_QUORUM"
    assert opens(trust, checkpoint(6, OLD, witnessed=True)) == "E_KEY"


@pytest.mark.parametrize(
    "line",
    [
        f"retired {OLD.vkey}",
        f"retired {OLD.vkey} -1",
        f"retired {OLD.vkey} 05",
        f"retired {OLD.vkey} 5 6",
        f"revoked {OLD.vkey} 5\nretired {OLD.vkey} 5",
        f"retired {Ed25519Signer(ORIGIN, b'4' * 32).vkey} 5",
        f"retired {WITNESS.vkey} 5",
    ],
)
def test_bad_lines_are_refused(line: str) -> None:
    with pytest.raises(EvidenceError, match="E_TRUST"):
        parse_trust(f"{HEAD}{line}\nquorum none\n".encode())
