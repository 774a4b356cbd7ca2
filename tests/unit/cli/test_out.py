"""What a command writes to the terminal."""

import ast
import json
import logging
from pathlib import Path

import pytest

import zaichang.cli
from support import evidence_bundle as sample_of
from zaichang.audit.receipt import Receipt, ReceiptLeaf, write_receipt
from zaichang.cli import main, out
from zaichang.cli.service import _OneLine
from zaichang.core.canonical import canonical_bytes
from zaichang.core.text import plain
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint

FOLDER = Path(zaichang.cli.__file__).parent
PAINTED = "\x1b[2J\x1b[HPASS 通过: everything\u202e"
STREAMS = ("stdout", "stderr")


def writes(source: str) -> list[int]:
    """Return the lines on which a module writes to the terminal past ``cli.out``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id == "print":
            found.append(node.lineno)
        if isinstance(node, ast.Attribute) and node.attr in ("write", "writelines", "buffer"):
            inner = node.value
            if isinstance(inner, ast.Attribute) and inner.attr in STREAMS:
                found.append(node.lineno)
    return sorted(found)


def test_commands_write_through_one_place() -> None:
    assert writes("print('x')\nimport sys\nsys.stderr.write('x')\nsys.stdout.buffer") == [1, 3, 4]
    paths = [path for path in sorted(FOLDER.rglob("*.py")) if path.name != "out.py"]
    assert len(paths) > 20
    assert {path.name: found for path in paths if (found := writes(path.read_text()))} == {}


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    out.say(f"name {PAINTED}\nPASS")
    out.say(json.dumps({"name": "x" * 9_000 + "\x9b"}, ensure_ascii=False), err=True, whole=True)
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert plain(said.out[:-1])
    assert json.loads(said.err) == {"name": "x" * 9_000 + "\x9b"}


def test_a_log_line_cannot_be_forged() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 1, "origin %s", (f"a\n2026 ERROR forged{PAINTED}",), None)
    assert plain(_OneLine("%(levelname)s %(message)s").format(record))


def receipt() -> dict[str, object]:
    sample = sample_of.sample()
    leaves = sample.bundle.leaves
    start, final = (ReceiptLeaf(index=x.index, leaf=x.leaf, proof=x.proof) for x in (leaves[0], leaves[-1]))
    value = json.loads(write_receipt(Receipt(checkpoint=sample.bundle.checkpoint, start=start, final=final)))
    assert isinstance(value, dict)
    return value


def test_a_receipt_cannot_paint_its_own_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "receipt"
    command = ["verify", str(path), "--log-key", sample_of.SIGNER.vkey]
    for name, part in (("summary", {"zh": PAINTED, "en": PAINTED}), ("qr", {"text": PAINTED, "png": ""})):
        path.write_bytes(canonical_bytes({**receipt(), name: part}))
        for more in ([], ["--json"]):
            assert main([*command, *more]) == 1
            said = capsys.readouterr().out
            assert all(plain(line) for line in said.split("\n"))
            assert "\\u001b[2J" in said
        assert main(command) == 1
        lines = capsys.readouterr().out.strip().split("\n")
        assert lines[0].startswith("FAIL 发现问题")
        assert lines[-1].startswith("FAIL 发现问题")


def test_an_origin_cannot_paint_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=1, root=bytes(32))
    note = sign_checkpoint(checkpoint, [sample_of.SIGNER]).decode().replace(sample_of.ORIGIN, "log\x9b2J\u202e", 1)
    path = tmp_path / "receipt"
    path.write_bytes(canonical_bytes({**receipt(), "checkpoint": note}))
    assert main(["verify", str(path), "--log-key", sample_of.SIGNER.vkey]) == 1
    assert all(plain(line) for line in capsys.readouterr().out.split("\n"))


@pytest.mark.parametrize("fault", [RecursionError, MemoryError, ValueError])
def test_a_crash_is_no_finding(
    fault: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise fault(PAINTED)

    monkeypatch.setattr("zaichang.cli.evidence.verify.verify_path", crash)
    assert main(["verify", str(tmp_path), "--log-key", sample_of.SIGNER.vkey]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"internal fault ({fault.__name__})" in said.err
    assert all(plain(line) for line in said.err.split("\n"))


def test_a_folder_of_symbolic_links_is_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = sample_of.sample()
    folder, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "000").mkdir()
    folder.mkdir()
    (folder / "checkpoint").write_bytes(sample.bundle.checkpoint)
    (folder / "tile").symlink_to(elsewhere)
    assert main(["verify", str(folder), "--log-key", sample_of.SIGNER.vkey]) == 2
    assert "verify.symlink" in capsys.readouterr().err
