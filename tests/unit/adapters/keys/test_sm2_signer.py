"""An SM2 key in a file: one key for one name, and a name that a note can carry."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from zaichang.adapters.keys.sm2_signer import Sm2Signer, load_or_create_sm2_key
from zaichang.core.errors import ConfigError
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note, sign_note
from zaichang.tlog.sm import verify_sm2

NAME = "hours.example.org/1"
SECRET = b"\x0b" * 32


def test_a_signature_checks_against_the_key_that_is_announced() -> None:
    signer = Sm2Signer(NAME, SECRET)
    verifier = parse_vkey(signer.vkey)
    signature = signer.sign(b"text\n")
    assert len(signature) == 64
    assert (verifier.name, verifier.key_id) == (NAME, signer.key_id)
    assert verify_sm2(verifier.public_key, b"text\n", signature)
    assert not verify_sm2(verifier.public_key, b"test\n", signature)
    assert open_note(sign_note(b"text\n", [signer]), [verifier]).names() == (NAME,)


def test_another_name_is_another_key_id_and_another_secret_another_key() -> None:
    one = Sm2Signer(NAME, SECRET)
    assert Sm2Signer(f"{NAME}/sm3", SECRET).key_id != one.key_id
    assert Sm2Signer(NAME, b"\x0c" * 32).vkey != one.vkey


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_name_that_a_note_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"log\.key_name"):
        Sm2Signer(name, SECRET)


def test_a_key_is_drawn_once_and_loaded_afterwards(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    first = load_or_create_sm2_key(tmp_path / "a.sm2", NAME)
    assert load_or_create_sm2_key(tmp_path / "a.sm2", NAME).vkey == first.vkey
    assert load_or_create_sm2_key(tmp_path / "b.sm2", NAME).vkey != first.vkey


def test_without_the_library_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmalg", None)
    with pytest.raises(ConfigError, match=r"verify\.no_sm.*zaichang\[sm\]"):
        Sm2Signer(NAME, SECRET)
