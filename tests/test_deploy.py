"""The files that operators copy: the backup, a lost disk restored from it, and the unit's command."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import repository

from support.evidence_folder import log_another, record_session
from zaichang.cli import build_parser, main

DEPLOY = repository.ROOT / "service" / "deploy"


def backup(data: Path, to: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", DEPLOY / "backup.sh", data, to], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def data_folder(root: Path) -> Path:
    (root / "keys").mkdir(parents=True)
    (root / "keys" / "master.key").write_text("secret\n")
    for name in ("zaichang.sqlite3", "lock"):
        (root / name).write_text("")
    return root


def test_the_backup_keeps_keys_apart(tmp_path: Path) -> None:
    data, to = data_folder(tmp_path / "data"), tmp_path / "backup"
    done = backup(data, to)
    assert done.returncode == 0, done.stderr
    listed = [
        subprocess.run(["tar", "-tf", to / name], capture_output=True, text=True, check=True).stdout.split()
        for name in ("data.tar", "keys.tar")
    ]
    assert listed[0] == ["./", "./zaichang.sqlite3"]
    assert listed[1] == ["./keys/", "./keys/master.key"]
    assert (to / "keys.tar").stat().st_mode & 0o077 == 0


def test_the_backup_refuses_a_folder_in_use(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    with (data / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = backup(data, tmp_path / "backup")
    assert done.returncode == 3 and "stop it first" in done.stderr
    assert not (tmp_path / "backup" / "data.tar").exists()


def test_the_backup_refuses_what_is_no_data_folder(tmp_path: Path) -> None:
    assert backup(tmp_path, tmp_path / "backup").returncode == 3


def restore(backup_folder: Path, to: Path) -> Path:
    to.mkdir(mode=0o700)
    for name in ("data.tar", "keys.tar"):
        subprocess.run(["tar", "-C", to, "-xf", backup_folder / name], check=True)
    return to


def size_in(public: Path) -> int:
    return int((public / "checkpoint").read_text().splitlines()[1])


def test_a_lost_disk_is_restored_and_the_mirror_goes_on(tmp_path: Path) -> None:
    recorded = record_session(tmp_path / "data", minutes=2)
    trust, mirror = tmp_path / "trust.txt", tmp_path / "mirror"
    trust.write_bytes(recorded.trust)
    mirrored = ["log", "mirror", "--into", str(mirror), "--trust", str(trust)]
    assert backup(tmp_path / "data", tmp_path / "backup").returncode == 0
    assert main([*mirrored, str(recorded.log_root / "public")]) == 0
    shutil.rmtree(tmp_path / "data")

    restored = restore(tmp_path / "backup", tmp_path / "restored")
    public = restored / recorded.log_root.relative_to(tmp_path / "data") / "public"
    assert size_in(public) == size_in(mirror / "public")
    assert main(["log", "fsck", "--data", str(restored)]) == 0
    assert main(["verify", str(public), "--trust", str(trust)]) == 0
    log_another(restored, "later")
    assert size_in(public) == size_in(mirror / "public") + 1
    assert main([*mirrored, str(public)]) == 0
    assert size_in(mirror / "public") == size_in(public)


def test_a_backup_older_than_the_mirror_is_seen_and_can_still_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = record_session(tmp_path / "data", minutes=2)
    trust = tmp_path / "trust.txt"
    trust.write_bytes(recorded.trust)
    assert backup(tmp_path / "data", tmp_path / "backup").returncode == 0
    log_another(tmp_path / "data", "lost")
    mirrored = ["log", "mirror", "--trust", str(trust), "--into"]
    assert main([*mirrored, str(tmp_path / "mirror"), str(recorded.log_root / "public")]) == 0
    shutil.rmtree(tmp_path / "data")

    restored = restore(tmp_path / "backup", tmp_path / "restored")
    public = restored / recorded.log_root.relative_to(tmp_path / "data") / "public"
    assert size_in(public) < size_in(tmp_path / "mirror" / "public")
    assert main([*mirrored, str(tmp_path / "rescued"), str(tmp_path / "mirror" / "public")]) == 0
    assert main(["verify", str(tmp_path / "rescued"), "--trust", str(trust)]) == 0
    bundle = tmp_path / "bundle"
    assert main(["export", recorded.session_id, "--data", str(restored), "--out", str(bundle)]) == 0
    assert main(["verify", str(bundle), "--trust", str(trust)]) == 0
    assert main(["replay", recorded.session_id, "--data", str(restored)]) == 0
    log_another(restored, "instead")
    capsys.readouterr()
    assert main([*mirrored, str(tmp_path / "mirror"), str(public)]) != 0
    assert "E_FORK" in capsys.readouterr().err


def test_the_unit_runs_a_command_that_exists() -> None:
    [line] = re.findall(r"^ExecStart=\S+/zaichang (.+)$", (DEPLOY / "zaichang.service").read_text(), re.MULTILINE)
    assert build_parser().parse_args(line.split()).config == Path("/etc/zaichang.toml")
