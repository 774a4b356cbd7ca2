"""The file that proves a certificate: it reads back as itself, and refuses what is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.certificates import CERTIFICATE, NAME, PROOF
from zaichang.audit.certificate.proof import MAX_PROOF_BYTES, read_proof, write_proof
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import leaf_hash


def test_a_proof_reads_back_as_itself_with_or_without_the_name() -> None:
    assert read_proof(write_proof(PROOF)) == PROOF
    bare = replace(PROOF, name="", name_salt=b"")
    assert read_proof(write_proof(bare)) == bare
    assert NAME not in write_proof(bare).decode()


def test_the_qr_code_names_log_index_and_leaf_as_a_receipts_does() -> None:
    assert PROOF.qr_text == f"zaichang:{CERTIFICATE.origin}#5:{leaf_hash(PROOF.leaf).hex()[:16]}"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "zaichang-receipt@v1"},
        {"document": "x"},
        {"salt": "00"},
        {"checkpoint": 1},
        {"index": -1},
        {"index": True},
        {"leaf": None},
        {"proof": "x"},
        {"proof": [1]},
        {"proof": ["AAAA"]},
        {"name": ""},
        {"name": "李\u202e四"},
        {"name_salt": None},
        {"more": "1"},
    ],
)
def test_a_file_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    value = {**json.loads(write_proof(PROOF)), **changes}
    data = canonical_bytes({name: part for name, part in value.items() if part is not None})
    with pytest.raises(EvidenceError):
        read_proof(data)


def test_a_long_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(EvidenceError, match="E_CANON"):
        read_proof(b'{"a":"' + b"x" * MAX_PROOF_BYTES + b'"}')
