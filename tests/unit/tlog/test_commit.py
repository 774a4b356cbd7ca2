"""Commitments hide and bind."""

import hashlib

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.commit import (
    commit_all,
    commitment,
    commitments_root,
    salt,
    schedule_commitment,
    session_key,
)


def test_commitments_hide_and_bind() -> None:
    key = session_key(b"\x01" * 32, "s1")
    assert key != session_key(b"\x01" * 32, "s2")
    salts = {salt(key, kind, n) for kind in ("event", "record") for n in range(20)}
    assert len(salts) == 40
    value = commitment("event", salt(key, "event", 0), b'"x"')
    assert value != commitment("record", salt(key, "event", 0), b'"x"')
    assert value == commitment("event", salt(key, "event", 0), b'"x"')
    for wrong in (b'"y"', b'"x" '):
        assert commitment("event", salt(key, "event", 0), wrong) != value
    with pytest.raises(EvidenceError):
        commitment("event", b"short", b'"x"')


def test_kind_salt_and_payload_cannot_take_bytes_from_each_other() -> None:
    grain = b"\x01" * 32
    assert commitment("ab", grain, b"c") != commitment("a", grain, b"bc")
    for version in (1, 2):
        for kind in ("a\x00", "学"):
            with pytest.raises(EvidenceError, match="ASCII without NUL"):
                commitment(kind, grain, b"c", version)


def test_leaves_of_the_first_version_keep_their_commitments() -> None:
    plain = hashlib.sha256(b"vm/commit/v1\x00event\x00" + b"\x01" * 32 + b"{}").digest()
    assert commitment("event", b"\x01" * 32, b"{}", 1) == plain != commitment("event", b"\x01" * 32, b"{}")


def test_the_root_over_commitments_depends_on_each_and_on_their_order() -> None:
    key = session_key(b"\x01" * 32, "s1")
    values = commit_all("event", key, [b"1", b"2", b"3"], first=4)
    assert values[1] == commitment("event", salt(key, "event", 5), b"2")
    roots = {commitments_root(v) for v in (values, values[::-1], values[:2], [])}
    assert len(roots) == 4


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_schedules_secret_has_32_bytes(size: int) -> None:
    with pytest.raises(EvidenceError, match="E_SCHED"):
        schedule_commitment("ab" * 16, bytes(size))
    assert len(schedule_commitment("ab" * 16, bytes(32))) == 32
