"""A log's signers in their order, and the key leaves that name them once."""

from __future__ import annotations

import pytest

from support.log_media import MemoryKeys, MemoryMedium
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import ConfigError
from zaichang.log.key_list import KeyList
from zaichang.log.signing import SigningConfig, additional_signers, former_keys, key_leaf, open_signers, refuse_ended
from zaichang.tlog.keys import Ed25519Signer, SignatureType, parse_vkey

ORIGIN = "hours.example.org/inst-1/2026"


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys(MemoryMedium())


def test_the_logs_own_key_signs_first_and_the_others_as_asked_for(keys: MemoryKeys) -> None:
    def kinds(config: SigningConfig) -> list[SignatureType]:
        return [parse_vkey(signer.vkey).signature_type for signer in open_signers(keys, ORIGIN, config)]

    assert kinds(SigningConfig()) == [SignatureType.ED25519]
    assert kinds(SigningConfig(ml_dsa=True)) == [SignatureType.ED25519, SignatureType.COSIGNATURE_ML_DSA_44]
    assert additional_signers(keys, ORIGIN, SigningConfig()) == []


def test_a_command_takes_the_place_of_the_key_file(keys: MemoryKeys) -> None:
    with pytest.raises(NotImplementedError, match="my-device"):
        open_signers(keys, ORIGIN, SigningConfig(command="my-device"))


def test_an_ended_key_may_not_sign_and_its_successor_may(keys: MemoryKeys) -> None:
    own, successor = keys.own_signer(ORIGIN), keys.next_signer(ORIGIN)
    names = KeyList(keys)
    names.add(f"log {own.vkey}")
    refuse_ended(keys, own)
    names.add(f"log {successor.vkey}")
    names.add(f"retired {own.vkey} 7")
    with pytest.raises(ConfigError) as caught:
        refuse_ended(keys, own)
    assert caught.value.code == "log.key_ended"
    refuse_ended(keys, successor)


def test_former_keys_are_the_listed_ones_that_do_not_sign_now(keys: MemoryKeys) -> None:
    old, new = (Ed25519Signer(ORIGIN, bytes([n]) * 32) for n in (1, 2))
    names = KeyList(keys)
    for signer in (old, new):
        names.add(f"log {signer.vkey}")
    assert [key.vkey for key in former_keys(keys, [new])] == [old.vkey]
    assert former_keys(keys, [old, new]) == ()


def test_a_key_leaf_names_the_key_its_role_and_from_where_it_counts(keys: MemoryKeys) -> None:
    key = parse_vkey(keys.own_signer(ORIGIN).vkey)
    leaf = parse_canonical_object(key_leaf(ORIGIN, 5, "retire", key, 12))
    assert (leaf["t"], leaf["action"], leaf["role"], leaf["vkey"], leaf["from_size"], leaf["at"]) == (
        "key", "retire", "log", key.vkey, 12, 5,
    )  # fmt: skip
