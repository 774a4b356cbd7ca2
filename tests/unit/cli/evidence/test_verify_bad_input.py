"""What an inspector may be handed: each with its code and exit code, and never a traceback."""

import json
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import write_bundle
from zaichang.cli import main
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.note import cosign_note, format_note, parse_note

SAMPLE = sample_of.sample()
WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)
OTHER = Ed25519Signer("hours.other.example/log/2026", b"\x04" * 32)
IMPOSTOR = Ed25519Signer(sample_of.ORIGIN, b"\x04" * 32)


def cosigned(at_s: int) -> bytes:
    parsed = parse_note(SAMPLE.bundle.checkpoint)
    note = format_note(parsed.text, (*parsed.signatures, cosign_note(parsed.text, WITNESS, at_s)))
    return write_bundle(replace(SAMPLE.bundle, checkpoint=note))


def line_with(before: bytes, after: bytes) -> bytes:
    assert before in SAMPLE.data
    return SAMPLE.data.replace(before, after, 1)


def archive(path: Path, name: str, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, bytes(size))


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust"
    path.write_text(f"log {sample_of.SIGNER.vkey}\nwitness w {WITNESS.vkey}\nquorum none\n")
    return path


def checked(path: Path, trust: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, set[str]]:
    code = main(["verify", str(path), "--trust", str(trust), "--no-replay", "--json"])
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    values = [json.loads(line) for line in out.out.splitlines()]
    codes = {value["code"] for value in values if "code" in value and not value["ok"]}
    return code, codes | {value["error"]["code"] for value in values if "error" in value}


@pytest.mark.parametrize(
    ("data", "exit_code", "code"),
    [
        (SAMPLE.data, 0, None),
        (SAMPLE.data[: len(SAMPLE.data) // 2], 1, "E_FORMAT"),
        (SAMPLE.data[:-1], 1, "E_FORMAT"),
        (SAMPLE.data[:20], 2, "verify.unknown_format"),
        (b"", 2, "verify.unknown_format"),
        (write_bundle(replace(SAMPLE.bundle, checkpoint=sign_checkpoint(
            Checkpoint(origin=sample_of.ORIGIN, size=1, root=bytes(32)), [IMPOSTOR]))), 1, "E_NOTE_SIG"),
        (write_bundle(replace(SAMPLE.bundle, origin=OTHER.name, checkpoint=sign_checkpoint(
            Checkpoint(origin=OTHER.name, size=1, root=bytes(32)), [OTHER]))), 1, "E_NOTE_SIG"),
        (write_bundle(replace(SAMPLE.bundle, origin=OTHER.name)), 1, "E_ORIGIN"),
        (cosigned(int(time.time()) + 86_400), 1, "E_FUTURE"),
        (line_with(b'{"index":', b'{"index":1,"index":'), 1, "E_CANON"),
        (line_with(b'{"index":', b'{"a":NaN,"index":'), 1, "E_CANON"),
        (line_with(b'"index":5', b'"index":9007199254740992'), 1, "E_CANON"),
        (line_with(b'"index":5', b'"index":5.0'), 1, "E_CANON"),
        (line_with(rb'\"seq\":1', rb'\"seq\":1,\"seq\":1'), 1, "E_CANON"),
        (line_with(rb'\"seq\":1', rb'\"seq\":9007199254740992'), 1, "E_CANON"),
    ],
)  # fmt: skip
def test_a_bundle_that_is_not_what_it_should_be(
    data: bytes, exit_code: int, code: str | None, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(data)
    got, codes = checked(path, trust, capsys)
    assert got == exit_code and (code is None or code in codes)


def test_files_that_are_too_much_or_archives(trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    huge, bomb, climbing = tmp_path / "huge", tmp_path / "bomb.zip", tmp_path / "climbing.zip"
    with huge.open("wb") as file:
        file.truncate(2 * 2**30)
    archive(bomb, "bundle", 50_000_000)
    archive(climbing, "../../escaped", 10)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert checked(huge, trust, capsys) == (2, {"verify.too_large"})
    assert checked(bomb, trust, capsys) == (2, {"verify.unknown_format"})
    assert checked(climbing, trust, capsys) == (2, {"verify.unknown_format"})
    assert sorted(path.name for path in tmp_path.rglob("*")) == before, "archives are not opened"
    assert checked(tmp_path / "absent", trust, capsys) == (2, {"verify.unreadable"})


BASE_ONLY = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        base = {"cryptography", "msgspec", "cffi", "_cffi_backend", "zaichang"}
        top = name.partition(".")[0]
        if top not in base and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ImportError(f"{name} is not in the base install", name=name)

sys.meta_path.insert(0, Refuse())
from zaichang.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_verifier_needs_nothing_but_the_base_install(trust: Path, tmp_path: Path, root: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.write_bytes(SAMPLE.data)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BASE_ONLY, *words]
        environment = {"PYTHONPATH": str(root / "service"), "PATH": ""}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = run("verify", str(bundle), "--trust", str(trust), "--no-replay")
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASS" in done.stdout
    for words in (["verify", "--help"], ["log", "mirror", "--help"], ["witness", "serve", "--help"]):
        assert run(*words).returncode == 0, words
    assert "install.service_missing" in run("serve").stderr


def test_an_older_checkpoint_beside_a_bundle_is_refused_rather_than_overlooked(
    trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, older = tmp_path / "bundle", tmp_path / "older"
    bundle.write_bytes(SAMPLE.data)
    older.write_bytes(SAMPLE.bundle.checkpoint)
    assert main(["verify", str(bundle), "--trust", str(trust), "--older", str(older)]) == 2
    assert "verify.older" in capsys.readouterr().err
