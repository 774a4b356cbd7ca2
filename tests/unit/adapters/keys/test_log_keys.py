from pathlib import Path

import pytest

from support.log_faults import ORIGIN
from zaichang.adapters.keys.log_keys import load_or_create_log_key, load_or_create_witness_key
from zaichang.core.errors import ConfigError, StorageError


def test_keys_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys/log"
    signer = load_or_create_log_key(path, ORIGIN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_log_key(path, ORIGIN).vkey == signer.vkey
    assert [entry.name for entry in path.parent.iterdir()] == ["log"]
    assert load_or_create_witness_key(tmp_path / "w", "witness.example.org").vkey.startswith("witness.example.org+")
    for text in ("", "zz", "00" * 31):
        path.write_text(text)
        with pytest.raises(ConfigError):
            load_or_create_log_key(path, ORIGIN)
    with pytest.raises(StorageError):
        load_or_create_log_key(path / "below", ORIGIN)
