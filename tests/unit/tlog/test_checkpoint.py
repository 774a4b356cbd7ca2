"""Checkpoints: by whom they must be signed, and which bodies are malformed."""

from dataclasses import replace

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer, parse_vkey
from zaichang.tlog.merkle import EMPTY_ROOT, leaf_hash
from zaichang.tlog.note import (
    open_note,
    sign_note,
)

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)


OTHER = Ed25519Signer("hours.example.net/log/2026", b"\x02" * 32)


CHECKPOINT = Checkpoint(origin=LOG.name, size=1, root=leaf_hash(b"x"))


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(EvidenceError) as caught:
        call(*arguments)  # type: ignore[operator]  # every caller passes a function
    return caught.value.code


def test_a_log_whose_key_has_another_name_is_opened_as_a_note() -> None:
    """The Go checksum database and Rekor v1 name their keys otherwise than their origins, which may hold spaces."""
    body = Checkpoint(origin="go.sum database tree", size=1, root=leaf_hash(b"x"), extensions=("Timestamp: 1",)).body()
    note = sign_note(body, [OTHER])
    assert parse_checkpoint(open_note(note, [parse_vkey(OTHER.vkey)]).text).origin == "go.sum database tree"
    assert code_of(open_checkpoint, note, [parse_vkey(OTHER.vkey)]) == "E_NOTE_SIG"


def test_a_checkpoint_must_be_signed_by_the_log_it_names() -> None:
    keys = [parse_vkey(LOG.vkey), parse_vkey(OTHER.vkey)]
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, [LOG]), keys, LOG.name).checkpoint == CHECKPOINT
    assert code_of(open_checkpoint, sign_checkpoint(CHECKPOINT, [OTHER]), keys) == "E_NOTE_SIG"
    assert code_of(open_checkpoint, sign_checkpoint(CHECKPOINT, [LOG]), keys, OTHER.name) == "E_ORIGIN"


@pytest.mark.parametrize(
    "body",
    [
        b"log\n1\n",
        b"\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n\u0661\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".encode(),
        b"log\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n1\nAAAA\n",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        b"log\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\x1b[2J\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\u202e\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".encode(),
        b"\xff\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    ],
)
def test_malformed_checkpoints_are_refused(body: bytes) -> None:
    assert code_of(parse_checkpoint, body) == "E_CHECKPOINT"


def test_extension_lines_are_kept_and_an_empty_log_has_the_empty_root() -> None:
    body = b"log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n"
    assert parse_checkpoint(body) == Checkpoint(origin="log", size=0, root=EMPTY_ROOT, extensions=("more",))
    assert parse_checkpoint(body).body() == body


def test_a_checkpoint_that_cannot_be_read_back_is_not_signed() -> None:
    assert code_of(sign_checkpoint, replace(CHECKPOINT, origin="two\nlines"), [LOG]) == "E_CHECKPOINT"
    assert code_of(sign_checkpoint, replace(CHECKPOINT, extensions=("two\nlines",)), [LOG]) == "E_CHECKPOINT"
