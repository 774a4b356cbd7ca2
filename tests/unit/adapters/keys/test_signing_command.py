"""A log key behind a command: its output is checked, and a failure signs nothing."""

import stat
import sys
from pathlib import Path

import pytest

from zaichang.adapters.keys.signing_command import CommandSigner
from zaichang.core.errors import ConfigError, StorageError
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note, sign_note

NAME = "hours.example.org/inst-1/2026"
HONEST = """
import sys
from zaichang.tlog.keys import Ed25519Signer, encode_base64
signer = Ed25519Signer({name!r}, b"\\x05" * 32)
if sys.argv[-1] == "vkey":
    print(signer.vkey)
else:
    data = sys.stdin.buffer.read()
    {body}
"""


def command(tmp_path: Path, body: str = "print(encode_base64(signer.sign(data)))", name: str = NAME) -> str:
    path = tmp_path / "device.py"
    path.write_text(HONEST.format(name=name, body=body))
    runner = tmp_path / "device"
    import zaichang

    service = Path(zaichang.__file__).parents[1]
    runner.write_text(f'#!/bin/sh\nPYTHONPATH={service} exec {sys.executable} {path} "$@"\n')
    runner.chmod(runner.stat().st_mode | stat.S_IXUSR)
    return f"{runner} --slot 3"


def test_a_command_signs_what_it_is_given(tmp_path: Path) -> None:
    signer = CommandSigner(command(tmp_path), NAME)
    note = sign_note(b"a text\n", [signer])
    assert open_note(note, [parse_vkey(signer.vkey)]).names() == (NAME,)


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit(1)",
        "print('not base64!')",
        "print(encode_base64(signer.sign(data + b'x')))",
        "print()",
        "sys.stdout.buffer.write(b'\\xff\\xfe')",
    ],
)
def test_a_wrong_signature_gets_nowhere(tmp_path: Path, body: str) -> None:
    signer = CommandSigner(command(tmp_path, body), NAME)
    with pytest.raises(StorageError) as caught:
        signer.sign(b"a text\n")
    assert caught.value.code == "log.signer"


@pytest.mark.parametrize("line", ["", "   ", "'unbalanced"])
def test_no_command_is_said(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CommandSigner(line, NAME)
    assert caught.value.code == "log.signer"


def test_a_command_that_is_not_there_or_has_another_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        CommandSigner(str(tmp_path / "absent"), NAME)
    with pytest.raises(ConfigError, match="is named other/log"):
        CommandSigner(command(tmp_path, name="other/log"), NAME)
    with pytest.raises(ConfigError, match="printed no verifier key"):
        CommandSigner("echo", NAME)
