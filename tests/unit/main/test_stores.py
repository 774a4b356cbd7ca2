"""A master key is made for a new folder only, and a folder opens with its own key only."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from support.stores import open_store
from zaichang.adapters.keys.vault import Vault
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.errors import ConfigError, StorageError
from zaichang.main.stores import vault_of
from zaichang.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    DataFolder(tmp_path).prepare()
    return load_settings(None, {"data": tmp_path})


@pytest.fixture
def store(settings: Settings) -> SqliteStore:
    return SqliteStore(DataFolder(settings.data), inline=True)


def key_file(settings: Settings) -> Path:
    return DataFolder(settings.data).keys / "master.key"


async def test_a_new_folder_gets_a_key_and_remembers_it(settings: Settings, store: SqliteStore) -> None:
    vault = await vault_of(settings, store)
    assert key_file(settings).is_file()
    assert await store.key_check() == vault.check_value
    assert base64.b64decode(key_file(settings).read_bytes()) not in DataFolder(settings.data).database.read_bytes()
    assert (await vault_of(settings, store)).check_value == vault.check_value


async def test_a_lost_key_is_not_replaced(settings: Settings, store: SqliteStore) -> None:
    await vault_of(settings, store)
    key_file(settings).unlink()
    with pytest.raises(ConfigError) as caught:
        await vault_of(settings, store)
    assert caught.value.code == "key.missing"
    assert not key_file(settings).exists()


async def test_another_key_is_refused_also_before_the_first_learner(settings: Settings, store: SqliteStore) -> None:
    await vault_of(settings, store)
    key_file(settings).write_bytes(base64.b64encode(bytes(range(32))))
    with pytest.raises(StorageError) as caught:
        await vault_of(settings, store)
    assert caught.value.code == "storage.master_key"


async def test_a_folder_without_a_check_value_is_judged_by_a_learner_s_key(settings: Settings) -> None:
    async with open_store(settings.data, inline=True) as store:  # its learner's key opens with no master key
        with pytest.raises(ConfigError) as missing:
            await vault_of(settings, store)
        assert missing.value.code == "key.missing"
        key_file(settings).write_bytes(base64.b64encode(bytes(range(32))))
        key_file(settings).chmod(0o600)
        with pytest.raises(StorageError) as wrong:
            await vault_of(settings, store)
        assert wrong.value.code == "storage.master_key"
        assert await store.key_check() is None
        await store._db.write(lambda db: db.execute("UPDATE learners SET wrapped_key = NULL"))
        await store.ensure_learner(Vault(bytes(range(32))).new_learner("inst", "other", 3))
        assert await store.key_check() is None
        vault = await vault_of(settings, store)
        assert await store.key_check() == vault.check_value
