"""The files that operators copy: the backup refuses a running service, and the unit's command exists."""

from __future__ import annotations

import fcntl
import re
import subprocess
from pathlib import Path

import repository

from zaichang.cli import build_parser

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


def test_the_unit_runs_a_command_that_exists() -> None:
    [line] = re.findall(r"^ExecStart=\S+/zaichang (.+)$", (DEPLOY / "zaichang.service").read_text(), re.MULTILINE)
    assert build_parser().parse_args(line.split()).config == Path("/etc/zaichang.toml")
