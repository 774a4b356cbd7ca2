"""One log's keys as files: drawn once, rotated without losing the old one, listed durably."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.keys.log_key_files import LogKeyFiles
from zaichang.core.errors import StorageError
from zaichang.tlog.keys import parse_vkey

ORIGIN = "hours.example.org/inst/2026"


def files(path: Path) -> LogKeyFiles:
    keys = path / "keys"
    keys.mkdir(mode=0o700)
    return LogKeyFiles(keys, "inst-2026", path / "log")


def test_keys_are_drawn_on_first_use_and_stay(tmp_path: Path) -> None:
    one = files(tmp_path)
    own, following = one.own_signer(ORIGIN), one.next_signer(ORIGIN)
    assert own.vkey != following.vkey
    assert one.own_signer(ORIGIN).vkey == own.vkey and one.next_signer(ORIGIN).vkey == following.vkey
    assert one.ml_dsa_secret() == one.ml_dsa_secret()
    assert sorted(each.name for each in (tmp_path / "keys").iterdir()) == [
        "inst-2026.key", "inst-2026.key.next", "inst-2026.mldsa",
    ]  # fmt: skip


def test_a_rotation_puts_the_next_key_in_place_and_keeps_the_old_secret(tmp_path: Path) -> None:
    one = files(tmp_path)
    old, new = one.own_signer(ORIGIN), one.next_signer(ORIGIN)
    secret = (tmp_path / "keys" / "inst-2026.key").read_bytes()
    one.complete_rotation(old.key_id)
    assert one.own_signer(ORIGIN).vkey == new.vkey
    assert (tmp_path / "keys" / f"inst-2026.key.ended-{old.key_id:08x}").read_bytes() == secret
    assert one.next_signer(ORIGIN).vkey not in (old.vkey, new.vkey), "a new one is drawn for the next rotation"


def test_a_rotation_that_was_cut_off_half_way_is_completed(tmp_path: Path) -> None:
    one = files(tmp_path)
    old, new = one.own_signer(ORIGIN), one.next_signer(ORIGIN)
    keys = tmp_path / "keys"
    (keys / f"inst-2026.key.ended-{old.key_id:08x}").hardlink_to(keys / "inst-2026.key")
    one.complete_rotation(old.key_id)
    assert one.own_signer(ORIGIN).vkey == new.vkey


def test_a_rotation_without_a_next_key_is_refused(tmp_path: Path) -> None:
    one = files(tmp_path)
    old = one.own_signer(ORIGIN)
    with pytest.raises(StorageError, match=r"log\.key_file"):
        one.complete_rotation(old.key_id)
    assert one.own_signer(ORIGIN).vkey == old.vkey


def test_the_public_key_is_published_beside_the_tiles(tmp_path: Path) -> None:
    one = files(tmp_path)
    own = one.own_signer(ORIGIN)
    one.publish(own.vkey)
    published = (tmp_path / "log" / "vkey").read_text()
    assert parse_vkey(published.strip()).name == ORIGIN and published.endswith("\n")
    (tmp_path / "log" / "vkey").unlink()
    (tmp_path / "log" / "vkey").mkdir()
    with pytest.raises(StorageError):
        one.publish(own.vkey)


def test_the_key_list_is_replaced_whole(tmp_path: Path) -> None:
    one = files(tmp_path)
    assert one.listed() == []
    (tmp_path / "log").mkdir()
    one.replace_list(["log a", "retired b 7"])
    assert one.listed() == ["log a", "retired b 7"]
    one.replace_list(["log c"])
    assert one.listed() == ["log c"]


def test_a_key_list_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    one = files(tmp_path)
    with pytest.raises(StorageError, match=r"log\.key_list"):
        one.replace_list(["log a"])
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "vkeys").write_bytes(b"\xff\xfe")
    with pytest.raises(StorageError, match=r"log\.key_list"):
        one.listed()
