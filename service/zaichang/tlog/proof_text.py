"""The text form of an inclusion proof with its checkpoint (C2SP tlog-proof, read at commit 0065ea5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import parse_size
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.merkle import HASH_BYTES

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_HASHES: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """An inclusion proof that can be checked offline.

    Attributes:
        index: The leaf's number, from 0.
        hashes: Sibling hashes, from the leaf up.
        checkpoint: The signed checkpoint note, verbatim.
        extra: Unauthenticated extra data, or None where there is no such line.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> bytes:
    """Return the text of a ``.tlog-proof`` file."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {encode_base64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [encode_base64(value) for value in proof.hashes]
    return ("\n".join(lines) + "\n\n").encode("ascii") + proof.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Read a ``.tlog-proof`` text; the checkpoint in it is not checked here.

    Raises:
        EvidenceError: ``E_PROOF_FORMAT``.
    """
    head, gap, checkpoint = data.partition(b"\n\n")
    if not gap or not checkpoint:
        _malformed("the empty line before the checkpoint, or the checkpoint, is missing")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        _malformed("the part before the checkpoint is not ASCII")
    if lines.pop(0) != HEADER:
        _malformed(f"the first line is not {HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decode(lines.pop(0).removeprefix("extra "), "the extra data")
    if not lines or not lines[0].startswith("index "):
        _malformed("the index line is missing")
    index = parse_size(lines.pop(0).removeprefix("index "))
    if index is None:
        _malformed("the index is not a decimal number without leading zeroes")
    if len(lines) > MAX_HASHES:
        _malformed(f"more than {MAX_HASHES} hashes")
    hashes = tuple(_decode(line, "a hash") for line in lines)
    if any(len(value) != HASH_BYTES for value in hashes):
        _malformed("a hash is not 32 bytes")
    return TlogProof(index=index, hashes=hashes, checkpoint=checkpoint, extra=extra)


def _decode(text: str, what: str) -> bytes:
    try:
        return decode_base64(text)
    except EvidenceError:
        _malformed(f"{what} is not base64")


def _malformed(what: str) -> NoReturn:
    raise EvidenceError("E_PROOF_FORMAT", f"Not a tlog-proof: {what}.")
