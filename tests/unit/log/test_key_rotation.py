"""Keys of a log: named by it, changed with both signatures, and worth nothing after their end."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from zaichang.adapters.keys.log_key_list import KeyList
from zaichang.adapters.keys.log_keys import load_or_create_log_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.source import verify_path
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import ConfigError, EvidenceError, FatalLogError
from zaichang.log.key_rotation import Rotated, Rotation
from zaichang.log.reader import LogReader
from zaichang.log.shelf import HEADS, LogShelf, log_place
from zaichang.log.signing import SigningConfig, second_origin, sm2_signer
from zaichang.log.sm3_tree import SecondTree
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.leaf import record
from zaichang.tlog.trust import parse_trust

NOW = 1_700_000_000_000
DOMAIN = "hours.example.org"


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
        logs = LogShelf(folder, DOMAIN, Clock(), never, 10, (), config)
        try:
            log = await logs.log_for("inst-1", NOW)
            leaf = record("policy", log.origin, NOW, name=name, digest=b"\x01" * 32)
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
    place = log_place(folder, DOMAIN, "inst-1", 2023)
    return Rotation(
        place=place,
        config=SigningConfig(),
        store=PosixLogStore(place.root),
        heads=SqliteHeadStore(folder.root / HEADS),
        now_ms=lambda: NOW,
    )


def root_of(folder: DataFolder) -> Path:
    return folder.log / "inst-1" / "2023"


def scan(folder: DataFolder, *lines: str) -> list[Check]:
    return verify_path(root_of(folder), parse_trust("\n".join([*lines, "quorum none", ""]).encode()))


def codes(checks: Sequence[Check]) -> set[str | None]:
    return {check.code for check in checks if check.status is not Status.PASS}


def test_a_log_names_its_first_key_once(folder: DataFolder) -> None:
    assert [grow(folder, name) for name in ("a", "b")] == [1, 2]
    first = parse_canonical_object(LogReader(root_of(folder)).entry(0))
    assert (first["t"], first["action"], first["role"], first["from_size"]) == ("key", "add", "log", 0)
    assert f"log {first['vkey']}" in KeyList(root_of(folder)).lines()
    checks = scan(folder, *KeyList(root_of(folder)).lines())
    assert exit_code(checks) == 0 and "key" in {check.check for check in checks}


def test_a_rotation_is_signed_by_both_and_then_by_the_new_key(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder)
    assert (done.size, done.until) == (4, 4) and done.old != done.new
    for vkey in (done.old, done.new):
        assert exit_code(scan(folder, f"log {vkey}")) == 0, "the checkpoint that tells carries both signatures"
    assert grow(folder, "b") == 4
    assert exit_code(scan(folder, *KeyList(root_of(folder)).lines())) == 0
    assert exit_code(scan(folder, f"log {done.new}")) == 0
    assert codes(scan(folder, f"log {done.old}")) == {"E_NOTE_SIG"}
    names = [path.name for path in folder.keys.iterdir()]
    assert sum(".key.ended-" in name for name in names) == 1 and not any(name.endswith(".next") for name in names)


def test_a_checkpoint_by_a_retired_key_is_refused_by_the_list_and_by_the_log_itself(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder)
    grow(folder, "b")
    reader = LogReader(root_of(folder))
    ended = next(path for path in folder.keys.iterdir() if ".key.ended-" in path.name)
    thief = load_or_create_log_key(ended, reader.checkpoint.checkpoint.origin)
    (root_of(folder) / "public/checkpoint").write_bytes(sign_checkpoint(reader.checkpoint.checkpoint, [thief]))
    assert codes(scan(folder, *KeyList(root_of(folder)).lines())) == {"E_KEY"}
    # A reader whose trust file never heard of the rotation learns of it from the log.
    assert codes(scan(folder, f"log {done.old}")) == {"E_KEY"}


def test_a_revoked_key_is_believed_only_where_witnesses_have_seen(folder: DataFolder) -> None:
    grow(folder, "a")
    done = change(folder, revoke=True)
    assert done.until == 2
    smaller = Checkpoint(origin=f"{DOMAIN}/inst-1/2023", size=1, root=b"\x07" * 32)
    ended = next(path for path in folder.keys.iterdir() if ".key.ended-" in path.name)
    forged = sign_checkpoint(smaller, [load_or_create_log_key(ended, smaller.origin)])
    lines = KeyList(root_of(folder)).lines()
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
    lines = KeyList(root_of(folder)).lines()
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
        place = "writer.LogWriter.commit" if stage == "before the log told" else "key_rotation.Rotation._rename"
        broken.setattr(f"zaichang.log.{place}", crash)
        with pytest.raises(KeyboardInterrupt):
            change(folder)
    with pytest.raises(ConfigError, match=r"log\.key_ended"):
        grow(folder, "b")
    done = change(folder)
    assert (done.size, done.until) == (4, 4)
    assert grow(folder, "b") == 4
    assert exit_code(scan(folder, *KeyList(root_of(folder)).lines())) == 0


def test_more_lines_and_the_key_leaves_that_name_them(folder: DataFolder) -> None:
    config = SigningConfig(ml_dsa=True, sm2=True)
    assert grow(folder, "a", config) == 4
    listed = KeyList(root_of(folder)).lines()
    assert len(listed) == 4
    for line in listed[:3]:
        assert exit_code(scan(folder, line)) == 0, "each line alone is enough to check the log"
    roles = [parse_canonical_object(LogReader(root_of(folder)).entry(n))["role"] for n in range(4)]
    assert roles == ["log", "log-ml-dsa-44", "log-sm2", "log-sm2"]


def test_the_second_tree_follows_the_first_and_is_checked(folder: DataFolder) -> None:
    config = SigningConfig(sm2=True)
    grow(folder, "a", config)
    place = log_place(folder, DOMAIN, "inst-1", 2023)
    signer = sm2_signer(place, second_origin(place.origin))
    tree = SecondTree(place.root, signer)
    assert not tree.update() and tree.size == 4
    grow(folder, "b", config)
    again = SecondTree(place.root, signer)
    again.update()
    assert (again.size, tree.size) == (5, 4), "a restart goes on from what was kept"
    lines = KeyList(place.root).lines()
    checks = scan(folder, *lines)
    assert exit_code(checks) == 0 and "second-tree" in {check.check for check in checks}
    path = place.root / "public/checkpoint.sm3"
    good = path.read_bytes()
    wrong = Checkpoint(origin=signer.name, size=5, root=b"\x01" * 32)
    for note, code in (
        (sign_checkpoint(wrong, [signer]), "E_CONSISTENCY"),
        (sign_checkpoint(Checkpoint(origin=signer.name, size=6, root=b"\x01" * 32), [signer]), "E_CONSISTENCY"),
        (good.replace(b"\n5\n", b"\n4\n"), "E_NOTE_SIG"),
    ):
        path.write_bytes(note)
        assert codes(scan(folder, *lines)) == {code}
    (place.root / "sm3-state").write_bytes(b"damaged")
    SecondTree(place.root, signer).update()
    assert exit_code(scan(folder, *lines)) == 0, "made anew from the entries"
