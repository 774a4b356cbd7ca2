"""A file or folder is recognised by its content, read within limits, and refused with a code otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support import evidence_bundle as sample_of
from support.log_faults import grow
from support.log_media import PosixMedium
from zaichang.audit.check import exit_code
from zaichang.audit.source import load_trust, open_files, read_file, tile_reader, verify_path
from zaichang.core.errors import EvidenceError, UnreadableInput
from zaichang.tlog.trust import trust_log

SAMPLE = sample_of.sample()
TRUST = trust_log(sample_of.SIGNER.vkey)


def code_of(error: pytest.ExceptionInfo[UnreadableInput]) -> str:
    return error.value.code


def test_a_file_of_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)
    assert read_file(file, 10) == b"x" * 10
    with pytest.raises(UnreadableInput) as caught:
        read_file(file, 9)
    assert code_of(caught) == "verify.too_large"
    file.write_bytes(b"")
    assert read_file(file, 9) == b""


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "none", tmp_path / "pipe"):
        with pytest.raises(UnreadableInput) as caught:
            read_file(path, 10)
        assert code_of(caught) == "verify.unreadable"


def test_a_trust_file_is_a_policy_or_one_key_line(tmp_path: Path) -> None:
    file = tmp_path / "trust"
    file.write_text(sample_of.SIGNER.vkey + "\n")
    assert load_trust(file) == TRUST
    file.write_text(f"log {sample_of.SIGNER.vkey}\nquorum none\n")
    assert load_trust(file) == TRUST
    for text, code in (("nothing\n", "E_TRUST"), ("a+b+c\n", "E_VKEY")):
        file.write_text(text)
        with pytest.raises(EvidenceError) as caught:
            load_trust(file)
        assert caught.value.code == code


def test_a_bundle_is_told_from_other_files(tmp_path: Path) -> None:
    bundle, other = tmp_path / "any.name", tmp_path / "session.bundle"
    bundle.write_bytes(SAMPLE.data)
    assert exit_code(verify_path(bundle, TRUST)) == 0
    other.write_bytes(b"PK\x03\x04" + SAMPLE.data)
    with pytest.raises(UnreadableInput) as caught:
        verify_path(other, TRUST)
    assert code_of(caught) == "verify.unknown_format"
    with pytest.raises(UnreadableInput) as caught:
        verify_path(bundle, TRUST, older=[SAMPLE.bundle.checkpoint])
    assert code_of(caught) == "verify.older"


def test_a_log_is_found_in_its_folder_or_in_public_below_it(tmp_path: Path) -> None:
    medium = PosixMedium(tmp_path / "log")
    grow(medium, 3)
    for folder in (medium.root, medium.root / "public"):
        read = tile_reader(folder)
        assert read("checkpoint") == (medium.root / "public" / "checkpoint").read_bytes()
        assert read("tile/0/none") is None
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        tile_reader(tmp_path)


def test_several_files_share_one_limit(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_bytes(b"12345")
    with open_files(paths, 10) as files:
        assert [file.read() for file in files] == [b"12345"] * 2
    assert all(file.closed for file in files)
    with pytest.raises(UnreadableInput, match=r"verify\.too_large"), open_files(paths, 9):
        pass
    with pytest.raises(UnreadableInput, match=r"verify\.unreadable"), open_files([tmp_path], 9):
        pass
    with pytest.raises(UnreadableInput, match=r"verify\.too_large"):
        verify_path(paths[0], TRUST, max_bytes=4)
