"""Encryption at rest: bound to its place, and gone for good when the learner's key is destroyed."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import ConfigError, NotAllowed, NotFound, StorageError
from zaichang.live.kept_captures import keep_capture
from zaichang.ports.purposes import MarkKind, Purpose
from zaichang.ports.records import Enrolment

MASTER = bytes(range(32))
SECRET = b"\xff\xd8\xff secret picture bytes that must not be readable on disk"


def test_encrypted_data_opens_only_at_its_place() -> None:
    vault = Vault(MASTER)
    key = vault.unlock(vault.new_learner("inst", "a", 1))
    other = vault.unlock(vault.new_learner("inst", "b", 1))
    sealed = key.encrypt(Purpose.CAPTURE, "s/c0", SECRET)
    assert SECRET not in sealed
    assert key.decrypt(Purpose.CAPTURE, "s/c0", sealed) == SECRET
    for where, opener in ((("capture", "s/c1"), key), (("template", "s/c0"), key), (("capture", "s/c0"), other)):
        with pytest.raises(StorageError) as caught:
            opener.decrypt(*where, sealed)
        assert caught.value.code == "storage.sealed_damaged"


@pytest.mark.parametrize("position", [0, 11, 12, 30, -1])
def test_a_changed_byte_is_found(position: int) -> None:
    vault = Vault(MASTER)
    key = vault.unlock(vault.new_learner("inst", "a", 1))
    sealed = bytearray(key.encrypt(Purpose.CAPTURE, "x", SECRET))
    sealed[position] ^= 1
    with pytest.raises(StorageError):
        key.decrypt(Purpose.CAPTURE, "x", bytes(sealed))


def test_a_wrapped_key_serves_its_own_learner_and_master_only() -> None:
    learner = Vault(MASTER).new_learner("inst", "a", 1)
    with pytest.raises(StorageError) as caught:
        Vault(MASTER).unlock(replace(learner, learner_id="b"))
    assert caught.value.code == "storage.master_key"
    with pytest.raises(StorageError):
        Vault(bytes(32)).unlock(learner)
    with pytest.raises(NotAllowed):
        Vault(MASTER).unlock(replace(learner, wrapped_key=None))


def test_keys_never_show_in_a_repr() -> None:
    vault = Vault(MASTER)
    key = vault.unlock(vault.new_learner("inst", "a", 1))
    assert key.key.hex() not in repr(key) and repr(key.key) not in repr(key)


async def test_erasure_leaves_nothing_that_opens(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        vault, blobs = Vault(MASTER), PosixBlobs(DataFolder(tmp_path))
        learner = await store.ensure_learner(vault.new_learner("inst", "gone", 1))
        key = vault.unlock(learner)
        template = key.encrypt(Purpose.TEMPLATE, "1", b"template bytes")
        await store.add_enrolment("inst", "gone", Enrolment(version=1, at_ms=1, models="m", encrypted=template))
        keep_capture(blobs, key, "s1", "c0", SECRET)
        assert learner.wrapped_key is not None
        await erase_all(store, "inst", "gone", "erased-1", 2)
        with pytest.raises(NotAllowed) as caught:
            await store.learner("inst", "erased-1")
        assert caught.value.code == "learner.erased"
        with pytest.raises(NotAllowed):
            await store.ensure_learner(vault.new_learner("inst", "erased-1", 3))
        with pytest.raises(NotFound):
            await store.learner("inst", "gone")
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert learner.wrapped_key not in everything
        assert template not in everything


async def test_an_enrolment_replaces_the_earlier_one(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert await store.enrolment("inst", "learner") is None
        for version in (1, 2):
            await store.add_enrolment(
                "inst", "learner", Enrolment(version=version, at_ms=version, models="m", encrypted=bytes([version]))
            )
        found = await store.enrolment("inst", "learner")
        assert found is not None and found.encrypted == b"\x02"
        with pytest.raises(StorageError) as caught:
            await store.add_enrolment("inst", "learner", Enrolment(version=2, at_ms=3, models="m", encrypted=b"x"))
        assert caught.value.code == "enrolment.raced"


def test_the_master_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    key = load_key(folder, "master.key")
    assert len(key) == 32
    assert load_key(folder, "master.key") == key
    assert (folder.keys / "master.key").stat().st_mode & 0o777 == 0o600
    (folder.keys / "master.key").chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        load_key(folder, "master.key")
    assert caught.value.code == "key.mode"


def test_a_key_can_come_from_a_setting_or_a_command(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    text = base64.b64encode(MASTER).decode()
    assert load_key(folder, "k", value=text) == MASTER
    assert load_key(folder, "k", command=f"{sys.executable} -c \"print('{text}')\"") == MASTER
    assert not (folder.keys / "k").exists()
    for bad in ({"value": "short"}, {"command": "/no/such/program"}, {"command": "false"}, {"command": "echo nope"}):
        with pytest.raises(ConfigError):
            load_key(folder, "k", **bad)


def test_a_new_key_without_biometrics_keeps_the_salts_and_opens_nothing_old() -> None:
    vault = Vault(MASTER)
    first = vault.new_learner("inst", "a", 1)
    old = vault.unlock(first)
    new = vault.unlock(vault.without_biometrics(first))
    assert new.subject_key() == old.subject_key() and new.key != old.key
    with pytest.raises(StorageError, match=r"storage\.sealed_damaged"):
        new.decrypt(Purpose.TEMPLATE, "1", old.encrypt(Purpose.TEMPLATE, "1", b"face"))
    again = vault.unlock(vault.without_biometrics(vault.without_biometrics(first)))
    assert again.subject_key() == old.subject_key()


def test_a_mark_depends_on_the_master_key_its_kind_and_every_part() -> None:
    vault = Vault(MASTER)
    marks = {
        vault.mark(MarkKind.LEARNER, "inst", "a"), vault.mark(MarkKind.LEARNER, "inst", "b"),
        vault.mark(MarkKind.LEARNER, "other", "a"), vault.mark(MarkKind.PERSON, "inst", "a"),
        Vault(bytes(32)).mark(MarkKind.LEARNER, "inst", "a"),
    }  # fmt: skip
    assert len(marks) == 5 and all(len(mark) == 32 for mark in marks)
    assert vault.new_learner("inst", "a", 1).mark == vault.mark(MarkKind.LEARNER, "inst", "a")
