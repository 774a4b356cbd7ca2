"""Two witnesses, a trust file that asks for both, and checkpoints that they cosign at chosen times."""

from __future__ import annotations

from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.trust import Trust, parse_trust

ONE, TWO = Ed25519Cosigner("one.example.org", b"\x21" * 32), Ed25519Cosigner("two.example.org", b"\x22" * 32)


def both(log: Ed25519Signer) -> Trust:
    """Return the trust in one log that asks for both witnesses."""
    lines = [f"log {log.vkey}", f"witness one {ONE.vkey}", f"witness two {TWO.vkey}", "group both all one two"]
    return parse_trust("\n".join([*lines, "quorum both", ""]).encode())


def cosign(note: bytes, *times: tuple[Ed25519Cosigner, int]) -> bytes:
    """Return a signed checkpoint with cosignatures, each by a witness at a time in milliseconds."""
    parsed = parse_note(note)
    added = [cosign_note(parsed.text, witness, at_ms // 1000) for witness, at_ms in times]
    return format_note(parsed.text, (*parsed.signatures, *added))


def checkpoint_of(log: Ed25519Signer, leaves: list[bytes], *times: tuple[Ed25519Cosigner, int]) -> bytes:
    """Return the cosigned checkpoint of a log with these leaves."""
    root = root_hash([leaf_hash(data) for data in leaves])
    return cosign(sign_checkpoint(Checkpoint(origin=log.name, size=len(leaves), root=root), [log]), *times)
