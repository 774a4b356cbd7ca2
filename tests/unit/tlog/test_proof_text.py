"""The text form of an inclusion proof, and everything that is none."""

from __future__ import annotations

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import encode_base64
from zaichang.tlog.proof_text import HEADER, MAX_HASHES, TlogProof, format_proof, parse_proof

HASH = encode_base64(bytes(32))
CHECKPOINT = b"origin\n1\nroot\n\nsignature\n"


@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_a_proof_survives_being_written_and_read(extra: bytes | None) -> None:
    proof = TlogProof(index=7, hashes=(bytes(32), b"\x01" * 32), checkpoint=CHECKPOINT, extra=extra)
    assert parse_proof(format_proof(proof)) == proof


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["other header", "index 0"],
        [HEADER],
        [HEADER, HASH],
        [HEADER, "index 01"],
        [HEADER, "index 0", "?"],
        [HEADER, "index 0", "AA=="],
        [HEADER, "extra ?", "index 0"],
        [HEADER, "index 0", *[HASH] * (MAX_HASHES + 1)],
        [HEADER, "index 0", "\u2014"],
    ],
)
def test_another_text_is_refused(lines: list[str]) -> None:
    with pytest.raises(EvidenceError, match="E_PROOF_FORMAT"):
        parse_proof("\n".join(lines).encode() + b"\n\n" + CHECKPOINT)


@pytest.mark.parametrize("data", [b"", b"no gap\n", f"{HEADER}\nindex 0\n\n".encode()])
def test_a_proof_holds_its_checkpoint(data: bytes) -> None:
    with pytest.raises(EvidenceError, match="the checkpoint, is missing"):
        parse_proof(data)
