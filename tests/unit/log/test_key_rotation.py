"""Keys of a log: named by it, changed with both signatures, and worth nothing after their end."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from zaichang.adapters.keys.log_keys import load_or_create_log_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.source import verify_path
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import ConfigError, EvidenceError, FatalLogError
from zaichang.log.key_list import KeyList
from zaichang.log.key_rotation import Rotated, Rotation
from zaichang.log.reader import LogReader
from zaichang.log.shelf import LogShelf
from zaichang.log.signing import SigningConfig
from zaichang.main.logs import FolderLogs
from zaichang.ports.log.places import LogPlace
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.leaf import record
from zaichang.tlog.trust import parse_trust

NOW = 1_700_000_000_000
DOMAIN = "hours.example.org"
ORIGIN = f"{DOMAIN}/inst-1/2023"


class Clock:
    def now_ms(self) -> int:
        return NOW


def never(error: FatalLogError) -> None:
    raise AssertionError(error)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    found = DataFolder(tmp_path)
    found.prepare()
    return found


def grow(folder: DataFolder, name: str, config: SigningConfig | None = None) -> int:
    """Open the log as the service does, log one record, return its index."""

    async def run() -> int:
        logs = LogShelf(FolderLogs(folder), DOMAIN, Clock(), never, 10, (), config)
        try:
            log = await logs.log_for("inst-1", NOW)
            leaf = record(LeafKind.POLICY, log.origin, NOW, name=name, digest=b"\x01" * 32)
            return await log.submit((name, 0), leaf)
        finally:
            await logs.close()

    return asyncio.run(run())


def change(folder: DataFolder, *, revoke: bool = False, until: int | None = None) -> Rotated:
    rotation = open_rotation(folder)
    try:
        return rotation.rotate(revoke=revoke, until=until)
    finally:
        rotation.heads.close()


def open_rotation(folder: DataFolder) -> Rotation:
    place = place_in(folder)
    return Rotation(
        origin=ORIGIN,
        keys=place.keys,
        config=SigningConfig(),
        store=place.open_store(),
        heads=place.open_heads(),
        now_ms=lambda: NOW,
    )


def place_in(folder: DataFolder) -> LogPlace:
    return FolderLogs(folder).place("inst-1", 2023)


def reader_of(folder: DataFolder) -> LogReader:
    return LogReader(place_in(folder).published)


def keys_of(folder: DataFolder) -> list[str]:
    return KeyList(place_in(folder).keys).lines()


def root_of(folder: DataFolder) -> Path:
    return folder.log / "inst-1" / "2023"


def scan(folder: DataFolder, *lines: str) -> list[Check]:
    return verify_path(root_of(folder), parse_trust("\n".join([*lines, "quorum none", ""]).encode()))


def codes(checks: Sequence[Check]) -> set[str | None]:
    return {check.code for check in checks if check.status is not Status.PASS}


def test_a_log_names_its_first_key_once(folder: DataFolder) -> None:
    assert [grow(folder, name) for name in ("a", "b")] == [1, 2]
    first = parse_canonical_object(reader_of(folder).entry(0))
    assert (first["t"], first["action"], first["role"], first["from_size"]) == ("key", "add", "log", 0)
    assert f"log {first['vkey']}" in keys_of(folder)
    checks = scan(folder, *keys_of(folder))
    assert exit_code(checks) == 0 and "key" in {check.check for check in checks}


def test_a_rotation_is_signed_by_both_and_then_by_the_new_key(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder)
    assert (done.size, done.until) == (4, 4) and done.old != done.new
    for vkey in (done.old, done.new):
        assert exit_code(scan(folder, f"log {vkey}")) == 0, "the checkpoint that tells carries both signatures"
    assert grow(folder, "b") == 4
    assert exit_code(scan(folder, *keys_of(folder))) == 0
    assert exit_code(scan(folder, f"log {done.new}")) == 0
    assert codes(scan(folder, f"log {done.old}")) == {"E_NOTE_SIG"}
    names = [path.name for path in folder.keys.iterdir()]
    assert sum(".key.ended-" in name for name in names) == 1 and not any(name.endswith(".next") for name in names)


def test_a_checkpoint_by_a_retired_key_is_refused_by_the_list_and_by_the_log_itself(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder)
    grow(folder, "b")
    reader = reader_of(folder)
    ended = next(path for path in folder.keys.iterdir() if ".key.ended-" in path.name)
    thief = load_or_create_log_key(ended, reader.checkpoint.checkpoint.origin)
    (root_of(folder) / "public/checkpoint").write_bytes(sign_checkpoint(reader.checkpoint.checkpoint, [thief]))
    assert codes(scan(folder, *keys_of(folder))) == {"E_KEY"}
    # A reader whose trust file never heard of the rotation learns of it from the log.
    assert codes(scan(folder, f"log {done.old}")) == {"E_KEY"}


def test_a_revoked_key_is_believed_only_where_witnesses_have_seen(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder, revoke=True)
    assert done.until == 2
    smaller = Checkpoint(origin=f"{DOMAIN}/inst-1/2023", size=1, root=b"\x07" * 32)
    ended = next(path for path in folder.keys.iterdir() if ".key.ended-" in path.name)
    forged = sign_checkpoint(smaller, [load_or_create_log_key(ended, smaller.origin)])
    lines = keys_of(folder)
    assert f"revoked {done.old} 2" in lines
    with pytest.raises(EvidenceError) as caught:
        parse_trust("\n".join([*lines, "quorum none"]).encode()).open_checkpoint(forged)
    assert caught.value.code == "E_KEY"
    assert exit_code(scan(folder, *lines)) == 0, "the log itself goes on under the new key"


def test_a_retired_key_can_be_revoked_later(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder)
    grow(folder, "b")
    rotation = open_rotation(folder)
    key_id = done.old.split("+")[1]
    assert rotation.revoke_former(key_id, until=1).until == 1
    with pytest.raises(ConfigError, match=r"log\.until"):
        rotation.revoke_former(key_id, until=99)
    with pytest.raises(ConfigError, match=r"log\.unknown_key"):
        rotation.revoke_former("00000000")
    rotation.heads.close()
    lines = keys_of(folder)
    assert f"revoked {done.old} 1" in lines and not any(line.startswith("retired") for line in lines)
    assert exit_code(scan(folder, *lines)) == 0


@pytest.mark.parametrize("stage", ["before the log told", "before the files changed"])
def test_a_rotation_that_was_cut_off_keeps_the_old_key_from_signing_until_it_is_finished(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    grow(folder, "a")

    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        place = "log.writer.LogWriter.commit"
        if stage == "before the files changed":
            place = "adapters.keys.log_key_files.LogKeyFiles.complete_rotation"
        broken.setattr(f"zaichang.{place}", crash)
        with pytest.raises(KeyboardInterrupt):
            change(folder)
    with pytest.raises(ConfigError, match=r"log\.key_ended"):
        grow(folder, "b")
    done = change(folder)
    assert (done.size, done.until) == (4, 4)
    assert grow(folder, "b") == 4
    assert exit_code(scan(folder, *keys_of(folder))) == 0


def test_more_lines_and_the_key_leaves_that_name_them(folder: DataFolder) -> None:
    config = SigningConfig(ml_dsa=True, sm2=True)
    assert grow(folder, "a", config) == 4
    listed = keys_of(folder)
    assert len(listed) == 4
    for line in listed[:3]:
        assert exit_code(scan(folder, line)) == 0, "each line alone is enough to check the log"
    roles = [parse_canonical_object(reader_of(folder).entry(n))["role"] for n in range(4)]
    assert roles == ["log", "log-ml-dsa-44", "log-sm2", "log-sm2"]
